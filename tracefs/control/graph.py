"""What the function graph tracer shows: from which functions on, how deep, and how slow."""

from __future__ import annotations

from tracefs.control.ftrace import FilterHandle
from tracefs.control.parse import parse_ulong
from tracefs.control.tables import TOP
from tracefs.ftrace.graph_filter import GraphFilterEdit
from tracefs.trace.array import TraceArray

UINT_MASK, ULONG_MASK = (1 << 32) - 1, (1 << 64) - 1


class _GraphFilter(FilterHandle):
    def _open(self, truncate: bool) -> GraphFilterEdit:
        backend = self.scope.backend
        name = "notrace" if self.notrace else "function"
        return GraphFilterEdit(
            backend.ftrace,
            lambda: getattr(backend.graph, name),
            lambda value: setattr(backend.graph, name, value),
            notrace=self.notrace,
            write=self.writing,
            trunc=truncate,
        )


@TOP.handle("set_graph_function")
class SetGraphFunction(_GraphFilter):
    """The functions whose calls function_graph shows; none listed means all

    Written as set_ftrace_filter is, with names and globs only.
    """


@TOP.handle("set_graph_notrace")
class SetGraphNotrace(_GraphFilter):
    """The functions whose calls function_graph does not show"""

    notrace = True


@TOP.file("max_graph_depth")
def max_graph_depth(tr: TraceArray) -> str:
    """How many levels of calls function_graph shows; 0 means all"""
    depth = tr.backend.graph.max_depth
    return f"{depth - (depth >> 31 << 32)}\n"


@max_graph_depth.write
def _(tr: TraceArray, text: str) -> None:
    tr.backend.graph.max_depth = parse_ulong(text) & UINT_MASK


@TOP.file("tracing_thresh")
def tracing_thresh(tr: TraceArray) -> str:
    """Show only what took longer, in microseconds; 0 shows all"""
    return f"{tr.backend.graph.thresh // 1000}\n"


@tracing_thresh.write
def _(tr: TraceArray, text: str) -> None:
    tr.backend.graph.thresh = parse_ulong(text) * 1000 & ULONG_MASK
