"""``function_profile_enabled`` and what the function profiler has found: ``trace_stat/``."""

from __future__ import annotations

from collections.abc import Iterator

from tracefs.control.directory import Directory, Family, File
from tracefs.control.parse import parse_ulong
from tracefs.control.tables import TOP, CpuScope
from tracefs.trace import function_profile
from tracefs.trace.array import TraceArray


@TOP.file("function_profile_enabled")
def function_profile_enabled(tr: TraceArray) -> str:
    """1 while functions are counted and timed, for trace_stat; not beside function_graph

    set_ftrace_filter chooses them. Writing 1 begins from 0.
    """
    return f"{tr.backend.profiler.enabled:d}\n"


@function_profile_enabled.write
def _(tr: TraceArray, text: str) -> None:
    tr.settle()
    function_profile.set_enabled(tr.backend, bool(parse_ulong(text)))


def _records(scope: CpuScope) -> Iterator[str]:
    return function_profile.statistics(scope.tr.backend, scope.cpu)


def _names(tr: TraceArray) -> list[str]:
    return [f"function{cpu}" for cpu in range(tr.backend.cpus)]


def _find(tr: TraceArray, name: str) -> CpuScope | None:
    names = _names(tr)
    return CpuScope(tr, names.index(name)) if name in names else None


TRACE_STAT: Directory[TraceArray] = Directory()
_FUNCTION: File[CpuScope] = File("function", mode=0o640, records=_records)
TRACE_STAT.family(Family(_FUNCTION, _names, _find))
TOP.directory(
    "trace_stat",
    TRACE_STAT,
    lambda tr: tr,
    doc="""functionN: what function_profile_enabled has counted on CPU N

    Hits, time, and its average and variance; the option graph-time leaves out what was called.
    """,
)
