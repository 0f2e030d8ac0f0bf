"""What the tracers of latencies share: they keep the trace of the longest in the snapshot.

The guest measures, and says when it has found a longer one (TraceArray._update_max). Functions in
between are recorded too, with option function-trace.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, ClassVar

from tracefs.release import Feature
from tracefs.trace.backend import MaxTrace
from tracefs.trace.graph_options import CPU, DURATION, PROC, REL_TIME
from tracefs.trace.graph_output import GraphPrinter, graph_header
from tracefs.trace.options import DISPLAY_GRAPH, FUNCTION, LATENCY_FORMAT, OVERWRITE, Option
from tracefs.trace.output import Printer
from tracefs.trace.tracer import Tracer

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray
    from tracefs.trace.backend import Latency
    from tracefs.trace.tracer import Source


class LatencyTracer(Tracer):
    """A tracer of latencies: a subclass says which of its family."""

    in_instances = True
    uses_max = True
    mode: ClassVar[int]
    """What the guest is asked to measure."""
    call: ClassVar[str]
    """The guest's function that records calls."""
    graph_user: ClassVar[str]
    """Who in the guest records them as entries and returns (Graph.start)."""
    graph_flags: ClassVar[int] = CPU.mask | PROC.mask | REL_TIME.mask | DURATION.mask
    """What an outline shows, as options of function_graph."""
    forced: ClassVar[tuple[Option, ...]] = (OVERWRITE, LATENCY_FORMAT)
    """Options that are set while the tracer runs."""

    def family(self, tr: TraceArray) -> Latency:
        """The guest's part."""
        raise NotImplementedError

    def mode_for(self, tr: TraceArray) -> int:
        """What the guest is asked to measure, in this release."""
        return self.mode

    def init(self, tr: TraceArray) -> None:
        """Begin to measure (EBUSY: the family serves another array)."""
        guest = self.family(tr)
        if guest.busy:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        tr.latency.saved_flags = tr.flags
        for option in self._forced(tr):
            tr.set_option(option, True)
        tr.max = MaxTrace()
        if tr.arrays.release.has(Feature.TRACEFS):
            tr.max_latency = 0
        guest.begin(tr.guest, self.mode_for(tr))
        if tr.has(FUNCTION):
            self._trace_functions(tr, self.is_graph(tr))
        guest.enabled = tr.on

    def reset(self, tr: TraceArray) -> None:
        """Measure no more, and give the options back."""
        guest = self.family(tr)
        guest.enabled = False
        self._end_functions(tr)
        guest.end()
        for option in self._forced(tr):
            tr.set_option(option, bool(tr.latency.saved_flags & option.mask))

    def start(self, tr: TraceArray) -> None:
        """Measure again."""
        self.family(tr).enabled = True

    def stop(self, tr: TraceArray) -> None:
        """Measure nothing until `start`."""
        self.family(tr).enabled = False

    def flag_changed(self, tr: TraceArray, mask: int, on: bool) -> None:
        """function-trace and display-graph have effect at once; overwrite stays on (EINVAL)."""
        if mask == FUNCTION.mask and on:
            self._trace_functions(tr, self.is_graph(tr))
        elif mask == FUNCTION.mask:
            self._end_functions(tr)
        elif mask == DISPLAY_GRAPH.mask:
            self._display_graph(tr, on)
        elif mask == OVERWRITE.mask and not on:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    def is_graph(self, tr: TraceArray) -> bool:
        """True if calls are shown as function_graph does."""
        return tr.is_top and tr.has(DISPLAY_GRAPH)

    def header(self, tr: TraceArray) -> str:
        """The columns of an outline, if it is one."""
        return graph_header(tr, self.graph_flags) if self.is_graph(tr) else super().header(tr)

    def printer(self, tr: TraceArray, source: Source, annotate: bool = False) -> Printer:
        """The outline, or lines."""
        if self.is_graph(tr):
            return GraphPrinter(tr, source, annotate, self.graph_flags)
        return super().printer(tr, source, annotate)

    def _forced(self, tr: TraceArray) -> tuple[Option, ...]:
        # The kernels of 2008 had these ways already, and no options for them.
        return self.forced if tr.arrays.release.has(Feature.TRACEFS) else ()

    def _display_graph(self, tr: TraceArray, on: bool) -> None:
        # Begin anew: what was recorded so far is of the other kind.
        if not tr.is_top:
            return
        guest = self.family(tr)
        guest.enabled = False
        self._end_functions(tr)
        tr.max_latency = 0
        tr.clear()
        if tr.has(FUNCTION):
            self._trace_functions(tr, on)
        guest.enabled = tr.on

    def _trace_functions(self, tr: TraceArray, graph: bool) -> None:
        if tr.latency.functions is not None:
            return
        backend = tr.backend
        ops = backend.graph.ops if graph else tr.guest.ops
        try:
            if graph:
                backend.graph.start(self.graph_user)
            else:
                tr.guest.set_function(self.call)
            try:
                backend.ftrace.register(ops)
            except OSError:
                if graph:
                    backend.graph.stop()
                raise
        except OSError:
            # Returns have another user, or ftrace is off: latencies can be measured all the same.
            backend.log(f"failed to start {self.name} tracer")
            return
        tr.latency.functions = ops

    def _end_functions(self, tr: TraceArray) -> None:
        ops, tr.latency.functions = tr.latency.functions, None
        if ops is None:
            return
        if ops is tr.backend.graph.ops:
            tr.backend.graph.stop()
        with contextlib.suppress(OSError):  # ftrace may have been turned off for good
            tr.backend.ftrace.unregister(ops)
