"""The snapshot of a trace array: a second buffer that can take the first one's contents at once."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.ring import TraceBuffer
    from tracefs.trace.array import TraceArray


class Snapshot:
    """Raises OSError with the kernel's errno: ENOMEM, EBUSY while a CPU stands inside a write."""

    def __init__(self, tr: TraceArray) -> None:
        self._tr = tr
        self._buffer: TraceBuffer | None = None
        self.allocated = False
        """True while it is as large as the array's buffer."""

    @property
    def buffer(self) -> TraceBuffer:
        """Its buffer; as small as can be while it is not allocated."""
        if self._buffer is None:
            self._buffer = self._tr.buffer.twin(small=True)
        return self._buffer

    def allocate(self) -> None:
        """Make it as large as the array's buffer, if it is not allocated."""
        if not self.allocated:
            self._match()
            self.allocated = True

    def _match(self) -> None:
        try:
            self.buffer.match(self._tr.buffer)
        except OSError:
            self._buffer, self.allocated = None, False
            raise

    def deallocate(self) -> None:
        """Forget what it holds, and give the memory back."""
        if self.allocated:
            self.buffer.reset()
            self.buffer.resize(1)
            self.allocated = False

    def take(self, cpu: int | None = None, of: int | None = None) -> None:
        """Exchange its contents, of one CPU or all, with the array's buffer; it must be allocated.

        One CPU's part is exchanged only while it is recorded to, as by ring_buffer_swap_cpu.
        The name of the task that does it, on this CPU or in the system call in progress, is saved.
        """
        self._match()
        self._tr.backend.save_cmdline(cpu)
        if of is None or self._tr.buffer.is_recording(of):
            self._tr.buffer.swap(self.buffer, of)

    def take_max(self, cpu: int | None) -> None:
        """Exchange the contents of one CPU, or all, for a latency tracer (EBUSY)."""
        self._match()
        self._tr.buffer.swap(self.buffer, cpu)

    def trigger(self, cpu: int) -> None:
        """What a function command does: take one, or turn tracing off if it is not allocated."""
        if self._tr.tracer.uses_max:
            return
        if not self.allocated:
            self._tr.arrays.top.buffer.recording = False
            return
        with contextlib.suppress(OSError):
            self.take(cpu)

    def clear(self, cpu: int | None = None) -> None:
        """Forget what it holds, of one CPU or of all."""
        if self.allocated:
            self.buffer.reset(cpu)

    def free(self) -> None:
        """Release it for good."""
        if self._buffer is not None:
            self._buffer.free()
            self._buffer, self.allocated = None, False
