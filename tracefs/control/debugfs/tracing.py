"""Which tracer runs, whether, on which CPUs, for which task, and its buffer's size."""

from __future__ import annotations

import errno

from tracefs.control.debugfs.table import NO_LIMIT, ROOT, Tracing
from tracefs.control.handle import Handle, Task, error
from tracefs.control.parse import (
    format_cpumask,
    parse_cpumask,
    parse_long,
    parse_ulong,
)
from tracefs.control.readme import readme
from tracefs.ftrace.ftraced import RecordedFtrace
from tracefs.release import Feature
from tracefs.trace.function import Function
from tracefs.trace.nop import Nop

NUMBER_SIZE = 64
NR_CPUS = 8
MAX_MARKER = 1024
ENTRIES_PER_PAGE = 85
"""Entries of 2.6.27's buffer had one size: so many to a page."""
EVENT_SIZE = 20
"""What a call takes in this kernel's buffer."""
_SPACE = " \t\n\v\f\r"


def _number(text: str) -> int:
    if len(text) >= NUMBER_SIZE:
        raise error(errno.EINVAL)
    return parse_ulong(text)


@ROOT.file("available_tracers", mode=0o444)
def available_tracers(tracing: Tracing) -> str:
    """The tracers that current_tracer takes"""
    return " ".join(tracing.tracers) + "\n"


@ROOT.file("current_tracer", mode=0o444)
def current_tracer(tracing: Tracing) -> str:
    """The tracer in use; write a name of available_tracers to change it"""
    return tracing.tracer_name + "\n"


@current_tracer.write
def _(tracing: Tracing, text: str) -> int:
    taken = text[: max(map(len, tracing.tracers))]
    name = tracing.tracers.get(taken.partition("\0")[0].rstrip(_SPACE))
    refuses = tracing.release.has(Feature.FUNCTION_NAMES)
    if name is None and refuses:
        raise error(errno.EINVAL)
    if name is not None:
        tracing.filters.apply(starting=True)
        tracing.tr.set_tracer(name)
    return len(text) if refuses else len(taken)


@ROOT.file("tracing_enabled", mode=0o644)
def tracing_enabled(tracing: Tracing) -> str:
    """1 while the tracer runs; write 0 or another number"""
    return f"{tracing.enabled:d}\n"


@tracing_enabled.write
def _(tracing: Tracing, text: str) -> None:
    on = bool(_number(text))
    if on == tracing.enabled:
        return
    tracing.enabled = on
    tr = tracing.tr
    if on:
        tr.tracer.start(tr)
        tr.resume()
    else:
        tr.pause()
        tr.tracer.stop(tr)


@ROOT.file("tracing_on", since="2.6.28", mode=0o644)
def tracing_on(tracing: Tracing) -> str:
    """1 while the ring buffer accepts records; write 0 or another number"""
    return f"{tracing.tr.on:d}\n"


@tracing_on.write
def _(tracing: Tracing, text: str) -> None:
    tracing.tr.buffer.recording = bool(_number(text))


@ROOT.file("tracing_max_latency", mode=0o644)
def tracing_max_latency(tracing: Tracing) -> str:
    """The longest latency that a latency tracer has seen, in microseconds; write 0 to start anew

    After boot it is -1: no latency is longer.
    """
    longest = tracing.tr.max_latency
    return "-1\n" if longest == NO_LIMIT else f"{longest // 1000}\n"


@tracing_max_latency.write
def _(tracing: Tracing, text: str) -> None:
    tracing.tr.max_latency = _number(text) * 1000 & NO_LIMIT


@ROOT.file("tracing_thresh", mode=0o644)
def tracing_thresh(tracing: Tracing) -> str:
    """Latencies of so many microseconds are kept, the last one; 0: the longest is"""
    return f"{tracing.tr.backend.graph.thresh // 1000}\n"


@tracing_thresh.write
def _(tracing: Tracing, text: str) -> None:
    tracing.tr.backend.graph.thresh = _number(text) * 1000 & NO_LIMIT


@ROOT.file("buffer_size_kb", since="2.6.28", mode=0o644)
def buffer_size_kb(tracing: Tracing) -> str:
    """Kilobytes of buffer for each CPU; write a number to change it"""
    return f"{tracing.buffer_kb}\n"


