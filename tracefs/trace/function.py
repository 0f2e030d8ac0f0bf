"""The function tracer: which functions ran, called by whom (kernel/trace/trace_functions.c)."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from tracefs.trace.options import TracerOption
from tracefs.trace.tracer import Tracer

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray

STACK = TracerOption("func_stack_trace", 1)
NO_REPEATS = TracerOption("func-no-repeats", 2)

# The guest's functions that the ops call, by the options set.
_CALLS = {
    0: "function_trace_call",
    STACK.mask: "function_stack_trace_call",
    NO_REPEATS.mask: "function_no_repeats_trace_call",
    STACK.mask | NO_REPEATS.mask: "function_stack_no_repeats_trace_call",
}


class Function(Tracer):
    """function"""

    name = "function"
    options = (STACK, NO_REPEATS)
    in_instances = True

    def init(self, tr: TraceArray) -> None:
        """Register the array's ops: its functions are patched to call the tracer."""
        tr.cpu = tr.backend.current_cpu()
        tr.guest.set_function(_CALLS[tr.tracer_flags(self)])
        tr.backend.record_cmdlines(True)
        try:
            tr.backend.ftrace.register(tr.guest.ops)
        except OSError:
            tr.backend.record_cmdlines(False)
            raise

    def reset(self, tr: TraceArray) -> None:
        """Unregister the ops: the functions are patched back."""
        with contextlib.suppress(OSError):  # ftrace may have been turned off for good
            tr.backend.ftrace.unregister(tr.guest.ops)
        tr.backend.record_cmdlines(False)

    def start(self, tr: TraceArray) -> None:
        """Turning tracing on again begins with an empty buffer."""
        tr.clear()

    def set_flag(self, tr: TraceArray, option: TracerOption, on: bool) -> None:
        """While running, change what the ops call (EINVAL: the guest has no such function)."""
        flags = tr.tracer_flags(self)
        symbol = _CALLS[flags | option.mask if on else flags & ~option.mask]
        if tr.backend.kallsyms.addr(symbol) is None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if tr.tracer is self:
            tr.guest.set_function(symbol)
