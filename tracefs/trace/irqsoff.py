"""How long interrupts or preemption were off (kernel/trace/trace_irqsoff.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.trace.latency import LatencyTracer
from tracefs.trace.options import PAUSE_ON_TRACE

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray
    from tracefs.trace.backend import Latency

IRQS_OFF, PREEMPT_OFF = 2, 4


class _Off(LatencyTracer):
    call = "irqsoff_tracer_call"
    graph_user = "irqsoff_graph"
    forced = (*LatencyTracer.forced, PAUSE_ON_TRACE)

    def family(self, tr: TraceArray) -> Latency:
        return tr.backend.irqsoff


class IrqsOff(_Off):
    """irqsoff: interrupts"""

    name = "irqsoff"
    mode = IRQS_OFF


class PreemptOff(_Off):
    """preemptoff: preemption"""

    name = "preemptoff"
    mode = PREEMPT_OFF


class PreemptIrqsOff(_Off):
    """preemptirqsoff: either"""

    name = "preemptirqsoff"
    mode = IRQS_OFF | PREEMPT_OFF
