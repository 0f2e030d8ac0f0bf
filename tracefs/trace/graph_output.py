"""Text of the function graph tracer: calls as a C program's outline (trace_functions_graph.c).

While that tracer runs, its `GraphPrinter` prints every entry, others as comments. It keeps for each
CPU which task it last saw there and which functions it saw entered, so one belongs to one open
file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import TYPE_CHECKING

from tracefs.ring import LOST_UNKNOWN, Event, FunctionBatch
from tracefs.trace.context import flags_column
from tracefs.trace.entries import HEADER_SIZE, MessageEntry
from tracefs.trace.graph_options import (
    ABSTIME,
    CPU,
    DURATION,
    IRQS,
    OVERHEAD,
    OVERRUN,
    PROC,
    REL_TIME,
    TAIL,
)
from tracefs.trace.header import latency_header
from tracefs.trace.options import CONTEXT_INFO, LATENCY_FORMAT
from tracefs.trace.output import Printer

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray
    from tracefs.trace.tracer import Source

FUNCTION, STACK, EXIT, ENTRY = 1, 4, 10, 11
INDENT = 2
RETFUNC_DEPTH = 50
_PROC_WIDTH = 14
_FILL = "              |  "
_PIECE = 128 * 1024

_COMMON = Struct("<HBBi")
_ENTRY = {4: Struct("<Ii"), 8: Struct("<Qi")}
_EXIT = {4: Struct("<IiIQQ"), 8: Struct("<QiIQQ")}
_MARKS = ((10**9, "$"), (10**8, "@"), (10**7, "*"), (10**6, "#"), (10**5, "!"), (10**4, "+"))

_LEGEND = (
    "  _-----=> irqs-off        ",
    " / _----=> need-resched    ",
    "| / _---=> hardirq/softirq ",
    "|| / _--=> preempt-depth   ",
    "||| /                      ",
)


def graph_header(tr: TraceArray, flags: int) -> str:
    """Everything above the first entry; ``flags`` are the tracer's options."""
    text = f"# tracer: {tr.tracer.name}\n#\n"
    if not tr.has(CONTEXT_INFO):
        return text
    latency = tr.has(LATENCY_FORMAT)
    if latency:
        if not tr.counts()[0]:
            return text
        text += latency_header(tr)
        width = 16 * bool(flags & ABSTIME.mask) + 16 * bool(flags & REL_TIME.mask)
        width += 4 * bool(flags & CPU.mask)
        width += 17 * bool(flags & PROC.mask)
        text += "".join(f"#{' ' * width}{line}\n" for line in _LEGEND)
    first, second = "#", "#"
    for wanted, above, below in (
        (flags & ABSTIME.mask, "     TIME       ", "      |         "),
        (flags & REL_TIME.mask, "   REL TIME     ", "      |         "),
        (flags & CPU.mask, " CPU", " |  "),
        (flags & PROC.mask, "  TASK/PID       ", "   |    |        "),
        (latency, "||||   ", "||||   "),
        (flags & DURATION.mask, "  DURATION   ", "   |   |      "),
    ):
        if wanted:
            first, second = first + above, second + below
    return f"{text}{first}               FUNCTION CALLS\n{second}               |   |   |   |\n"


def duration_text(ns: int) -> str:
    """A duration and its unit, 12 characters wide if it fits (trace_print_graph_duration)."""
    us, rest = divmod(ns, 1000)
    text = str(us)
    if len(text) < 7:
        text += "." + f"{rest:03d}"[: min(4, 7 - len(text))]
    return f"{text} us ".ljust(12)


def overhead_mark(ns: int) -> str:
    """One character that says how long a duration is (trace_find_mark)."""
    for limit, mark in _MARKS:
        if ns > limit:
            return mark
    return " "


def lost_line(event: Event) -> str:
    """The line before an entry that others were lost before."""
    if not event.lost:
        return ""
    count = "" if event.lost == LOST_UNKNOWN else f"{event.lost} "
    return f"CPU:{event.cpu} [LOST {count}EVENTS]\n"


class _Cpu:
    """What was printed last of one CPU (struct fgraph_cpu_data)."""

    __slots__ = ("depth", "functions", "irq_depth", "pid")

    def __init__(self) -> None:
        self.pid = -1
        self.depth = 0
        self.irq_depth = -1
        self.functions = [0] * RETFUNC_DEPTH


