"""Sizes and statistics of the ring buffer."""

from __future__ import annotations

import contextlib
import errno

from tracefs.control.handle import Handle, Task, error
from tracefs.control.parse import parse_ulong
from tracefs.control.tables import INSTANCE, PER_CPU, CpuScope
from tracefs.trace.array import DEFAULT_SIZE, TraceArray
from tracefs.trace.clock import ns_to_us
from tracefs.trace.options import DISABLE_ON_FREE


def _kilobytes(text: str) -> int:
    value = parse_ulong(text)
    if not value:
        raise error(errno.EINVAL)
    return value << 10


def _size(tr: TraceArray, size: int, cpus: int = 1) -> str:
    if tr.arrays.expanded:
        return f"{size >> 10}\n"
    return f"{size >> 10} (expanded: {(DEFAULT_SIZE >> 10) * cpus})\n"


def _resize(tr: TraceArray, text: str, cpu: int | None = None) -> None:
    size = _kilobytes(text)
    try:
        tr.resize(size, cpu)
    except OSError:  # whatever the reason: somebody reads it, there is no memory
        raise error(errno.ENOMEM) from None


@INSTANCE.file("buffer_size_kb")
def buffer_size_kb(tr: TraceArray) -> str:
    """Kilobytes of buffer for each CPU (X: they differ); write a number to change it"""
    sizes = {tr.size(cpu) for cpu in range(tr.backend.cpus)}
    return _size(tr, sizes.pop()) if len(sizes) == 1 else "X\n"


@buffer_size_kb.write
def _(tr: TraceArray, text: str) -> None:
    _resize(tr, text)


@PER_CPU.file("buffer_size_kb")
def cpu_buffer_size_kb(scope: CpuScope) -> str:
    """Kilobytes of buffer for this CPU"""
    return _size(scope.tr, scope.tr.size(scope.cpu))


@cpu_buffer_size_kb.write
def _(scope: CpuScope, text: str) -> None:
    _resize(scope.tr, text, scope.cpu)


@INSTANCE.file("buffer_total_size_kb")
def buffer_total_size_kb(tr: TraceArray) -> str:
    """Kilobytes of buffer on all CPUs together"""
    cpus = tr.backend.cpus
    return _size(tr, sum(tr.size(cpu) >> 10 << 10 for cpu in range(cpus)), cpus)


@INSTANCE.file("buffer_percent")
def buffer_percent(tr: TraceArray) -> str:
    """How full the buffer is, in percent, when a waiting reader of raw pages is woken"""
    return f"{tr.buffer_percent}\n"


@buffer_percent.write
def _(tr: TraceArray, text: str) -> None:
    value = parse_ulong(text)
    if value > 100:
        raise error(errno.EINVAL)
    tr.buffer_percent = value


@INSTANCE.handle("free_buffer", mode=0o200)
class FreeBuffer(Handle[TraceArray]):
    """Closing this file frees the buffer (and stops tracing, with option disable_on_free)"""

    # A shell closes a second descriptor before it writes: only a close after a write is the last.
    _written = _freed = False

    def write(self, data: bytes, offset: int, task: Task) -> int:
        self._written = True
        return len(data)

    def flush(self, task: Task) -> None:
        if self._written:
            self._free()

    def release(self) -> None:
        self._free()

    def _free(self) -> None:
        if self._freed:
            return
        self._freed = True
        if self.scope.has(DISABLE_ON_FREE):
            self.scope.on = False
        with contextlib.suppress(OSError):  # close(2) of this file never fails
            self.scope.resize(0)


@PER_CPU.seq("stats")
def stats(scope: CpuScope) -> list[str]:
    """Counts of what this CPU's buffer has recorded, lost and given out"""
    tr = scope.tr
    s = tr.buffer.stats(scope.cpu)

    def time(ts: int) -> str:
        if not tr.clock.in_ns:
            return f"{ts}"
        seconds, us = divmod(ns_to_us(ts), 10**6)
        return f"{seconds:5d}.{us:06d}"

    return [
        f"entries: {s.entries}\n"
        f"overrun: {s.overrun}\n"
        f"commit overrun: {s.commit_overrun}\n"
        f"bytes: {s.bytes}\n"
        f"oldest event ts: {time(s.oldest_event_ts)}\n"
        f"now ts: {time(s.now_ts)}\n"
        f"dropped events: {s.dropped_events}\n"
        f"read events: {s.read_events}\n"
    ]
