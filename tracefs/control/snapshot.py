"""``snapshot``: a second buffer that takes the contents of the first, so that tracing goes on."""

from __future__ import annotations

import errno
import os

from tracefs.control.handle import Handle, Task, error
from tracefs.control.parse import parse_ulong
from tracefs.control.tables import INSTANCE, PER_CPU, CpuScope, part
from tracefs.control.trace import Trace
from tracefs.control.trace_pipe import TracePipeRaw
from tracefs.trace.array import TraceArray
from tracefs.trace.view import SnapshotView

_HELP = """\
# echo 0 > snapshot : Clears and frees snapshot buffer
# echo 1 > snapshot : Allocates snapshot buffer, if not already allocated.
#                      Takes a snapshot of the main buffer.
# echo 2 > snapshot : Clears snapshot buffer (but does not allocate or free)
"""
_CPU_HELP = """\
# echo 0 > snapshot : Invalid for per_cpu snapshot file.
# echo 1 > snapshot : Allocates snapshot buffer, if not already allocated.
#                      Takes a snapshot of the main buffer for this cpu.
# echo 2 > snapshot : Clears this cpu's snapshot buffer (but does not allocate)
"""
_ANY_NUMBER = """\
#                      (Doesn't have to be '2' works with any number that
#                       is not a '0' or '1')
"""


@PER_CPU.handle("snapshot", since="3.9")
@INSTANCE.handle("snapshot", since="3.9")
class SnapshotFile(Trace):
    """The snapshot, as text; 1 takes one: the buffer and the snapshot change places

    0 frees its memory, any other number empties it. Tracing goes on meanwhile.
    """

    def __init__(self, scope: TraceArray | CpuScope, flags: int, task: Task) -> None:
        super().__init__(scope, flags & ~os.O_TRUNC, task)
        self._cpu = part(scope)[1]

    def _shown(self) -> TraceArray:
        return SnapshotView(self._main)

    def read(self, size: int, offset: int) -> bytes:
        if self._main.tracer.uses_max:
            raise error(errno.EBUSY)
        return super().read(size, offset)

    def write(self, data: bytes, offset: int, task: Task) -> int:
        self._main.expand()
        value = parse_ulong(data.decode("latin-1"))
        snapshot = self._main.snapshot
        if self._main.tracer.uses_max:
            raise error(errno.EBUSY)
        if self._cpu is not None and value == 0:
            raise error(errno.EINVAL)
        if value == 0:
            snapshot.deallocate()
        elif value == 1:
            snapshot.allocate()
            snapshot.take(of=self._cpu)
        else:
            snapshot.clear(self._cpu)
        return super().write(data, offset, task)

    def pauses(self) -> bool:
        return False

    def _count(self, count: int) -> None:
        pass  # the buffer can be of any size

    def header(self) -> str:
        if not self._tr.buffer.is_empty(self._cpu):
            return super().header()
        state = "allocated" if self._main.snapshot.allocated else "freed"
        return (
            f"# tracer: {self._main.tracer.name}\n#\n#\n# * Snapshot is {state} *\n#\n"
            f"# Snapshot commands:\n{_HELP if self._cpu is None else _CPU_HELP}{_ANY_NUMBER}"
        )


@PER_CPU.handle("snapshot_raw", since="3.9", mode=0o440)
class SnapshotRaw(TracePipeRaw):
    """Whole pages of this CPU's part of the snapshot, removed by reading"""

    def __init__(self, scope: CpuScope, flags: int, task: Task) -> None:
        if scope.tr.tracer.uses_max:
            raise error(errno.EBUSY)
        super().__init__(CpuScope(SnapshotView(scope.tr), scope.cpu), flags, task)

    def poll(self) -> int:
        return Handle.poll(self)  # no condition: always ready
