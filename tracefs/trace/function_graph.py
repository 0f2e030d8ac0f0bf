"""The function graph tracer: which functions ran, what they called, and how long that took."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tracefs.release import Feature
from tracefs.trace import debugfs_graph
from tracefs.trace.graph_options import GRAPH_OPTIONS, GRAPH_TIME, IRQS, SLEEP_TIME
from tracefs.trace.graph_output import GraphPrinter, graph_header
from tracefs.trace.options import TracerOption
from tracefs.trace.output import Printer
from tracefs.trace.tracer import Tracer

if TYPE_CHECKING:
    from tracefs.ring import Event
    from tracefs.trace.array import TraceArray
    from tracefs.trace.debugfs import DebugfsPrinter
    from tracefs.trace.tracer import Source


class FunctionGraph(Tracer):
    """function_graph"""

    name = "function_graph"
    feature = Feature.FUNCTION_GRAPH
    options = GRAPH_OPTIONS
    own_lines = True

    def init(self, tr: TraceArray) -> None:
        """Let tasks keep return addresses, and register the ops that hook returns."""
        tr.cpu = tr.backend.current_cpu()
        graph = tr.backend.graph
        graph.start()
        tr.backend.record_cmdlines(True)
        try:
            tr.backend.ftrace.register(graph.ops)
        except OSError:
            graph.stop()
            tr.backend.record_cmdlines(False)
            raise

    def reset(self, tr: TraceArray) -> None:
        """Unregister the ops; functions that are being executed return as before."""
        tr.backend.graph.stop()
        with contextlib.suppress(OSError):  # ftrace may have been turned off for good
            tr.backend.ftrace.unregister(tr.backend.graph.ops)
        tr.backend.record_cmdlines(False)

    def set_flag(self, tr: TraceArray, option: TracerOption, on: bool) -> None:
        """Two of the options are about what is recorded."""
        if option is IRQS:
            tr.backend.graph.irqs = on
        elif option is SLEEP_TIME:
            tr.backend.graph.sleep_time = on
        elif option is GRAPH_TIME:
            tr.backend.profiler.graph_time = on

    def header(self, tr: TraceArray) -> str:
        """The columns that the options choose."""
        return graph_header(tr, tr.tracer_flags(self))

    def printer(self, tr: TraceArray, source: Source, annotate: bool = False) -> Printer:
        """The outline."""
        return GraphPrinter(tr, source, annotate)

    def print_header(self, tr: TraceArray) -> str | None:
        """2.6.29's columns."""
        return debugfs_graph.header(tr.tracer_flags(self))

    def print_line(self, printer: DebugfsPrinter, event: Event) -> str | None:
        """2.6.29's outline."""
        return debugfs_graph.line(printer, event, printer.flags_of(self))
