"""The stack tracer's files; /proc/sys/kernel/stack_tracer_enabled turns it on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tracefs.control.ftrace import FilterHandle
from tracefs.control.parse import ULONG_MAX, parse_ulong
from tracefs.control.tables import TOP
from tracefs.trace import stack_trace
from tracefs.trace.array import TraceArray

if TYPE_CHECKING:
    from tracefs.ftrace import FtraceOps


@TOP.seq("stack_trace")
def _stack_trace(tr: TraceArray) -> Iterable[str]:
    """The deepest stack of the kernel that the stack tracer has seen

    echo 1 > /proc/sys/kernel/stack_tracer_enabled turns it on (in .machine/proc as well).
    """
    return stack_trace.lines(tr.backend)


@TOP.file("stack_max_size")
def stack_max_size(tr: TraceArray) -> str:
    """How deep that stack was, in bytes; write 0 to look for another"""
    return f"{tr.backend.stack_tracer.max_size}\n"


@stack_max_size.write
def _(tr: TraceArray, text: str) -> None:
    tr.backend.stack_tracer.max_size = parse_ulong(text) & ULONG_MAX


@TOP.handle("stack_trace_filter")
class StackTraceFilter(FilterHandle):
    """The functions that the stack tracer looks at; written like set_ftrace_filter"""

    def ops(self) -> FtraceOps:
        return self.scope.backend.stack_tracer.ops
