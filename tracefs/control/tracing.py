"""Which tracer runs, whether, on which CPUs and by which clock."""

from __future__ import annotations

from tracefs.control.parse import (
    ULONG_MAX,
    format_cpumask,
    parse_cpumask,
    parse_ulong,
    strip,
    word,
)
from tracefs.control.tables import INSTANCE
from tracefs.trace.array import TraceArray
from tracefs.trace.clock import CLOCKS

MAX_TRACER_SIZE = 100
MAX_CLOCK_SIZE = 64


@INSTANCE.seq("available_tracers")
def available_tracers(tr: TraceArray) -> list[str]:
    """The tracers that current_tracer takes"""
    return [" ".join(tracer.name for tracer in tr.tracers()) + "\n"]


@INSTANCE.file("current_tracer")
def current_tracer(tr: TraceArray) -> str:
    """The tracer in use; write a name of available_tracers to change it

    Changing it empties the buffer. While a trace_pipe is open it cannot be changed.
    """
    return tr.tracer.name + "\n"


@current_tracer.write
def _(tr: TraceArray, text: str) -> None:
    tr.settle()
    tr.set_tracer(strip(text[:MAX_TRACER_SIZE]))


@INSTANCE.file("tracing_on", since="2.6.28")
def tracing_on(tr: TraceArray) -> str:
    """1 while the ring buffer accepts records; write 0 or 1

    echo 0 > tracing_on stops recording at once, what was recorded stays.
    """
    return f"{tr.on:d}\n"


@tracing_on.write
def _(tr: TraceArray, text: str) -> None:
    tr.on = bool(parse_ulong(text))


@INSTANCE.file("tracing_cpumask")
def tracing_cpumask(tr: TraceArray) -> str:
    """The CPUs that are recorded, as a hex mask"""
    return format_cpumask(tr.cpumask, tr.backend.cpus) + "\n"


@tracing_cpumask.write
def _(tr: TraceArray, text: str) -> None:
    tr.set_cpumask(parse_cpumask(text, tr.backend.cpus))


@INSTANCE.seq("trace_clock")
def trace_clock(tr: TraceArray) -> list[str]:
    """The clock of the time stamps, in brackets; write a name to change it

    Changing it empties the buffer.
      local    each CPU's own
      global   the same on all CPUs
      counter  counts the events
      uptime   jiffies since boot
      perf, mono, mono_raw, boot, tai   the kernel's clocks of these names
      x86-tsc  the processor's cycle counter
    """
    names = (f"[{clock.name}]" if clock is tr.clock else clock.name for clock in CLOCKS)
    return [" ".join(names) + "\n"]


@trace_clock.write
def _(tr: TraceArray, text: str) -> None:
    tr.set_clock(word(text, MAX_CLOCK_SIZE))


@INSTANCE.seq("timestamp_mode")
def timestamp_mode(tr: TraceArray) -> list[str]:
    """How time stamps are stored, in brackets: as differences, or absolute"""
    return ["delta [absolute]\n" if tr.buffer.absolute else "[delta] absolute\n"]


@INSTANCE.file("tracing_max_latency")
def tracing_max_latency(tr: TraceArray) -> str:
    """The longest latency that a latency tracer has seen, in microseconds; write 0 to start anew"""
    return f"{(tr.max_latency + 500) // 1000}\n"


@tracing_max_latency.write
def _(tr: TraceArray, text: str) -> None:
    tr.max_latency = parse_ulong(text) * 1000 & ULONG_MAX
