"""The address range for modules and trampolines: pages, text and data apart, addresses reused."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracefs.image.errors import ImageError
from tracefs.machine import layout, paging
from tracefs.machine.memory import Memory

PAGE_SIZE = layout.PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Part:
    """Pages with one protection: ``text`` is executable, ``writable`` for the guest too."""

    size: int
    text: bool = False
    writable: bool = False

    @property
    def pages(self) -> int:
        """Whole pages it takes."""
        return -(-self.size // PAGE_SIZE)


@dataclass(frozen=True, slots=True)
class _Block:
    size: int
    pages: tuple[tuple[int, int], ...]  # (direct-map address, count)


class ModuleArea:
    """First-fit allocator over [start, end), with an unmapped guard page after every block.

    Text is mapped writable for the host's sake: patching obeys the page tables.  ``flush`` drops
    all translations of code whenever code comes or goes here (the architecture sets it).
    """

    def __init__(self, memory: Memory, start: int, end: int) -> None:
        self._memory = memory
        self.start, self.end = start, end
        self._blocks: dict[int, _Block] = {}
        self.flush: Callable[[None], None] = lambda ranges: None

    def alloc(self, parts: Sequence[Part]) -> int:
        """Address of adjacent zeroed parts, each beginning at a page.

        Raises ImageError (ENOMEM) when the range or RAM is full.
        """
        total = sum(part.pages for part in parts) * PAGE_SIZE
        va = self._find(total + PAGE_SIZE)
        pages: list[tuple[int, int]] = []
        try:
            for part in parts:
                if part.pages:
                    pages.append((self._memory.alloc_pages(part.pages), part.pages))
        except OSError:
            for page, count in pages:
                self._memory.free_pages(page, count)
            raise ImageError(f"no memory for {total} bytes of module", errno.ENOMEM) from None
        at = va
        filled = iter(pages)
        for part in parts:
            if part.pages:
                page, count = next(filled)
                flags = 0 if part.text else paging.NX
                if part.text or part.writable:
                    flags |= paging.WRITE
                pa = self._memory.virt_to_phys(page)
                self._memory.map(at, pa, count * PAGE_SIZE, flags | paging.PRESENT)
                at += count * PAGE_SIZE
        self._blocks[va] = _Block(total, tuple(pages))
        self.flush(None)
        return va

    def free(self, va: int) -> None:
        """Give back the block that begins at ``va``; its addresses fault from now on."""
        block = self._blocks.pop(va)
        self.flush(None)
        self._memory.unmap(va, block.size)
        for page, count in block.pages:
            self._memory.free_pages(page, count)

    def size(self, va: int) -> int:
        """Mapped bytes of the block that begins at ``va``."""
        return self._blocks[va].size

    def _find(self, size: int) -> int:
        at = self.start
        for va in sorted(self._blocks):
            if va - at >= size:
                break
            at = va + self._blocks[va].size + PAGE_SIZE
        if at + size > self.end:
            raise ImageError(f"no room for {size} bytes of module", errno.ENOMEM)
        return at
