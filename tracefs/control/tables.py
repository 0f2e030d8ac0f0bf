"""The tables that files are declared into, and the scopes of the smaller ones."""

from __future__ import annotations

from typing import NamedTuple

from tracefs.control.directory import Directory
from tracefs.trace.array import TraceArray
from tracefs.trace.options import Option, TracerOption
from tracefs.trace.tracer import Tracer


class CpuScope(NamedTuple):
    """One CPU of a trace array: ``per_cpu/cpuN``."""

    tr: TraceArray
    cpu: int


def part(scope: TraceArray | CpuScope) -> tuple[TraceArray, int | None]:
    """The array, and the CPU if the scope is only one of them."""
    return (scope.tr, scope.cpu) if isinstance(scope, CpuScope) else (scope, None)


class OptionScope(NamedTuple):
    """One option of a trace array: a file in ``options``. ``tracer`` is None for core options."""

    tr: TraceArray
    tracer: Tracer | None
    option: Option | TracerOption


INSTANCE: Directory[TraceArray] = Directory()
"""The root and every ``instances/NAME``."""
TOP: Directory[TraceArray] = Directory(base=INSTANCE, mode=0o700)
"""The root only."""
PER_CPU: Directory[CpuScope] = Directory()
"""``per_cpu/cpuN``."""
