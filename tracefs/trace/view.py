"""A trace array as its snapshot: what prints an array prints that as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.ring import Iterator
from tracefs.trace.array import TraceArray
from tracefs.trace.backend import MaxTrace

if TYPE_CHECKING:
    from tracefs.ring import TraceBuffer


class SnapshotView(TraceArray):
    """The array itself, but with its snapshot's buffer and what a latency tracer knows of it."""

    def __init__(self, tr: TraceArray) -> None:
        self.__dict__ = tr.__dict__

    @property
    def buffer(self) -> TraceBuffer:
        """The snapshot's buffer."""
        return self.snapshot.buffer

    @property
    def data(self) -> MaxTrace:
        """The longest latency, or what the array says of itself."""
        return self.max if self.tracer.uses_max else super().data

    @property
    def since(self) -> int:
        """The part of each CPU that another maximum has left there is older."""
        return self.max.time_start if self.tracer.uses_max else 0

    def counts(self) -> tuple[int, int]:
        """Without what is left over, of which 6.1 also forgets how much was overwritten."""
        entries, total = super().counts()
        skipped = Iterator(self.buffer).skip_before(self.since) if self.since else 0
        return (entries - skipped, entries - skipped) if skipped else (entries, total)

    def clear(self, cpu: int | None = None) -> None:
        """Empty the snapshot, of one CPU or of all."""
        self.snapshot.clear(cpu)
