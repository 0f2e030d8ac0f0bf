"""Text of trace entries: the context of a line, time stamps, symbols, and whole batches at speed.

Formats are those of kernel/trace/trace_output.c. A `Printer` turns what the ring buffer's readers
give into text; one belongs to one open file, because it remembers which CPUs it has announced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import TYPE_CHECKING, ClassVar

from tracefs.ring import LOST_UNKNOWN, Event, FunctionBatch
from tracefs.trace.clock import ns_to_us
from tracefs.trace.context import delay_mark, flags_column
from tracefs.trace.entries import TYPES, EntryType, MessageEntry
from tracefs.trace.options import (
    ANNOTATE,
    BIN,
    CONTEXT_INFO,
    HASH_PTR,
    HEX,
    IRQ_INFO,
    LATENCY_FORMAT,
    PRINT_PARENT,
    PRINTK_MSG_ONLY,
    RAW,
    RECORD_TGID,
    SYM_ADDR,
    SYM_OFFSET,
    TRACE_PRINTK,
    VERBOSE,
)
from tracefs.trace.printf import hashed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tracefs.trace.array import TraceArray

_FUNCTION = b"\1\0"
_U64 = (1 << 64) - 1
_COMMON = Struct("<HBBi")
_SLOW = RAW.mask | HEX.mask | BIN.mask | LATENCY_FORMAT.mask
_STYLE = (
    PRINT_PARENT.mask
    | SYM_OFFSET.mask
    | SYM_ADDR.mask
    | CONTEXT_INFO.mask
    | IRQ_INFO.mask
    | RECORD_TGID.mask
)
_PIECE = 128 * 1024
_LINES = 2048


RETHOOK = "arch_rethook_trampoline"
"""Where functions return to whose returns are probed: it is not known who called them."""


def ip_sym(tr: TraceArray, address: int, offset: bool | None = None) -> str:
    """An address as an array's options want it (seq_print_ip_sym), or with an offset or not."""
    if not address:
        return "0"
    found = tr.backend.kallsyms.lookup(address)
    if found is None:
        text = f"0x{address:08x}"
    elif found.name == RETHOOK and found.addr == address:
        text = "[unknown/kretprobe'd]"
    elif tr.has(SYM_OFFSET) if offset is None else offset:
        text = tr.backend.kallsyms.format(address)
    else:
        text = found.name
    return f"{text} <{address:0{2 * tr.buffer.layout.word}x}>" if tr.has(SYM_ADDR) else text


