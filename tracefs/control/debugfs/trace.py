"""``trace``, ``latency_trace`` and ``trace_pipe``."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefs.control.debugfs.table import ROOT, Tracing
from tracefs.control.handle import Task, error
from tracefs.control.trace import Trace
from tracefs.control.trace_pipe import TracePipe
from tracefs.ring import Iterator as RingIterator
from tracefs.trace.debugfs import DebugfsPrinter, LatencyPrinter, header, latency_header

if TYPE_CHECKING:
    from tracefs.trace.output import Printer


class _Paused(Trace):
    # Nothing is recorded while the file is open, and it ends when the tracer is changed. Opening it
    # with > does not empty the buffer yet.

    printer = DebugfsPrinter

    def __init__(self, scope: Tracing, flags: int, task: Task) -> None:
        super().__init__(scope.tr, flags & ~os.O_TRUNC, task)
        self._tracing = scope
        self._tracer = scope.tr.tracer

    def pauses(self) -> bool:
        return True

    def write(self, data: bytes, offset: int, task: Task) -> int:
        raise error(errno.EINVAL)

    def _text(self, size: int, at: int) -> bytes:
        return super()._text(size, at) if self._tr.tracer is self._tracer else b""

    def _pass(self) -> Iterator[bytes]:
        self._iterator = RingIterator(self._tr.buffer, None)
        if self._tr.since:
            self._iterator.skip_before(self._tr.since)
        self._printer = self._new_printer(self._tr.buffer.overruns() > 0)
        yield self._header().encode("latin-1")
        yield from self._printer.text(self._iterator)

    def _new_printer(self, annotate: bool) -> Printer:
        scope = self._tracing
        return self.printer(self._tr, scope.release, annotate, self._iterator, scope.graph_pids)

    def _header(self) -> str:
        raise NotImplementedError


@ROOT.handle("trace", mode=0o444)
class DebugfsTrace(_Paused):
    """What the buffer holds, as text; nothing is recorded while it is open"""

    def _header(self) -> str:
        return header(self._tr, self._tracing.tracer_name, self._tracing.release)


@ROOT.handle("latency_trace", mode=0o444)
class LatencyTrace(_Paused):
    """The same with flags, and times between lines"""

    printer = LatencyPrinter

    def _header(self) -> str:
        return latency_header(self._tr, self._tracing.tracer_name, self._tracing.release)


@ROOT.handle("trace_pipe", mode=0o644)
class DebugfsTracePipe(TracePipe):
    """What the buffer holds, as text, removed by reading; waits for more

    One reader at a time. It ends when the tracer is changed, and, once something was read, with
    tracing_enabled 0.
    """

    holds_tracer = False

    def __init__(self, scope: Tracing, flags: int, task: Task) -> None:
        super().__init__(scope.tr, flags, task)
        self._tracing = scope
        self._tracer = scope.tr.tracer
        self._printer = DebugfsPrinter(scope.tr, scope.release, pids=scope.graph_pids)

    def _ended(self) -> bool:
        if self._tr.tracer is not self._tracer:
            return True
        return self._was_read and not self._tracing.enabled
