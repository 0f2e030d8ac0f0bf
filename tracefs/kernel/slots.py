"""Small pieces of guest memory that the host owns, many to a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.machine import Memory

PAGE_SIZE = 4096


class SlotPool:
    """Pieces of one size. Pages are kept for the next ones."""

    def __init__(self, memory: Memory, size: int) -> None:
        self._memory = memory
        self._size = size + 15 & ~15
        self._free: list[int] = []

    def alloc(self) -> int:
        """The address of a piece, all zero (ENOMEM)."""
        if not self._free:
            page = self._memory.alloc_pages(1)
            last = page + PAGE_SIZE - self._size
            self._free = list(range(page, last + 1, self._size))[::-1]
        address = self._free.pop()
        self._memory.write(address, bytes(self._size))
        return address

    def free(self, address: int) -> None:
        """Take a piece back."""
        self._free.append(address)
