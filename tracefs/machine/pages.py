"""Page frames that belong to the host: ring buffers, text of modules, page tables."""

from __future__ import annotations

import errno
import os
from bisect import bisect_left
from collections.abc import Callable

from tracefs.machine.layout import PAGE_SIZE


class PageAllocator:
    """First fit over [start, end) in runs of pages; neighbours merge when freed.

    `clear(pa, n)` zeroes n bytes; it is asked only for frames that were given out before.
    """

    def __init__(self, start: int, end: int, clear: Callable[[int, int], None]) -> None:
        self._starts = [start]  # free runs, sorted
        self._lengths = {start: end - start}
        self._touched = start  # what lies above was never given out
        self._start = start
        self._end = end
        self._clear = clear

    @property
    def free(self) -> int:
        """Bytes that are not allocated."""
        return sum(self._lengths.values())

    def alloc(self, pages: int, *, zero: bool = True) -> int:
        """Physical address of a contiguous run.  Raises OSError(ENOMEM)."""
        if pages <= 0:
            raise ValueError("a run has at least one page")
        size = pages * PAGE_SIZE
        i = next((i for i, pa in enumerate(self._starts) if self._lengths[pa] >= size), None)
        if i is None:
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        pa = self._starts[i]
        length = self._lengths[pa]
        del self._lengths[pa]
        if length == size:
            del self._starts[i]
        else:
            self._starts[i] = pa + size
            self._lengths[pa + size] = length - size
        if zero and pa < self._touched:
            self._clear(pa, min(pa + size, self._touched) - pa)
        self._touched = max(self._touched, pa + size)
        return pa

    def release(self, pa: int, pages: int) -> None:
        """Give a run, or a part of one, back.  Raises ValueError when it is not allocated."""
        size = pages * PAGE_SIZE
        i = bisect_left(self._starts, pa)
        before = self._starts[i - 1] if i else None
        after = self._starts[i] if i < len(self._starts) else None
        if (
            pages <= 0
            or pa % PAGE_SIZE
            or not self._start <= pa <= self._end - size
            or (before is not None and before + self._lengths[before] > pa)
            or (after is not None and pa + size > after)
        ):
            raise ValueError(f"free of {pages} pages at {pa:#x}, which are not allocated")
        if after == pa + size:
            size += self._lengths.pop(after)
            del self._starts[i]
        if before is not None and before + self._lengths[before] == pa:
            self._lengths[before] += size
        else:
            self._starts.insert(i, pa)
            self._lengths[pa] = size
