"""Wake-ups and context switches, before there were events (trace_sched_switch.c of 2.6.27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.release import Feature
from tracefs.trace.tracer import Tracer

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray


class SchedSwitch(Tracer):
    """sched_switch"""

    name = "sched_switch"
    feature = Feature.SCHED_SWITCH

    def init(self, tr: TraceArray) -> None:
        """Begin to record."""
        tr.backend.sched_switch.begin(tr.guest)
        tr.backend.sched_switch.enabled = True

    def reset(self, tr: TraceArray) -> None:
        """Record no more."""
        tr.backend.sched_switch.enabled = False
        tr.backend.sched_switch.end()

    def start(self, tr: TraceArray) -> None:
        """Record again, into an empty buffer."""
        tr.clear()
        tr.backend.sched_switch.enabled = True

    def stop(self, tr: TraceArray) -> None:
        """Record nothing until `start`."""
        tr.backend.sched_switch.enabled = False
