"""``trace``: the buffer as text, read without consuming it."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from tracefs.control.handle import Handle, Task, error
from tracefs.control.tables import INSTANCE, PER_CPU, CpuScope, part
from tracefs.ring import Iterator as RingIterator
from tracefs.trace.array import TraceArray
from tracefs.trace.options import PAUSE_ON_TRACE
from tracefs.trace.view import SnapshotView


@PER_CPU.handle("trace")
@INSTANCE.handle("trace")
class Trace(Handle[TraceArray | CpuScope]):
    """What the buffer holds, as text; opening it with > (O_TRUNC) empties the buffer

    Reading does not consume: echo > trace clears it.
    """

    # Sequential reads go on where the last one ended. Unlike the kernel's 4095 bytes, a read
    # returns as much as is asked for, less only when it reached the end, and the next one then
    # tells the end: a large buffer takes few system calls, and a reader that traces itself (each
    # read adds lines) comes to an end. Reads after that show what was written since.

    def __init__(self, scope: TraceArray | CpuScope, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        self._main, cpu = part(scope)
        self._tr = self._shown()
        self._cpus = None if cpu is None else [cpu]
        self._pieces: Iterator[bytes] = iter(())
        self._piece = b""
        self._used = 0
        self._position = -1
        # Writes move the host's file position, but not the kernel's: where the host's is now, and
        # the kernel's for it.
        self._host, self._kernel = 0, 0
        if self.truncating:
            self._tr.clear(cpu)
        self._paused = self.reading and self.pauses()
        if self._paused:
            self._main.pause()
        if self.reading:
            self._count(1)

    def read(self, size: int, offset: int) -> bytes:
        if not self.reading:
            raise error(errno.EBADF)
        at = self._kernel if offset == self._host else offset
        out = self._text(size, at)
        self._host, self._kernel = offset + len(out), at + len(out)
        return out

    def _text(self, size: int, at: int) -> bytes:
        if at == 0 or at != self._position:
            self._pieces, self._piece, self._used = self._pass(), b"", 0
            skip = at
            while skip:
                skipped = len(self._take(skip))
                if not skipped:
                    return b""
                skip -= skipped
        out = self._take(size)
        while len(out) < size:
            more = self._take(size - len(out))
            if not more:
                break
            out += more
        if not out:
            self._pieces = self._printer.text(self._iterator)
        self._position = at + len(out)
        return out

    def write(self, data: bytes, offset: int, task: Task) -> int:
        if offset != self._host:
            self._kernel = offset
        self._host = offset + len(data)
        return len(data)

    def release(self) -> None:
        if self._paused:
            self._main.resume()
        if self.reading:
            self._count(-1)

    def _count(self, count: int) -> None:
        for cpu in range(self._main.backend.cpus) if self._cpus is None else self._cpus:
            self._main.readers[cpu] += count

    def pauses(self) -> bool:
        """True if nothing is recorded while this file is open."""
        return self._main.has(PAUSE_ON_TRACE)

    def _shown(self) -> TraceArray:
        return SnapshotView(self._main) if self._main.tracer.uses_max else self._main

    def header(self) -> str:
        """What stands above the first entry."""
        return self._tr.tracer.header(self._tr)

    def _take(self, size: int) -> bytes:
        if self._used >= len(self._piece):
            self._piece, self._used = next(self._pieces, b""), 0
        out = self._piece[self._used : self._used + size]
        self._used += len(out)
        return out

    def _pass(self) -> Iterator[bytes]:
        tr = self._tr
        self._iterator = RingIterator(tr.buffer, self._cpus)
        if tr.since:
            self._iterator.skip_before(tr.since)
        annotate = tr.buffer.overruns() > 0
        self._printer = tr.tracer.printer(tr, self._iterator, annotate)
        yield self.header().encode("latin-1")
        yield from self._printer.text(self._iterator)