class Printer:
    """Prints the entries of a trace array. ``annotate``: say where a CPU's entries begin."""

    types: Mapping[int, EntryType] = TYPES
    looks_ahead: ClassVar[bool] = False
    """A line depends on the entry that follows it on its CPU."""
    lead: ClassVar[str] = " "
    """What stands before a time stamp."""

    def __init__(self, tr: TraceArray, annotate: bool = False) -> None:
        self._tr = tr
        self._annotate = annotate
        self._started: set[int] = set()
        self._index = 0
        self._style = -1
        self._symbols = -1
        self._heads: _Heads
        self._tails: _Tails
        self._digits: npt.NDArray[np.bytes_] | None = None
        self.flags = 0
        self.word = tr.buffer.layout.word
        self._call = Struct("<QQQ" if self.word == 8 else "<QII")
        self._refresh()

    def text(self, items: Iterable[Event | FunctionBatch]) -> Iterator[bytes]:
        """The text of a series of entries, in pieces of up to some hundred kilobytes."""
        self._refresh()
        if self.flags & LATENCY_FORMAT.mask:
            yield from self._with_delays(items)
            return
        batches: list[FunctionBatch] = []
        lines: list[bytes] = []
        count = size = 0
        for item in items:
            self._refresh()
            fast = isinstance(item, FunctionBatch) and self._fast()
            if lines and (fast or size >= _PIECE):
                yield b"".join(lines)
                lines, size = [], 0
            if batches and (not fast or count >= _LINES):
                yield self._batch(batches)
                batches, count = [], 0
            if isinstance(item, Event):
                lines.append(self.line(item))
                size += len(lines[-1])
            elif fast:
                batches.append(item)
                count += len(item)
            else:
                for event in item.events():
                    lines.append(self.line(event))
                    size += len(lines[-1])
        if batches:
            yield self._batch(batches)
        if lines:
            yield b"".join(lines)

    def _fast(self) -> bool:
        return self.flags & (_SLOW | CONTEXT_INFO.mask) == CONTEXT_INFO.mask

    def line(self, event: Event, next_ts: int | None = None) -> bytes:
        """The text of one entry; ``next_ts`` is when the next one was (for latency-format)."""
        self._refresh()
        simple = event.data[:2] == _FUNCTION and len(event.data) == self._call.size
        if simple and not event.lost and self._fast():
            return self._function(event)
        start = ""
        if event.lost:
            count = "" if event.lost == LOST_UNKNOWN else f"{event.lost} "
            start = f"CPU:{event.cpu} [LOST {count}EVENTS]\n"
        number, flags, preempt_count, pid = _COMMON.unpack_from(event.data)
        if self._fast() and not event.lost and (call := self._event(number)) is not None:
            common = int.from_bytes(event.data[:8], "little")
            return self._with_head(event, common, call.trace(self, event.data, event.ts))
        context = bool(self.flags & CONTEXT_INFO.mask)
        entry = self.entry_type(number)
        if isinstance(entry, MessageEntry) and self._message_only():
            body = entry.message(self, event.data)
        elif self.flags & BIN.mask:
            body = self._binary(event, pid, context)
        elif self.flags & HEX.mask:
            body = f"{pid & 0xFFFFFFFF:08x} {event.cpu:08x} {event.ts:016x} " if context else ""
            if entry is not None:
                body += entry.hex(self, event.data)
            body += "\n"
        elif self.flags & RAW.mask:
            body = f"{pid} {event.cpu} {event.ts} " if context else ""
            body += entry.raw(self, event.data, event.ts) if entry is not None else f"{number} ?\n"
        else:
            body = self._started_line(event.cpu)
            if context and self.flags & LATENCY_FORMAT.mask:
                body += self._latency(event, flags, preempt_count, pid, next_ts or event.ts)
            elif context:
                body += self.context(pid, event.cpu, flags, preempt_count)
                body += self.time(event.ts) + ": "
            if entry is not None:
                body += entry.trace(self, event.data, event.ts)
            else:
                body += f"Unknown type {number}\n"
        self._index += 1
        return (start + body).encode("latin-1")

    def lines(self, batch: FunctionBatch) -> list[bytes]:
        """The text of each of a run of entries."""
        self._refresh()
        parts = self._parts([batch]) if self._fast() else None
        if parts is None:
            return [self.line(event) for event in batch.events()]
        columns = zip(parts[0::3], parts[1::3], parts[2::3], strict=True)
        return [head + time + tail for head, time, tail in columns]

    def forget(self) -> None:
        """Look names and symbols up again, which may have changed since they were first met."""
        self._heads.clear()
        symbols = self._tr.backend.kallsyms.generation
        if symbols != self._symbols:
            self._symbols = symbols
            self._tails.clear()

    def _with_head(self, event: Event, common: int, text: str) -> bytes:
        started = self._started_line(event.cpu) if self._annotate else ""
        self._index += 1
        head = self._heads[common & ~0xFFFF | event.cpu]
        return started.encode() + head + f"{self.time(event.ts)}: {text}".encode("latin-1")

    def _function(self, event: Event) -> bytes:
        common, ip, parent = self._call.unpack(event.data)
        started = self._started_line(event.cpu).encode() if self._annotate else b""
        self._index += 1
        head = self._heads[common & ~0xFFFF | event.cpu]
        self._tails.upper = ip >> 32 << 32
        if parent >> 32 == ip >> 32:
            tail = self._tails[ip << 32 & _U64 | parent & 0xFFFF_FFFF]
        else:
            tail = TYPES[1].trace(self, event.data, event.ts).encode("latin-1")
        return started + head + self.time(event.ts).encode() + b": " + tail

    def cstring(self, address: int) -> str:
        """A string of the kernel's memory; a mark where there is none."""
        text = self._tr.backend.cstring(address)
        return f"(0x{address:x})" if text is None else text

    # -- parts of a line --------------------------------------------------------------------

    def context(self, pid: int, cpu: int, flags: int, preempt_count: int) -> str:
        """Task, CPU and flags: a line up to its time stamp."""
        text = f"{self.comm(pid):>16}-{pid:<7d} "
        if self.flags & RECORD_TGID.mask:
            tgid = self._tr.backend.cmdlines.tgid(pid)
            text += f"({tgid:7d}) " if tgid else "(-------) "
        text += f"[{cpu:03d}] "
        if self.flags & IRQ_INFO.mask:
            text += flags_column(flags, preempt_count)
        return text

    def comm(self, pid: int) -> str:
        """The name of a task: saved, or ``<...>``."""
        if pid == 0:
            return "<idle>"
        if pid < 0:
            return "<XXX>"
        name = self._tr.backend.cmdlines.comm(pid)
        return "<...>" if name is None else name.decode("latin-1")

    def time(self, ts: int) -> str:
        """A time stamp as it stands in a line, without the colon."""
        if self._tr.clock.in_ns:
            seconds, us = divmod(ns_to_us(ts), 10**6)
            return f"{self.lead}{seconds:5d}.{us:06d}"
        return f"{self.lead}{ts:12d}"

    def symbol(self, address: int, offset: bool | None = None) -> str:
        """An address as the options want it (seq_print_ip_sym), or with an offset or not."""
        return ip_sym(self._tr, address, offset)

    def ksym(self, address: int, offset: bool) -> str:
        """An address as printk's %pS (or without the offset, %ps) has it."""
        kallsyms = self._tr.backend.kallsyms
        return kallsyms.format(address) if offset else kallsyms.name(address)

    def pointer(self, value: int) -> str:
        """A pointer as printk's %p has it: hashed, so that addresses stay secret (hash-ptr)."""
        value &= (1 << 8 * self.word) - 1
        if self.flags & HASH_PTR.mask and 4095 <= value <= (1 << 8 * self.word) - 4096:
            value = hashed(value)
        elif not self.flags & HASH_PTR.mask:
            return f"{value:x}"
        return f"{value:0{2 * self.word}x}"

    def entry_type(self, number: int) -> EntryType | None:
        """What prints entries of that type: a tracer's own, or an event."""
        return self.types.get(number) or self._event(number)

    def _event(self, number: int) -> EntryType | None:
        events = self._tr.arrays.events
        return None if events is None else events.entry_type(number)

    def _latency(self, event: Event, flags: int, preempt_count: int, pid: int, next_ts: int) -> str:
        since, delay = event.ts - self._tr.data.time_start, next_ts - event.ts
        in_ns = self._tr.clock.in_ns
        if in_ns:
            since, delay = ns_to_us(since), ns_to_us(delay)
        if self.flags & VERBOSE.mask:
            text = (
                f"{self.comm(pid):>16} {pid:7d} {event.cpu:3d} {flags} {preempt_count & 0xF:08x}"
                f" {self._index:08x} "
            )
            if not in_ns:
                return text + f"[{event.ts:016x}] {since} (+{delay}): "
            return text + (
                f"[{ns_to_us(event.ts):08x}] {since // 1000}.{since % 1000:03d}ms"
                f" (+{delay // 1000}.{delay % 1000:03d}ms): "
            )
        text = f"{self.comm(pid)[:8]:>8}-{pid:<7d} {event.cpu:3d}"
        text += flags_column(flags, preempt_count)
        return text + (f" {since:4d}us{delay_mark(delay)}: " if in_ns else f" {since:4d}: ")

    def _binary(self, event: Event, pid: int, context: bool) -> str:
        number = int.from_bytes(event.data[:2], "little")
        head = Struct("<iiQ").pack(pid, event.cpu, event.ts) if context else b""
        entry = self.types.get(number)
        body = entry.binary(self, event.data) if entry is not None else b""
        return (head + body).decode("latin-1")

    def _message_only(self) -> bool:
        wanted = TRACE_PRINTK.mask | PRINTK_MSG_ONLY.mask
        return self.flags & wanted == wanted

    def _started_line(self, cpu: int) -> str:
        if not self._annotate or not self.flags & ANNOTATE.mask or cpu in self._started:
            return ""
        self._started.add(cpu)
        return f"##### CPU {cpu} buffer started ####\n" if self._index > 1 else ""

    # -- many lines -------------------------------------------------------------------------

    def _with_delays(self, items: Iterable[Event | FunctionBatch]) -> Iterator[bytes]:
        before: Event | None = None
        for item in items:
            for event in item.events() if isinstance(item, FunctionBatch) else (item,):
                if before is not None:
                    yield self.line(before, event.ts)
                before = event
        if before is not None:
            yield self.line(before)

    def _batch(self, batches: list[FunctionBatch]) -> bytes:
        parts = self._parts(batches)
        if parts is None:
            return b"".join(self.line(event) for batch in batches for event in batch.events())
        return b"".join(parts)

    def _parts(self, batches: list[FunctionBatch]) -> list[bytes] | None:
        # A line is a head (task, CPU, flags), a time and a tail (two symbols). Heads and tails
        # repeat: they are looked up by integers that hold all they are made of.
        import numpy as np  # takes 0.1 s: not at the mount's start

        u64 = np.uint64
        if len(batches) == 1:
            columns, cpu, ts = batches[0].columns, batches[0].cpu, batches[0].ts
        else:
            columns = np.concatenate([batch.columns for batch in batches])
            cpu = np.concatenate([batch.cpu for batch in batches])
            ts = np.concatenate([batch.ts for batch in batches])
        ip, parent = columns["ip"].astype(u64), columns["parent"].astype(u64)
        high = ip >> u64(32)
        upper = int(high[0])
        if (high != high[0]).any() or (parent >> u64(32) != high[0]).any():
            return None
        heads = columns["common"] & u64(0xFFFF_FFFF_FFFF_0000) | cpu
        tails = ip << u64(32) | parent & u64(0xFFFF_FFFF)
        self._tails.upper = upper << 32
        out = [b""] * (3 * len(ts))
        out[0::3] = map(self._heads.__getitem__, heads.tolist())
        out[1::3] = self._times(ts)
        out[2::3] = map(self._tails.__getitem__, tails.tolist())
        if self._annotate and self.flags & ANNOTATE.mask:
            self._announce(cpu.tolist(), out)
        self._index += len(ts)
        return out

    def _times(self, ts: npt.NDArray[np.uint64]) -> list[bytes]:
        import numpy as np

        if not self._tr.clock.in_ns:
            return [b" %12d: " % stamp for stamp in ts.tolist()]
        u64 = np.uint64
        millis, micros = np.divmod((ts + u64(500)) // u64(1000), u64(1000))
        if len(ts) < _MANY:
            leads, digits = _Leads(self.lead), _DIGITS
            return [
                leads[ms] + digits[us]
                for ms, us in zip(millis.tolist(), micros.tolist(), strict=True)
            ]
        seconds, millis = np.divmod(millis, u64(1000))
        distinct, which = np.unique(seconds, return_inverse=True)
        lead = self.lead.encode()
        texts = [lead + b"%5d." % second for second in distinct.tolist()]
        if self._digits is None:
            self._digits = np.array([b"%03d" % number for number in range(1000)])
        parts = (np.array(texts)[which], self._digits[millis], self._digits[micros], b": ")
        text = np.empty(len(ts), [("s", parts[0].dtype), ("m", "S3"), ("u", "S3"), ("end", "S2")])
        for name, part in zip(("s", "m", "u", "end"), parts, strict=True):
            text[name] = part
        lines: list[bytes] = text.view(f"S{text.dtype.itemsize}").tolist()
        if len(texts[0]) != len(texts[-1]):  # the seconds got a digit more
            lines = [line.replace(b"\0", b"") for line in lines]
        return lines

    def _announce(self, cpus: list[int], out: list[bytes]) -> None:
        base = self._index
        for cpu in set(cpus) - self._started:
            at = cpus.index(cpu)
            self._index = base + at
            out[3 * at] = self._started_line(cpu).encode() + out[3 * at]
        self._index = base

    def _refresh(self) -> None:
        self.flags = self._tr.flags
        style = self.flags & _STYLE
        if style != self._style:
            self._style = style
            self._heads = _Heads(self)
            self._tails = _Tails(self)


_MANY = 1000  # times; for fewer numpy's calls take longer than a look-up for each
_DIGITS = [b"%03d: " % number for number in range(1000)]


class _Leads(dict[int, bytes]):
    """Text of a time up to its milliseconds, by their number."""

    def __init__(self, lead: str) -> None:
        self._lead = lead

    def __missing__(self, millis: int) -> bytes:
        text = f"{self._lead}{millis // 1000:5d}.{millis % 1000:03d}".encode()
        self[millis] = text
        return text


class _Heads(dict[int, bytes]):
    """Text of a common header with the CPU in place of the type, made when first met."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def __missing__(self, key: int) -> bytes:
        pid = key >> 32
        pid -= pid >> 31 << 32
        text = self._printer.context(pid, key & 0xFFFF, key >> 16 & 0xFF, key >> 24 & 0xFF)
        self[key] = text.encode("latin-1")
        return self[key]


class _Tails(dict[int, bytes]):
    """Text of two addresses' lower halves, made when first met."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self.upper = 0
        """The upper half of all addresses; it never changes within one kernel."""

    def __missing__(self, key: int) -> bytes:
        printer = self._printer
        text = printer.symbol(self.upper | key >> 32)
        if printer.flags & PRINT_PARENT.mask:
            text += " <-" + printer.symbol(self.upper | key & 0xFFFF_FFFF)
        self[key] = text.encode("latin-1") + b"\n"
        return self[key]