@buffer_size_kb.write
def _(tracing: Tracing, text: str) -> None:
    kilobytes = _number(text)
    if not kilobytes:
        raise error(errno.EINVAL)
    pages = max(2, -(-kilobytes // 4))
    tracing.tr.resize(pages << 12)
    tracing.buffer_kb = pages << 2


@ROOT.file("trace_entries", until="2.6.28", mode=0o644)
def trace_entries(tracing: Tracing) -> str:
    """How many entries each CPU's buffer holds; can be changed while the tracer is none"""
    return f"{tracing.entries}\n"


@trace_entries.write
def _(tracing: Tracing, text: str) -> None:
    entries = _number(text)
    if not entries:
        raise error(errno.EINVAL)
    if tracing.tr.tracer.name != Nop.name:
        raise error(errno.EBUSY)
    entries = -(-entries // ENTRIES_PER_PAGE) * ENTRIES_PER_PAGE
    tracing.tr.resize(entries * EVENT_SIZE)
    tracing.entries = entries


@ROOT.file("ftraced_enabled", until="2.6.28", mode=0o644)
def ftraced_enabled(tracing: Tracing) -> str:
    """Whether ftraced turns call sites that were found into nops: write enable, disable or a number

    disable converts once more what was found by then.
    """
    return "enabled\n" if _ftraced(tracing).daemon else "disabled\n"


@ftraced_enabled.write
def _(tracing: Tracing, text: str) -> None:
    if text.startswith(("enable", "disable")):
        on = text.startswith("enable")
    else:
        on = bool(_number(text))
    ftrace = _ftraced(tracing)
    if ftrace.daemon and not on:
        ftrace.convert()
    ftrace.daemon = on


def _ftraced(tracing: Tracing) -> RecordedFtrace:
    ftrace = tracing.tr.backend.ftrace
    assert isinstance(ftrace, RecordedFtrace)
    return ftrace


@ROOT.handle("tracing_cpumask", mode=0o644)
class TracingCpumask(Handle[Tracing]):
    """The CPUs that are recorded, as a hex mask"""

    def read(self, size: int, offset: int) -> bytes:
        text = format_cpumask(self.scope.cpumask, NR_CPUS).encode() + b"\n"
        if size < len(text):
            raise error(errno.EINVAL)
        # The whole of the kernel's buffer goes out, NULs and all.
        return text.ljust(NR_CPUS + 1, b"\0")[offset : offset + size]

    def write(self, data: bytes, offset: int, task: Task) -> int:
        mask = parse_cpumask(data.decode("latin-1"), NR_CPUS)
        self.scope.tr.set_cpumask(mask & ((1 << self.scope.tr.backend.cpus) - 1))
        self.scope.cpumask = mask
        return len(data)


@ROOT.file("set_ftrace_pid", since="2.6.29", mode=0o644)
def set_ftrace_pid(tracing: Tracing) -> str:
    """The task whose functions are traced: a pid, 0 for the idle tasks, -1 for all"""
    if tracing.pid is None:
        return "no pid\n"
    return f"{tracing.pid}\n" if tracing.pid else "swapper tasks\n"


@set_ftrace_pid.write
def _(tracing: Tracing, text: str) -> None:
    if len(text) >= NUMBER_SIZE:
        raise error(errno.EINVAL)
    pid = parse_long(text)
    tracing.pid = None if pid < 0 else pid
    tracing.tr.set_pids(None if pid < 0 else frozenset((pid,)))


@ROOT.handle("trace_marker", since="2.6.28.1", mode=0o220)
class TraceMarker(Handle[Tracing]):
    """Text written here goes into the trace, up to the first newline"""

    def write(self, data: bytes, offset: int, task: Task) -> int:
        line = data[:MAX_MARKER].partition(b"\0")[0].partition(b"\n")[0]
        self.scope.tr.expand()
        self.scope.tr.guest.mark(line + b"\n", task)
        return min(len(line) + 1, len(data))


@ROOT.file("README", mode=0o644)
def _readme(tracing: Tracing) -> str:
    shown = {name: shown for shown, name in tracing.tracers.items()}
    return readme(ROOT, tracing.release, shown[Function.name], shown[Nop.name])
