"""The guest's clocks: the host's time stamp counter, or time that moves with instructions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

_SHIFT = 32
_CALIBRATION_NS = 10_000_000


class TscScale(NamedTuple):
    """ns = ((tsc - base) * mult) >> shift."""

    mult: int
    shift: int
    base: int


class LiveClock:
    """CLOCK_MONOTONIC on the host; the guest reads the time stamp counter and scales it."""

    def __init__(self, read_tsc: Callable[[], int]) -> None:
        self._read_tsc = read_tsc
        self._scale: TscScale | None = None
        self._first = self._sample()

    def _sample(self) -> tuple[int, int]:
        # The reading with the shortest way there and back is the best of a few.
        best = (1 << 62, 0, 0)
        for _ in range(5):
            before = time.monotonic_ns()
            tsc = self._read_tsc()
            after = time.monotonic_ns()
            best = min(best, (after - before, (before + after) // 2, tsc))
        return best[1], best[2]

    @property
    def scale(self) -> TscScale:
        """For boot_params: time 0 is when the machine was made, and 10 ms of it must be over."""
        if self._scale is None:
            ns0, tsc0 = self._first
            missing = _CALIBRATION_NS - (time.monotonic_ns() - ns0)
            if missing > 0:
                time.sleep(missing / 1e9)
            ns1, tsc1 = self._sample()
            self._scale = TscScale(((ns1 - ns0) << _SHIFT) // max(tsc1 - tsc0, 1), _SHIFT, tsc0)
        return self._scale

    def now(self) -> int:
        """ns since the machine was made, as the guest's sched_clock says."""
        return time.monotonic_ns() - self._first[0]


class VirtualClock:
    """Nanoseconds that only move when told."""

    scale = TscScale(1 << _SHIFT, _SHIFT, 0)

    def __init__(self) -> None:
        self._ns = 0

    def now(self) -> int:
        """The time."""
        return self._ns

    def read(self) -> int:
        """The time for a guest that asks; it moves at each reading, as the guest's own does."""
        self._ns += 1
        return self._ns

    def set(self, ns: int) -> None:
        """Move time forward to ns; it never goes back."""
        self._ns = max(self._ns, ns)
