"""Options of the function graph tracer, with 6.1's bits and defaults."""

from __future__ import annotations

from tracefs.trace.options import TracerOption

OVERRUN = TracerOption("funcgraph-overrun", 0x1)
CPU = TracerOption("funcgraph-cpu", 0x2, default=True)
OVERHEAD = TracerOption("funcgraph-overhead", 0x4, default=True)
PROC = TracerOption("funcgraph-proc", 0x8)
DURATION = TracerOption("funcgraph-duration", 0x10, default=True)
ABSTIME = TracerOption("funcgraph-abstime", 0x20)
REL_TIME = TracerOption("", 0x40)
"""Time since the latency began: latency tracers, which have no options for this, show it."""
IRQS = TracerOption("funcgraph-irqs", 0x80, default=True)
TAIL = TracerOption("funcgraph-tail", 0x100)
SLEEP_TIME = TracerOption("sleep-time", 0x200, default=True)
GRAPH_TIME = TracerOption("graph-time", 0x400, default=True)
"""The function profiler counts what a function calls as its time."""

GRAPH_OPTIONS = (
    OVERRUN,
    CPU,
    OVERHEAD,
    PROC,
    DURATION,
    ABSTIME,
    IRQS,
    TAIL,
    SLEEP_TIME,
    GRAPH_TIME,
)