class GraphPrinter(Printer):
    """Prints the entries of an array whose tracer is function_graph (or has these ``options``).

    A function whose exit follows its entry on its CPU is a leaf and gets one line: ``source``,
    which gives the entries, tells what follows, and does not give that exit any more.
    """

    looks_ahead = True

    def __init__(
        self, tr: TraceArray, source: Source, annotate: bool = False, options: int | None = None
    ) -> None:
        super().__init__(tr, annotate)
        self._source = source
        self._fixed = options
        self._cpus = [_Cpu() for _ in range(tr.backend.cpus)]
        self._width = len(str(tr.backend.cpus - 1))
        self._entry, self._exit = _ENTRY[self.word], _EXIT[self.word]
        self._names: dict[int, str] = {}
        self._procs: dict[int, str] = {}
        addr = tr.backend.kallsyms.addr
        self._irq_start = addr("__irqentry_text_start") or 0
        self._irq_end = addr("__irqentry_text_end") or 0

    def text(self, items: Iterable[Event | FunctionBatch]) -> Iterator[bytes]:
        """The text of a series of entries, in pieces of up to some hundred kilobytes."""
        lines: list[bytes] = []
        size = 0
        for item in items:
            for event in item.events() if isinstance(item, FunctionBatch) else (item,):
                lines.append(self.line(event))
                size += len(lines[-1])
            if size >= _PIECE:
                yield b"".join(lines)
                lines, size = [], 0
        if lines:
            yield b"".join(lines)

    def lines(self, batch: FunctionBatch) -> list[bytes]:
        """The text of each of a run of entries."""
        return [self.line(event) for event in batch.events()]

    def line(self, event: Event, next_ts: int | None = None) -> bytes:
        """The text of one entry, b"" if it is not to be shown."""
        text = self._text(event)
        if text is None:
            return super().line(event, next_ts)
        return (lost_line(event) + text).encode("latin-1") if text else b""

    def forget(self) -> None:
        """Look names and symbols up again, which may have changed since they were first met."""
        super().forget()
        self._names.clear()
        self._procs.clear()

    def _text(self, event: Event) -> str | None:
        self._refresh()
        tr = self._tr
        self._options = tr.tracer_flags(tr.tracer) if self._fixed is None else self._fixed
        self._context = bool(self.flags & CONTEXT_INFO.mask)
        number = event.data[0] | event.data[1] << 8
        cpu = self._cpus[event.cpu]
        if number == EXIT:
            return self._exited(event, cpu)
        if number == ENTRY:
            return self._entered(event, cpu)
        return None if number in (FUNCTION, STACK) else self._comment(event, number, cpu)

    # -- the kinds of lines -----------------------------------------------------------------

    def _entered(self, event: Event, cpu: _Cpu) -> str:
        data = event.data
        function, depth = self._entry.unpack_from(data, HEADER_SIZE)
        if self._enters_irq(cpu, function, depth):
            return ""
        text = self._prologue(event, cpu, function)
        indent = " " * (depth * INDENT)
        kept = 0 <= depth < RETFUNC_DEPTH
        took = self._leaf(event, function)
        if took is None:
            cpu.depth = depth
            if kept:
                cpu.functions[depth] = function
            return f"{text}{self._filled(_FILL)}{indent}{self._name(function)}() {{\n"
        cpu.depth = depth - 1
        if kept:
            cpu.functions[depth] = 0
        text += f"{self._duration(took)}{indent}{self._name(function)}();\n"
        return text + self._irq(event, function, "<==========")

    def _exited(self, event: Event, cpu: _Cpu) -> str:
        function, depth, overrun, began, ended = self._exit.unpack_from(event.data, HEADER_SIZE)
        if self._leaves_irq(cpu, depth):
            return ""
        cpu.depth = depth - 1
        known = True
        if 0 <= depth < RETFUNC_DEPTH:
            known = cpu.functions[depth] == function
            cpu.functions[depth] = 0
        text = self._prologue(event, cpu)
        text += f"{self._duration(ended - began)}{' ' * (depth * INDENT)}}}"
        if not known or self._options & TAIL.mask:
            text += f" /* {self._name(function)} */"
        text += "\n"
        if self._options & OVERRUN.mask:
            text += f" (Overruns: {overrun})\n"
        return text + self._irq(event, function, "<==========")

    def _comment(self, event: Event, number: int, cpu: _Cpu) -> str | None:
        entry = self.entry_type(number)
        text = self._prologue(event, cpu) + self._filled(_FILL)
        if cpu.depth > 0:
            text += " " * ((cpu.depth + 1) * INDENT)
        if isinstance(entry, MessageEntry):
            body = entry.message(self, event.data)
        elif entry is not None:
            body = entry.trace(self, event.data, event.ts)
        else:
            return None
        return f"{text}/* {body.removesuffix(chr(10))} */\n"

    def _leaf(self, event: Event, function: int) -> int | None:
        # How long the function took, if the next thing that its CPU did was to leave it.
        following = self._source.after(event.cpu)
        if following is None or following.data[:2] != b"\x0a\0":
            return None
        if following.data[4:8] != event.data[4:8]:
            return None
        left, _, _, began, ended = self._exit.unpack_from(following.data, HEADER_SIZE)
        if left != function:
            return None
        self._source.drop_after(event.cpu)
        return int(ended - began)

    # -- parts of a line --------------------------------------------------------------------

    def _prologue(self, event: Event, cpu: _Cpu, entered: int = 0) -> str:
        _, flags, preempt_count, pid = _COMMON.unpack_from(event.data)
        text = ""
        if cpu.pid != pid:
            if cpu.pid != -1:
                text = self._switch(event.cpu, cpu.pid, pid)
            cpu.pid = pid
        if entered:
            text += self._irq(event, entered, "==========>")
        return text + self._columns(event, flags, preempt_count, pid) if self._context else text

    def _columns(self, event: Event, flags: int, preempt_count: int, pid: int) -> str:
        options = self._options
        text = ""
        if options & ABSTIME.mask:
            text = f"{event.ts // 10**9:5d}.{event.ts % 10**9 // 1000:06d} |  "
        if options & REL_TIME.mask:
            text += f"{(event.ts - self._tr.data.time_start) // 1000:9d} us |  "
        if options & CPU.mask:
            text += f" {event.cpu:{self._width}d}) "
        if options & PROC.mask:
            text += f"{self._proc(pid)} | "
        if self.flags & LATENCY_FORMAT.mask:
            text += f" {flags_column(flags, preempt_count)} | "
        return text

    def _switch(self, cpu: int, before: int, now: int) -> str:
        line = f" {'-' * 42}\n"
        where = f" {cpu:{self._width}d}) "
        return f"{line}{where}{self._proc(before)} => {self._proc(now)}\n{line}\n"

    def _irq(self, event: Event, function: int, arrow: str) -> str:
        if not self._irq_start <= function < self._irq_end:
            return ""
        _, flags, preempt_count, pid = _COMMON.unpack_from(event.data)
        text = self._columns(event, flags, preempt_count, pid) if self._context else ""
        return f"{text}{self._filled('  ')}{arrow}{self._filled(' |')}\n"

    def _duration(self, ns: int) -> str:
        ns &= (1 << 64) - 1
        mark = overhead_mark(ns) if self._options & OVERHEAD.mask else " "
        return self._filled(f"{mark} {duration_text(ns)}|  ")

    def _filled(self, text: str) -> str:
        return text if self._context and self._options & DURATION.mask else ""

    def _name(self, function: int) -> str:
        name = self._names.get(function)
        if name is None:
            name = self._names[function] = self._tr.backend.kallsyms.name(function)
        return name

    def _proc(self, pid: int) -> str:
        text = self._procs.get(pid)
        if text is None:
            text = f"{self.comm(pid)[:7]}-{pid}"
            spaces = max(_PROC_WIDTH - len(text), 0)
            text = " " * (spaces // 2) + text + " " * (spaces - spaces // 2)
            self._procs[pid] = text
        return text

    # -- interrupts that are not to be shown ------------------------------------------------

    def _enters_irq(self, cpu: _Cpu, function: int, depth: int) -> bool:
        if self._options & IRQS.mask:
            return False
        if cpu.irq_depth >= 0:
            return True
        if not self._irq_start <= function < self._irq_end:
            return False
        cpu.irq_depth = depth
        return True

    def _leaves_irq(self, cpu: _Cpu, depth: int) -> bool:
        if self._options & IRQS.mask or cpu.irq_depth == -1:
            return False
        if cpu.irq_depth >= depth:
            cpu.irq_depth = -1
        return True
