"""The table of the directory and its scope."""

from __future__ import annotations

from tracefs.control.directory import Directory
from tracefs.control.machine import MACHINE
from tracefs.control.scope import KernelScope
from tracefs.ftrace.flagged import FlagFilter
from tracefs.release import Feature
from tracefs.trace import options
from tracefs.trace.array import DEFAULT_SIZE
from tracefs.trace.debugfs_options import trace_options
from tracefs.trace.function import Function
from tracefs.trace.nop import Nop

TRACE_ENTRIES = 65620
"""trace_entries of a kernel of 2.6.27 that has just booted."""
NO_LIMIT = (1 << 32) - 1
"""tracing_max_latency of a kernel that has just booted, in ns: no latency is longer."""
_OLD_NAMES = {Function.name: "ftrace", Nop.name: "none"}
_HIDDEN = (
    options.CONTEXT_INFO,
    options.RECORD_CMD,
    options.OVERWRITE,
    options.MARKERS,
    options.FUNCTION,
)
"""What was not yet an option."""


class Tracing:
    """All of a kernel's tracing, as it was before there were instances."""

    def __init__(self, kernel: KernelScope) -> None:
        self.kernel = kernel
        self.release = kernel.release
        self.tr = kernel.traces.top
        names = {} if self.release.has(Feature.FUNCTION_NAMES) else _OLD_NAMES
        self.tracers = {names.get(t.name, t.name): t.name for t in self.tr.tracers()}
        """The tracers by the names that files use, in the order of available_tracers: the latest
        registered first."""
        self.graph_functions: list[int] = []
        """set_graph_function: call sites in the order of writing."""
        self.graph_pids: dict[int, int] = {}
        """The tasks that function_graph printed last, by CPU."""
        self.enabled = True
        """tracing_enabled: the tracer runs."""
        self.buffer_kb = DEFAULT_SIZE >> 10
        self.entries = TRACE_ENTRIES
        self.cpumask = (1 << 8) - 1
        """tracing_cpumask has a bit for each CPU that the kernel was built for."""
        self.pid: int | None = None
        """The task that function tracing is limited to."""
        self.filters = FlagFilter(
            self.tr.backend.ftrace,
            self.tr.guest.ops,
            negation=self.release.has(Feature.FILTER_NEGATION),
            live_notrace=self.release.has(Feature.LIVE_NOTRACE),
        )
        self.tr.max_latency = NO_LIMIT
        self.tr.flags = sum(option.mask for option in _HIDDEN)
        if self.release.has(Feature.BUFFER_STARTS):
            self.tr.flags |= options.ANNOTATE.mask
        for option in trace_options(self.release):
            self.tr.flags |= option.mask if option.default else 0

    @property
    def tracer_name(self) -> str:
        """What this release calls the tracer in use."""
        return next(shown for shown, name in self.tracers.items() if name == self.tr.tracer.name)


ROOT: Directory[Tracing] = Directory(mode=0o755)
"""The directory."""
ROOT.directory(".machine", MACHINE, lambda tracing: tracing.kernel.machine)
