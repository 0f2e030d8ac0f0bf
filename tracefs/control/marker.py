"""``trace_marker`` and ``trace_marker_raw``: user space writes into the ring buffer."""

from __future__ import annotations

import errno

from tracefs.control.handle import Handle, Task, error
from tracefs.control.tables import INSTANCE
from tracefs.trace.array import TraceArray
from tracefs.trace.options import MARKERS

MAX_MARKER = 1024
MAX_RAW_MARKER = 3 * 1024
TAG_SIZE = 4


@INSTANCE.handle("trace_marker", mode=0o220)
class TraceMarker(Handle[TraceArray]):
    """Text written here goes into the trace"""

    seekable = False

    def write(self, data: bytes, offset: int, task: Task) -> int:
        if not self.scope.has(MARKERS):
            raise error(errno.EINVAL)
        return _result(self.scope.guest.mark(data[:MAX_MARKER], task))


@INSTANCE.handle("trace_marker_raw", mode=0o220)
class TraceMarkerRaw(Handle[TraceArray]):
    """Bytes written here go into the trace; the first four are a number for the reader"""

    seekable = False

    def write(self, data: bytes, offset: int, task: Task) -> int:
        if not self.scope.has(MARKERS) or not TAG_SIZE <= len(data) <= MAX_RAW_MARKER:
            raise error(errno.EINVAL)
        return _result(self.scope.guest.mark_raw(data[:MAX_MARKER], task))


def _result(result: int) -> int:
    if result < 0:
        raise error(-result)
    return result
