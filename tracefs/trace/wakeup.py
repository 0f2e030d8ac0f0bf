"""How long the most urgent task waits until it runs (kernel/trace/trace_sched_wakeup.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.release import Feature
from tracefs.trace.graph_options import IRQS, OVERHEAD
from tracefs.trace.latency import LatencyTracer

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray
    from tracefs.trace.backend import Latency

ANY, RT, DL = 0, 1, 2


class Wakeup(LatencyTracer):
    """wakeup: any task; before there was wakeup_rt, a real-time one"""

    name = "wakeup"
    mode = ANY
    call = "wakeup_tracer_call"
    graph_user = "wakeup_graph"
    graph_flags = LatencyTracer.graph_flags | OVERHEAD.mask | IRQS.mask

    def family(self, tr: TraceArray) -> Latency:
        """Wake-ups."""
        return tr.backend.wakeup

    def mode_for(self, tr: TraceArray) -> int:
        """The kernels of 2008 looked at real-time tasks only."""
        return self.mode if tr.arrays.release.has(Feature.TRACEFS) else RT

    def start(self, tr: TraceArray) -> None:
        """Measure again, with an empty buffer."""
        tr.clear()
        super().start(tr)

    def reset(self, tr: TraceArray) -> None:
        """Measure no more."""
        super().reset(tr)
        tr.clear()


class WakeupRt(Wakeup):
    """wakeup_rt: a real-time task"""

    name = "wakeup_rt"
    feature = Feature.TRACEFS
    mode = RT


class WakeupDl(Wakeup):
    """wakeup_dl: a deadline task"""

    name = "wakeup_dl"
    feature = Feature.TRACEFS
    mode = DL
