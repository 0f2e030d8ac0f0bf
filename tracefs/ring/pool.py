"""Pages of ring buffers and their descriptors (struct buffer_page)."""

from __future__ import annotations

from collections.abc import Iterable

from tracefs.machine.memory import Memory
from tracefs.ring.page import PAGE_SIZE

# Pages are taken in runs while RAM has them, which is quicker; then in smaller ones.
_RUNS = (256, 16, 1)


class PagePool:
    """Hands out (descriptor, data page) pairs; descriptors lie many to a page."""

    def __init__(self, memory: Memory, descriptor_size: int) -> None:
        self._memory = memory
        self._size = descriptor_size + 31 & ~31
        self._free: dict[
            int, list[int]
        ] = {}  # descriptor page: its free descriptors; full ones are absent
        self._per_page = PAGE_SIZE // self._size

    def alloc(self, n: int) -> list[tuple[int, int]]:
        """n pairs of addresses; the data is zero. Raises OSError(ENOMEM): nothing was taken."""
        pages: list[int] = []
        try:
            while len(pages) < n:
                pages += self._data_pages(n - len(pages))
            descriptors = self._descriptors(n)
        except OSError:
            self._free_data(pages)
            raise
        return list(zip(descriptors, pages, strict=True))

    def free(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Take pairs back."""
        pairs = list(pairs)
        self._free_data([page for _, page in pairs])
        for descriptor, _ in pairs:
            self._give_back(descriptor)

    def _free_data(self, pages: list[int]) -> None:
        # In runs, as far as they are neighbours.
        start = end = 0
        for page in sorted(pages):
            if page != end:
                if end:
                    self._memory.free_pages(start, (end - start) // PAGE_SIZE)
                start = page
            end = page + PAGE_SIZE
        if end:
            self._memory.free_pages(start, (end - start) // PAGE_SIZE)

    def _data_pages(self, n: int) -> list[int]:
        for run in _RUNS:
            if run > 1:
                run = min(run, n)
            try:
                start = self._memory.alloc_pages(run)
            except OSError:
                if run == 1:
                    raise
                continue
            return [start + i * PAGE_SIZE for i in range(run)]
        raise AssertionError

    def _descriptors(self, n: int) -> list[int]:
        out: list[int] = []
        try:
            while len(out) < n:
                if not self._free:
                    page = self._memory.alloc_pages(1)
                    self._free[page] = [page + i * self._size for i in range(self._per_page)]
                page, free = self._free.popitem()
                want = n - len(out)
                out += free[:want]
                if len(free) > want:
                    self._free[page] = free[want:]
        except OSError:
            for descriptor in out:
                self._give_back(descriptor)
            raise
        return out

    def _give_back(self, descriptor: int) -> None:
        page = descriptor & -PAGE_SIZE
        free = self._free.setdefault(page, [])
        free.append(descriptor)
        if len(free) == self._per_page:
            del self._free[page]
            self._memory.free_pages(page, 1)
