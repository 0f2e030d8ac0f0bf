"""Text of trace entries: the context of a line, time stamps, symbols, and whole batches at speed.

Formats are those of kernel/trace/trace_output.c. A `Printer` turns what the ring buffer's readers
give into text; one belongs to one open file, because it remembers which CPUs it has announced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import TYPE_CHECKING

from tracefs.ring import LOST_UNKNOWN, Event, FunctionBatch
from tracefs.trace.clock import ns_to_us
from tracefs.trace.entries import PRINT, TYPES
from tracefs.trace.options import (
    ANNOTATE,
    BIN,
    CONTEXT_INFO,
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

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray

# Bits of an entry's flags.
IRQS_OFF, IRQS_NOSUPPORT, NEED_RESCHED, HARDIRQ, SOFTIRQ = 0x01, 0x02, 0x04, 0x08, 0x10
PREEMPT_RESCHED, NMI, BH_OFF = 0x20, 0x40, 0x80

_COMMON = Struct("<HBBi")
_RESCHED = {
    0: ".",
    NEED_RESCHED: "n",
    PREEMPT_RESCHED: "p",
    NEED_RESCHED | PREEMPT_RESCHED: "N",
}
_DELAY_MARKS = ((10**6, "$"), (10**5, "@"), (10**4, "*"), (1000, "#"), (100, "!"), (10, "+"))
_SLOW = RAW.mask | HEX.mask | BIN.mask | LATENCY_FORMAT.mask
_STYLE = (
    PRINT_PARENT.mask
    | SYM_OFFSET.mask
    | SYM_ADDR.mask
    | CONTEXT_INFO.mask
    | IRQ_INFO.mask
    | RECORD_TGID.mask
)
_SLICE = 4096
_MICROSECONDS = [f"{us:03d}: " for us in range(1000)]


def flags_column(flags: int, preempt_count: int) -> str:
    """The five characters ``irqs-off need-resched hard/softirq preempt-depth migrate-disable``."""
    if flags & IRQS_OFF:
        irqs = "D" if flags & BH_OFF else "d"
    elif flags & BH_OFF:
        irqs = "b"
    else:
        irqs = "X" if flags & IRQS_NOSUPPORT else "."
    resched = _RESCHED[flags & (NEED_RESCHED | PREEMPT_RESCHED)]
    hard, soft = flags & HARDIRQ, flags & SOFTIRQ
    if flags & NMI:
        context = "Z" if hard else "z"
    elif hard:
        context = "H" if soft else "h"
    else:
        context = "s" if soft else "."
    depth, migrate = preempt_count & 0xF, preempt_count >> 4
    return (
        irqs
        + resched
        + context
        + (f"{depth:x}" if depth else ".")
        + (f"{migrate:x}" if migrate else ".")
    )


def delay_mark(us: int) -> str:
    """How much later the next entry is, as one character (trace_find_mark)."""
    for limit, mark in _DELAY_MARKS:
        if us > limit:
            return mark
    return " "


class Printer:
    """Prints the entries of a trace array. ``annotate``: say where a CPU's entries begin."""

    def __init__(self, tr: TraceArray, annotate: bool = False) -> None:
        self._tr = tr
        self._annotate = annotate
        self._started: set[int] = set()
        self._index = 0
        self._style = -1
        self._heads: _Heads
        self._tails: _Tails
        self.flags = 0
        self._refresh()

    def text(self, items: Iterable[Event | FunctionBatch]) -> Iterator[bytes]:
        """The text of a series of entries, in pieces of up to some hundred kilobytes."""
        self._refresh()
        if self.flags & LATENCY_FORMAT.mask:
            yield from self._with_delays(items)
            return
        lines: list[bytes] = []
        size = 0
        for item in items:
            self._refresh()
            if isinstance(item, FunctionBatch):
                if lines:
                    yield b"".join(lines)
                    lines, size = [], 0
                if self.flags & (_SLOW | LATENCY_FORMAT.mask) or not self.flags & CONTEXT_INFO.mask:
                    for event in item.events():
                        lines.append(self.line(event))
                else:
                    yield from self._batch(item)
            else:
                lines.append(self.line(item))
                size += len(lines[-1])
                if size > 131072:
                    yield b"".join(lines)
                    lines, size = [], 0
        if lines:
            yield b"".join(lines)

    def line(self, event: Event, next_ts: int | None = None) -> bytes:
        """The text of one entry; ``next_ts`` is when the next one was (for latency-format)."""
        self._refresh()
        start = ""
        if event.lost:
            count = "" if event.lost == LOST_UNKNOWN else f"{event.lost} "
            start = f"CPU:{event.cpu} [LOST {count}EVENTS]\n"
        number, flags, preempt_count, pid = _COMMON.unpack_from(event.data)
        context = bool(self.flags & CONTEXT_INFO.mask)
        entry = TYPES.get(number)
        if entry is PRINT and self._message_only():
            body = PRINT.message(event.data)
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
            return f" {seconds:5d}.{us:06d}"
        return f" {ts:12d}"

    def symbol(self, address: int) -> str:
        """An address as the options want it (seq_print_ip_sym)."""
        if not address:
            return "0"
        found = self._tr.backend.kallsyms.lookup(address)
        if found is None:
            text = f"0x{address:08x}"
        elif self.flags & SYM_OFFSET.mask:
            text = self._tr.backend.kallsyms.format(address)
        else:
            text = found.name
        return f"{text} <{address:016x}>" if self.flags & SYM_ADDR.mask else text

    def _latency(self, event: Event, flags: int, preempt_count: int, pid: int, next_ts: int) -> str:
        since, delay = event.ts - self._tr.time_start, next_ts - event.ts
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
        entry = TYPES.get(number)
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

    def _batch(self, batch: FunctionBatch) -> Iterator[bytes]:
        # A line is head (task, CPU, flags), milliseconds, microseconds, tail (the two symbols).
        # Heads and tails repeat, so they are dictionaries keyed on the records' own bytes, into
        # which the CPU is written over the event header.
        import numpy as np  # takes 0.1 s: not at the mount's start

        rows = batch.columns.copy()
        rows["h"] = batch.cpu
        unpack = Struct(f"<12s{rows.itemsize - 12}s").iter_unpack
        for first in range(0, len(rows), _SLICE):
            part = rows[first : first + _SLICE]
            keys, pairs = zip(*unpack(part.tobytes()), strict=True)
            out: list[str] = [""] * (4 * len(part))
            out[0::4] = map(self._heads.__getitem__, keys)
            out[3::4] = map(self._tails.__getitem__, pairs)
            times = batch.ts[first : first + _SLICE]
            if self._tr.clock.in_ns:
                whole, rest = np.divmod(
                    (times + np.uint64(500)) // np.uint64(1000), np.uint64(1000)
                )
                distinct, which = np.unique(whole, return_inverse=True)
                millis = [f" {ms // 1000:5d}.{ms % 1000:03d}" for ms in distinct.tolist()]
                out[1::4] = map(millis.__getitem__, which.tolist())
                out[2::4] = map(_MICROSECONDS.__getitem__, rest.tolist())
            else:
                out[1::4] = [f" {ts:12d}: " for ts in times.tolist()]
            if self._annotate and self.flags & ANNOTATE.mask:
                self._announce(batch.cpu[first : first + _SLICE].tolist(), out)
            self._index += len(part)
            yield "".join(out).encode("latin-1")

    def _announce(self, cpus: list[int], out: list[str]) -> None:
        base = self._index
        for cpu in set(cpus) - self._started:
            at = cpus.index(cpu)
            self._index = base + at
            out[4 * at] = self._started_line(cpu) + out[4 * at]
        self._index = base

    def _refresh(self) -> None:
        self.flags = self._tr.flags
        style = self.flags & _STYLE
        if style != self._style:
            self._style = style
            self._heads = _Heads(self)
            self._tails = _Tails(self)


class _Heads(dict[bytes, str]):
    """Text of (CPU, common header), made when first met."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def __missing__(self, key: bytes) -> str:
        _, flags, preempt_count, pid = _COMMON.unpack_from(key, 4)
        text = self[key] = self._printer.context(pid, key[0], flags, preempt_count)
        return text


class _Tails(dict[bytes, str]):
    """Text of (ip, parent ip), made when first met."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def __missing__(self, key: bytes) -> str:
        half = len(key) // 2
        text = self._printer.symbol(int.from_bytes(key[:half], "little"))
        if self._printer.flags & PRINT_PARENT.mask and any(key[half:]):
            text += " <-" + self._printer.symbol(int.from_bytes(key[half:], "little"))
        text += "\n"
        self[key] = text
        return text
