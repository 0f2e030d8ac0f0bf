"""x86 page tables, built inside guest RAM.

Every format here is a radix tree of 64-bit entries (4-level long mode, PAE); a subclass is the list
of its levels. 2 MB pages are used where address, frame and length allow, and are split when a part
of one changes.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable

from tracefs.machine.errors import PageFault
from tracefs.machine.layout import LARGE_SIZE, PAGE_SIZE

PRESENT = 1
WRITE = 2
LARGE = 0x80
NX = 1 << 63

RX = PRESENT
RWX = PRESENT | WRITE
RO = PRESENT | NX
RW = PRESENT | WRITE | NX

_FRAME = 0x000F_FFFF_FFFF_F000
_LARGE_SHIFT = 21


class Paging(ABC):
    """Page tables of one format.

    `words` is RAM as 64-bit entries, `new_table` gives the physical address of a zeroed page.
    """

    shifts: tuple[int, ...]  # from the root to the leaf
    root_flags: int = PRESENT | WRITE  # entries of the root table

    def __init__(self, words: memoryview, new_table: Callable[[], int]) -> None:
        self._words = words
        self._new_table = new_table
        self.root = new_table()

    def _index(self, table: int, va: int, shift: int) -> int:
        return (table >> 3) + (va >> shift & 511)

    def _descend(self, va: int, last: int) -> int:
        # Index of the entry for va at level `last`; tables above it are made if missing.
        words = self._words
        table = self.root
        for shift in self.shifts:
            i = self._index(table, va, shift)
            if shift == last:
                return i
            entry = words[i]
            if not entry & PRESENT:
                flags = self.root_flags if shift == self.shifts[0] else PRESENT | WRITE
                entry = words[i] = self._new_table() | flags
            elif entry & LARGE:
                entry = words[i] = self._split(entry)
            table = entry & _FRAME
        raise AssertionError("no such level")

    def _split(self, entry: int) -> int:
        table = self._new_table()
        base = entry & ~LARGE
        for i in range(512):
            self._words[(table >> 3) + i] = base + i * PAGE_SIZE
        return table | PRESENT | WRITE

    def map(self, va: int, pa: int, n: int, flags: int) -> None:
        """Map n bytes at va to physical pa; flags are PRESENT, WRITE, NX, or 0 to unmap."""
        end = va + n
        while va < end:
            if flags and not (va | pa) & (LARGE_SIZE - 1) and end - va >= LARGE_SIZE:
                i = self._descend(va, _LARGE_SHIFT)
                if (
                    self._words[i] & (PRESENT | LARGE) != PRESENT
                ):  # a page table that is already there stays
                    self._words[i] = pa | flags | LARGE
                    va += LARGE_SIZE
                    pa += LARGE_SIZE
                    continue
            self._words[self._descend(va, self.shifts[-1])] = pa | flags if flags else 0
            va += PAGE_SIZE
            pa += PAGE_SIZE

    def entry(self, va: int) -> tuple[int, int]:
        """Physical address of va, and PRESENT, WRITE, NX of its page.  Raises PageFault."""
        table = self.root
        for shift in self.shifts:
            entry = self._words[self._index(table, va, shift)]
            if not entry & PRESENT:
                break
            if shift == self.shifts[-1] or (shift == _LARGE_SHIFT and entry & LARGE):
                mask = (1 << shift) - 1
                return (entry & _FRAME & ~mask) | va & mask, entry & (PRESENT | WRITE | NX)
            table = entry & _FRAME
        raise PageFault(va)


class LongMode(Paging):
    """Four levels of 512 entries, 48-bit addresses."""

    shifts = (39, 30, 21, 12)


class Pae(Paging):
    """Three levels, 32-bit addresses; the four root entries may carry no flag but PRESENT."""

    shifts = (30, 21, 12)
    root_flags = PRESENT

    def _index(self, table: int, va: int, shift: int) -> int:
        return (table >> 3) + (va >> shift & (3 if shift == 30 else 511))
