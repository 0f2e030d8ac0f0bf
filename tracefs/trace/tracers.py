"""The tracers there are, in the order of ``available_tracers`` (the newest first)."""

from __future__ import annotations

from tracefs.trace.function import Function
from tracefs.trace.function_graph import FunctionGraph
from tracefs.trace.nop import Nop
from tracefs.trace.tracer import Tracer

NOP = Nop()
TRACERS: tuple[Tracer, ...] = (FunctionGraph(), Function(), NOP)
_BY_NAME = {tracer.name: tracer for tracer in TRACERS}


def find(name: str) -> Tracer | None:
    """The tracer of that exact name."""
    return _BY_NAME.get(name)
