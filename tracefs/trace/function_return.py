"""The return tracer of 2008: how long each call took, one line when it is over.

It lived in the tip tree for a month before function_graph took its place (S6 and what followed,
kernel/trace/trace_functions_return.c). Then it needed a kernel whose mcount is not patched, which
looked first for a function tracer and only without one for the return tracer. Here sites are
patched all the same; that the function tracer wins is kept by where ftrace_caller's jump leads
(tracefs/arch/i386.py).
"""

from __future__ import annotations

import contextlib
from struct import Struct
from typing import TYPE_CHECKING

from tracefs.release import Feature
from tracefs.trace.entries import HEADER_SIZE
from tracefs.trace.options import TracerOption
from tracefs.trace.tracer import Tracer

if TYPE_CHECKING:
    from tracefs.ring import Event
    from tracefs.trace.array import TraceArray
    from tracefs.trace.debugfs import DebugfsPrinter

OVERRUN = TracerOption("overrun", 1)
RETURN = 10
"""Number of its entries."""
FIELDS = Struct("<IIQQI")
"""Of an entry: function, where it returned to, when called, when over, overruns of its task."""


class FunctionReturn(Tracer):
    """return"""

    name = "return"
    feature = Feature.FUNCTION_RETURN
    options = (OVERRUN,)
    own_lines = True

    def init(self, tr: TraceArray) -> None:
        """Register the ops that hook returns: functions are patched to call it."""
        tr.cpu = tr.backend.current_cpu()
        returns = tr.backend.returns
        returns.start()
        try:
            tr.backend.ftrace.register(returns.ops)
        except OSError:
            returns.stop()
            raise

    def reset(self, tr: TraceArray) -> None:
        """Unregister the ops; functions that are being executed return as before."""
        tr.backend.returns.stop()
        with contextlib.suppress(OSError):  # ftrace may have been turned off for good
            tr.backend.ftrace.unregister(tr.backend.returns.ops)

    def print_line(self, printer: DebugfsPrinter, event: Event) -> str | None:
        """``parent+off/len -> func (N ns)``, and with overrun how many calls found no room.

        Neither task nor time stands before it.
        """
        if event.data[0] | event.data[1] << 8 != RETURN:
            return None
        ip, parent, calltime, rettime, overrun = FIELDS.unpack_from(event.data, HEADER_SIZE)
        text = f"{printer.exact(parent)} -> {printer.symbol(ip)} ({rettime - calltime} ns)"
        if printer.flags_of(self) & OVERRUN.mask:
            text += f" (Overruns: {overrun})"
        return text + "\n"
