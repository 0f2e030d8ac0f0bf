"""Trace options of 2.6.28 and 2.6.29, which have no files of their own: ``trace_options``.

Their words and order are those kernels'; what means the same as a later option is that option here.
"""

from __future__ import annotations

from tracefs.release import Feature, Release
from tracefs.trace import options
from tracefs.trace.options import Option, TracerOption
from tracefs.trace.tracer import Tracer

STACKTRACE = Option("stacktrace", 27)
SCHED_TREE = Option("sched-tree", 29)
FTRACE_PRINTK = Option("ftrace_printk", options.TRACE_PRINTK.bit, default=True)
FTRACE_PREEMPT = Option("ftrace_preempt", 30)
BRANCH = Option("branch", 31)
USERSTACKTRACE = Option("userstacktrace", 10)
SYM_USEROBJ = Option("sym-userobj", 11)

_FIRST = (
    options.PRINT_PARENT,
    options.SYM_OFFSET,
    options.SYM_ADDR,
    options.VERBOSE,
    options.RAW,
    options.HEX,
    options.BIN,
    options.BLOCK,
    STACKTRACE,
    SCHED_TREE,
)
_MORE = (
    FTRACE_PRINTK,
    FTRACE_PREEMPT,
    BRANCH,
    options.ANNOTATE,
    USERSTACKTRACE,
    SYM_USEROBJ,
    options.PRINTK_MSG_ONLY,
)

# Tracers' first options; the rest came later.
_COUNT = {"nop": 2, "return": 1, "function_graph": 4}


def trace_options(release: Release) -> tuple[Option, ...]:
    """The core options of a release, in its order."""
    return _FIRST + _MORE if release.has(Feature.TRACER_OPTIONS) else _FIRST


def tracer_options(tracer: Tracer, release: Release) -> tuple[TracerOption, ...]:
    """Those of a tracer's options that a release has."""
    if not release.has(Feature.TRACER_OPTIONS):
        return ()
    return tracer.options[: _COUNT.get(tracer.name, 0)]
