"""The function profiler: how often functions are called, and how long they take.

It is no tracer, but hooks returns in the graph tracer's stead: only one of them can run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefs.trace.graph_output import duration_text

if TYPE_CHECKING:
    from tracefs.trace.backend import Backend

USER = "profile_graph"
_HEADER = """\
  Function                               Hit    Time            Avg             s^2
  --------                               ---    ----            ---             ---
"""
_U64 = (1 << 64) - 1


def set_enabled(backend: Backend, on: bool) -> None:
    """Begin to count, from 0, or stop (EBUSY: the graph tracer runs; ENODEV: ftrace is off)."""
    if on == backend.profiler.enabled:
        return
    graph = backend.graph
    if not on:
        backend.profiler.enabled = False
        graph.stop()
        with contextlib.suppress(OSError):  # ftrace may have been turned off for good
            backend.ftrace.unregister(graph.ops)
        return
    graph.start(USER)
    try:
        backend.profiler.enabled = True
        backend.ftrace.register(graph.ops)
    except OSError:
        backend.profiler.enabled = False
        graph.stop()
        raise


def statistics(backend: Backend, cpu: int) -> Iterator[str]:
    """The lines about a CPU: the functions that took longest first."""
    yield _HEADER
    thresh = backend.graph.thresh
    for record in sorted(backend.profiler.records(cpu), key=lambda record: -record.time):
        average = record.time // record.hits
        if thresh and average < thresh:
            continue
        name = backend.kallsyms.name(record.ip)
        times = (record.time, average, _variance(record.hits, record.time, record.time_squared))
        text = "    ".join(map(duration_text, times))
        yield f"  {name[:30]:<30}  {record.hits:10d}    {text}\n"


def _variance(hits: int, time: int, squares: int) -> int:
    """The sample variance; in 1000 ns^2, so that it is printed in us^2."""
    if hits <= 1:
        return 0
    return (hits * squares - time * time & _U64) // (hits * (hits - 1) * 1000)
