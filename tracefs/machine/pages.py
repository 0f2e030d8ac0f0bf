"""Page frames that belong to the host: ring buffers, module and trampoline text, page tables of the guest."""

from __future__ import annotations

import errno
import os
from bisect import bisect_left
from collections.abc import Callable

from tracefs.machine.layout import PAGE_SIZE


class PageAllocator:
    """First fit over [start, end) in runs of pages; neighbours merge when freed.

    `clear(pa, n)` zeroes n bytes; frames above the high-water mark have never been touched and are zero.
    """

    def __init__(self, start: int, end: int, clear: Callable[[int, int], None]) -> None:
        self._starts: list[int] = []  # free runs below the mark, sorted
        self._lengths: dict[int, int] = {}
        self._mark = start
        self._start = start
        self._end = end
        self._clear = clear

    @property
    def free(self) -> int:
        """Bytes that are not allocated."""
        return self._end - self._mark + sum(self._lengths.values())

    def alloc(self, pages: int, *, zero: bool = True) -> int:
        """Physical address of a contiguous run.  Raises OSError(ENOMEM)."""
        if pages <= 0:
            raise ValueError("a run has at least one page")
        size = pages * PAGE_SIZE
        for i, pa in enumerate(self._starts):
            length = self._lengths[pa]
            if length >= size:
                del self._lengths[pa]
                if length == size:
                    del self._starts[i]
                else:
                    self._starts[i] = pa + size
                    self._lengths[pa + size] = length - size
                if zero:
                    self._clear(pa, size)
                return pa
        pa = self._mark
        if pa + size > self._end:
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        self._mark += size
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
            or not self._start <= pa <= self._mark - size
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
