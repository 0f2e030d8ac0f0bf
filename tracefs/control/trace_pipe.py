"""``trace_pipe`` and ``trace_pipe_raw``: the buffer, consumed as it is read."""

from __future__ import annotations

import errno

from tracefs.control.handle import (
    PAGE_SIZE,
    POLLIN,
    POLLRDNORM,
    Handle,
    Task,
    error,
)
from tracefs.control.tables import INSTANCE, PER_CPU, CpuScope, part
from tracefs.ring import Consumer, FunctionBatch
from tracefs.ring.reader import CpuReader
from tracefs.trace.array import TraceArray
from tracefs.trace.options import BLOCK, LATENCY_FORMAT

WOULD_BLOCK = BlockingIOError(errno.EAGAIN, "nothing to read yet")


def poll(scope: CpuScope) -> int:
    """The mask of poll(2): buffer_percent says how full the CPU's buffer must be."""
    tr, cpu = scope
    percent = tr.buffer_percent
    enough = tr.buffer.fills(cpu, percent) if percent else not tr.buffer.is_empty(cpu)
    return POLLIN | POLLRDNORM if enough or tr.has(BLOCK) else 0


@PER_CPU.handle("trace_pipe", mode=0o440)
@INSTANCE.handle("trace_pipe", mode=0o440)
class TracePipe(Handle[TraceArray | CpuScope]):
    """What the buffer holds, as text, removed by reading; waits for more

    One reader at a time for each CPU. Once something was read, turning tracing off ends the file.
    """

    seekable = False
    holds_tracer = True
    """While it is open the tracer cannot be changed."""

    def __init__(self, scope: TraceArray | CpuScope, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        self._tr, cpu = part(scope)
        self._cpus = set(range(self._tr.backend.cpus)) if cpu is None else {cpu}
        if self._cpus & self._tr.pipe_cpus:
            raise error(errno.EBUSY)
        self._tr.pipe_cpus |= self._cpus
        self._tr.pipes += self.holds_tracer
        self._consumer = Consumer(self._tr.buffer, sorted(self._cpus))
        self._printer = self._tr.tracer.printer(self._tr, self._consumer)
        self._left = b""
        self._held = b""  # a line that found no room, and whose entry is gone
        self._was_read = False
        # The run of entries that is being read, the flags it was printed with, and its lines.
        self._batch: FunctionBatch | None = None
        self._flags = 0
        self._lines_of_batch: list[bytes] = []

    def read(self, size: int, offset: int) -> bytes:
        if not self._left:
            if self._empty():
                if self._ended() and not self.nonblock:
                    return b""
                raise WOULD_BLOCK
            self._left = self._lines(min(size, PAGE_SIZE - 1))
            self._was_read = True
        out, self._left = self._left[:size], self._left[size:]
        return out

    def release(self) -> None:
        self._tr.pipe_cpus -= self._cpus
        self._tr.pipes -= self.holds_tracer

    def poll(self) -> int:
        if isinstance(self.scope, CpuScope):
            return poll(self.scope)
        return POLLIN | POLLRDNORM if self._tr.has(BLOCK) or not self._empty() else 0

    def ready(self) -> bool:
        return bool(self._left) or not self._empty() or self._ended()

    def _empty(self) -> bool:
        return not self._held and self._consumer.is_empty()

    def _ended(self) -> bool:
        return self._was_read and not self._tr.on

    def _lines(self, wanted: int) -> bytes:
        # Whole lines until there are as many bytes as wanted, from a page of text at the most.
        if self._printer.looks_ahead:
            return self._outline(wanted)
        lines: list[bytes] = []
        length = 0
        while length < wanted:
            run = self._run()
            count, length = _that_fit(run, length, wanted)
            if count:
                self._consumer.skip(count)
                lines += run[:count]
            if count < len(run) and lines:
                break
            if count:
                continue
            event = self._consumer.peek()
            if event is None:
                break
            if not lines:
                self._printer.forget()
            line = self._printer.line(event)
            if length + len(line) > PAGE_SIZE:
                if lines:
                    break
                line = b"[LINE TOO BIG]\n"
            self._consumer.consume()
            if self._tr.has(LATENCY_FORMAT):
                after = self._consumer.peek()
                if after is not None:
                    line = self._printer.line(event, after.ts)
            lines.append(line)
            length += len(line)
        return b"".join(lines)

    def _outline(self, wanted: int) -> bytes:
        # The entry goes before its line is made, since the line depends on what follows.
        self._printer.forget()
        lines = [self._held]
        length = len(self._held)
        self._held = b""
        while length < wanted:
            event = self._consumer.consume()
            if event is None:
                break
            line = self._printer.line(event)
            if length and length + len(line) > PAGE_SIZE:
                self._held = line
                break
            lines.append(line)
            length += len(line)
        return b"".join(lines)

    def _run(self) -> list[bytes]:
        # Function entries, which come in thousands: their text is made for a page at a time.
        run = None if self._tr.has(LATENCY_FORMAT) else self._consumer.run()
        if run is None:
            return []
        batch, start, end = run
        if self._batch is not batch or self._flags != self._tr.flags:
            self._batch, self._flags = batch, self._tr.flags
            self._printer.forget()
            self._lines_of_batch = self._printer.lines(batch)
        return self._lines_of_batch[start:end]


def _that_fit(lines: list[bytes], length: int, wanted: int) -> tuple[int, int]:
    """How many more lines a piece of that length takes, and its length then."""
    for count, line in enumerate(lines):
        if length >= wanted or length + len(line) > PAGE_SIZE:
            return count, length
        length += len(line)
    return len(lines), length


@PER_CPU.handle("trace_pipe_raw", mode=0o440)
class TracePipeRaw(Handle[CpuScope]):
    """Whole pages of this CPU's buffer as they are in memory, removed by reading"""

    seekable = False

    def __init__(self, scope: CpuScope, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        self._left = b""
        self._reader = CpuReader(scope.tr.buffer, scope.cpu)
        scope.tr.pipes += 1

    def read(self, size: int, offset: int) -> bytes:
        if not self._left:
            # The kernel counts the page's header among the bytes asked for.
            page = self._reader.read_page(size - self.scope.tr.buffer.layout.header_size)
            if page is None:
                if self._empty():
                    raise WOULD_BLOCK
                return b""
            self._left = page
        out, self._left = self._left[:size], self._left[size:]
        return out

    def release(self) -> None:
        self.scope.tr.pipes -= 1

    def poll(self) -> int:
        return poll(self.scope)

    def ready(self) -> bool:
        return bool(self._left) or not self._empty()

    def _empty(self) -> bool:
        return self.scope.tr.buffer.is_empty(self.scope.cpu)
