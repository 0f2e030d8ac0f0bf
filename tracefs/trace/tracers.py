"""The tracers there are, in the order of ``available_tracers`` (the newest first)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefs.trace.function import Function
from tracefs.trace.function_graph import FunctionGraph
from tracefs.trace.function_return import FunctionReturn
from tracefs.trace.irqsoff import IrqsOff, PreemptIrqsOff, PreemptOff
from tracefs.trace.nop import Nop
from tracefs.trace.sched_switch import SchedSwitch
from tracefs.trace.tracer import Tracer
from tracefs.trace.wakeup import Wakeup, WakeupDl, WakeupRt

if TYPE_CHECKING:
    from tracefs.release import Release

NOP = Nop()
TRACERS: tuple[Tracer, ...] = (
    FunctionGraph(),
    FunctionReturn(),
    WakeupDl(),
    WakeupRt(),
    Wakeup(),
    PreemptIrqsOff(),
    PreemptOff(),
    IrqsOff(),
    Function(),
    SchedSwitch(),
    NOP,
)
_BY_NAME = {tracer.name: tracer for tracer in TRACERS}


def offered(release: Release) -> Iterator[Tracer]:
    """The tracers of a release."""
    return (t for t in TRACERS if t.feature is None or release.has(t.feature))


def find(name: str) -> Tracer | None:
    """The tracer of that exact name."""
    return _BY_NAME.get(name)
