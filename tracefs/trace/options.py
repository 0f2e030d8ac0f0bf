"""Trace options: each is declared once; masks, names, ``trace_options`` and ``options/`` derive.

Bits and order are 6.1's TRACE_FLAGS (kernel/trace/trace.h), because the guest reads the same word.
Only options with an effect here are declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """A core option: its file name, its bit in trace_flags, and its default."""

    name: str
    bit: int
    default: bool = False
    top_only: bool = False
    """No file in the ``options/`` of an instance."""
    inherited: bool = True
    """A new instance starts with the top level's value, else with 0."""

    @property
    def mask(self) -> int:
        """The bit as a mask."""
        return 1 << self.bit


@dataclass(frozen=True, slots=True)
class TracerOption:
    """An option of one tracer: its file name and its bit in that tracer's flags."""

    name: str
    mask: int
    default: bool = False


PRINT_PARENT = Option("print-parent", 0, default=True)
SYM_OFFSET = Option("sym-offset", 1)
SYM_ADDR = Option("sym-addr", 2)
VERBOSE = Option("verbose", 3)
RAW = Option("raw", 4)
HEX = Option("hex", 5)
BIN = Option("bin", 6)
BLOCK = Option("block", 7)
TRACE_PRINTK = Option("trace_printk", 8, default=True, top_only=True)
ANNOTATE = Option("annotate", 9, default=True)
USERSTACKTRACE = Option("userstacktrace", 10)
"""An event is followed by the stack in user space of the task that it came from."""
SYM_USEROBJ = Option("sym-userobj", 11)
"""Names the files that those addresses are in; no task of the guest maps any."""
PRINTK_MSG_ONLY = Option("printk-msg-only", 12, top_only=True)
CONTEXT_INFO = Option("context-info", 13, default=True)
LATENCY_FORMAT = Option("latency-format", 14)
RECORD_CMD = Option("record-cmd", 15, default=True, top_only=True)
RECORD_TGID = Option("record-tgid", 16)
OVERWRITE = Option("overwrite", 17, default=True)
DISABLE_ON_FREE = Option("disable_on_free", 18)
IRQ_INFO = Option("irq-info", 19, default=True)
MARKERS = Option("markers", 20, default=True)
EVENT_FORK = Option("event-fork", 21)
"""Children join their parent in set_event_pid and set_event_notrace_pid, and leave at exit."""
PAUSE_ON_TRACE = Option("pause-on-trace", 22)
HASH_PTR = Option("hash-ptr", 23, default=True)
FUNCTION = Option("function-trace", 24, default=True)
"""Lets latency tracers trace functions too; no other tracer asks."""
FUNCTION_FORK = Option("function-fork", 25)
"""Children join their parent in set_ftrace_pid and set_ftrace_notrace_pid, and leave at exit."""
DISPLAY_GRAPH = Option("display-graph", 26)
"""Latency tracers show calls as the function graph tracer does."""
STACKTRACE = Option("stacktrace", 27)
"""Every event is followed by the stack of where it happened."""

TRACE_FLAGS = (
    PRINT_PARENT,
    SYM_OFFSET,
    SYM_ADDR,
    VERBOSE,
    RAW,
    HEX,
    BIN,
    BLOCK,
    TRACE_PRINTK,
    ANNOTATE,
    USERSTACKTRACE,
    SYM_USEROBJ,
    PRINTK_MSG_ONLY,
    CONTEXT_INFO,
    LATENCY_FORMAT,
    RECORD_CMD,
    RECORD_TGID,
    OVERWRITE,
    DISABLE_ON_FREE,
    IRQ_INFO,
    MARKERS,
    EVENT_FORK,
    PAUSE_ON_TRACE,
    HASH_PTR,
    FUNCTION,
    FUNCTION_FORK,
    DISPLAY_GRAPH,
    STACKTRACE,
)

DEFAULT_FLAGS = sum(option.mask for option in TRACE_FLAGS if option.default)
INHERITED_FLAGS = sum(option.mask for option in TRACE_FLAGS if option.inherited)
_BY_NAME = {option.name: option for option in TRACE_FLAGS}


def find(name: str) -> Option | None:
    """The core option of that exact name."""
    return _BY_NAME.get(name)


def lines(flags: int) -> Iterator[str]:
    """``name`` or ``noname`` for each core option, in the kernel's order."""
    for option in TRACE_FLAGS:
        yield option.name if flags & option.mask else "no" + option.name
