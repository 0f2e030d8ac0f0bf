"""Text of traces as the kernels of 2008 print it: one buffer format for ``trace`` and
``trace_pipe``, another for ``latency_trace`` (kernel/trace/trace.c of 2.6.27 to 2.6.29)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from tracefs.release import Feature
from tracefs.ring import FunctionBatch
from tracefs.trace.clock import ns_to_us
from tracefs.trace.context import HARDIRQ, IRQS_NOSUPPORT, IRQS_OFF, NEED_RESCHED, SOFTIRQ
from tracefs.trace.debugfs_entries import types
from tracefs.trace.options import LATENCY_FORMAT, VERBOSE
from tracefs.trace.output import Printer, ip_sym

if TYPE_CHECKING:
    from tracefs.release import Release
    from tracefs.ring import Event
    from tracefs.ring import Iterator as RingIterator
    from tracefs.trace.array import TraceArray
    from tracefs.trace.tracer import Tracer

_LATENCY_LEGEND = """\
#                {0}_------=> CPU#            
#               {0}/ _-----=> irqs-off        
#              {0}| / _----=> need-resched    
#              {0}|| / _---=> hardirq/softirq 
#              {0}||| / _--=> preempt-depth   
#              {0}|||| /                      
#              {0}|||||     delay             
#  cmd     pid {0}||||| time  |   caller      
#     \\   /    {0}|||||   \\   |   /           
"""  # noqa: W291


def header(tr: TraceArray, tracer: str, release: Release) -> str:
    """Everything above the first line of ``trace``."""
    start = f"# tracer: {tracer}\n#\n"
    own = tr.tracer.print_header(tr)
    if own is not None or tr.has(VERBOSE):
        return start + (own or "")
    space = " " if release.has(Feature.WIDE_CPU) else ""
    return (
        f"{start}#           TASK-PID   {space}CPU#    TIMESTAMP  FUNCTION\n"
        f"#              | |      {space}|          |         |\n"
    )


def latency_header(tr: TraceArray, tracer: str, release: Release) -> str:
    """Everything above the first line of ``latency_trace``; nothing to tell of an empty buffer."""
    start = f"# tracer: {tracer}\n#\n"
    entries, total = tr.counts()
    if not entries:
        return start
    data = tr.data
    text = (
        f"{start}{tracer} latency trace v1.1.5 on {tr.backend.uname}\n"
        f"{'-' * 68}\n"
        f" latency: {data.latency // 1000} us, #{entries}/{total}, CPU#{data.cpu} |"
        f" (M:preempt VP:0, KP:0, SP:0 HP:0 #P:{tr.backend.cpus})\n"
        "    -----------------\n"
        f"    | task: {data.task}\n"
        "    -----------------\n"
    )
    if data.critical_start:
        text += f" => started at: {ip_sym(tr, data.critical_start)}\n"
        text += f" => ended at:   {ip_sym(tr, data.critical_end)}\n"
    text += "\n"
    wide = "  " if release.has(Feature.WIDE_CPU) else ""
    return text if tr.has(VERBOSE) else text + _LATENCY_LEGEND.format(wide)


class DebugfsPrinter(Printer):
    """Lines of ``trace`` and ``trace_pipe``.

    ``source`` gives the entries and tells what follows; None: nobody knows what follows (a pipe).
    ``pids`` are the tasks that were printed last, by CPU: the kernel has one such table.
    """

    lead = ""
    latency: ClassVar[bool] = False

    def __init__(
        self,
        tr: TraceArray,
        release: Release,
        annotate: bool = False,
        source: RingIterator | None = None,
        pids: dict[int, int] | None = None,
    ) -> None:
        self.wide = release.has(Feature.WIDE_CPU)
        self.types = types(self.wide, self.latency)
        self.source = source
        self.pids = {} if pids is None else pids
        super().__init__(tr, annotate)

    def text(self, items: Iterable[Event | FunctionBatch]) -> Iterator[bytes]:
        """The text of a series of entries; a tracer that prints its own looks ahead itself."""
        if not self._tr.tracer.own_lines:
            yield from super().text(items)
            return
        for item in items:
            for event in item.events() if isinstance(item, FunctionBatch) else (item,):
                yield self.line(event)

    def line(self, event: Event, next_ts: int | None = None) -> bytes:
        """The text of one entry: the tracer's, if it prints it."""
        own = self._tr.tracer.print_line(self, event)
        return super().line(event, next_ts) if own is None else own.encode("latin-1")

    def flags_of(self, tracer: Tracer) -> int:
        """The masks of a tracer's options that are set."""
        return self._tr.tracer_flags(tracer)

    @property
    def cpus(self) -> int:
        """How many CPUs there are."""
        return self._tr.backend.cpus

    def exact(self, address: int) -> str:
        """An address as ``%pF`` prints it, whatever the options: name+offset/size."""
        return self._tr.backend.kallsyms.format(address)

    def name(self, address: int) -> str:
        """The name of the function at an address, whatever the options."""
        return self._tr.backend.kallsyms.name(address)

    def context(self, pid: int, cpu: int, flags: int, preempt_count: int) -> str:
        """Task and CPU; the flags are told by latency_trace only."""
        return f"{self.comm(pid):>16}-{pid:<5d} [{cpu:0{3 if self.wide else 2}d}] "


class LatencyPrinter(DebugfsPrinter):
    """Lines of ``latency_trace``: flags, and how long after the start and before the next line."""

    latency = True

    def _refresh(self) -> None:
        super()._refresh()
        self.flags |= LATENCY_FORMAT.mask

    def _latency(self, event: Event, flags: int, preempt_count: int, pid: int, next_ts: int) -> str:
        since = ns_to_us(event.ts - self._tr.data.time_start)
        delay = ns_to_us(next_ts - event.ts)
        depth = preempt_count & 0xF
        cpu = f"{event.cpu:3d}" if self.wide else f"{event.cpu}"
        if self.flags & VERBOSE.mask:
            return (
                f"{self.comm(pid):>16} {pid:5d} {cpu} {flags} {depth:08x} {self._index:08x}"
                f" [{ns_to_us(event.ts):08x}] {since // 1000}.{since % 1000:03d}ms"
                f" (+{delay // 1000}.{delay % 1000:03d}ms): "
            )
        irqs = "d" if flags & IRQS_OFF else "X" if flags & IRQS_NOSUPPORT else "."
        resched = "N" if flags & NEED_RESCHED else "."
        hard, soft = flags & HARDIRQ, flags & SOFTIRQ
        context = "H" if hard and soft else "h" if hard else "s" if soft else "."
        mark = "!" if delay > 100 else "+" if delay > 1 else " "
        return (
            f"{self.comm(pid)[:8]:>8}-{pid:<5d} {cpu}{irqs}{resched}{context}"
            f"{f'{depth:x}' if depth else '.'} {since:4d}us{mark}: "
        )
