"""The guest's slots for call sites found at run time (Recorder of tracefs.ftrace.ftraced)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracefs.image import Abi
    from tracefs.machine import Memory

NR_TO_INIT = 10_000
"""Slots that there are at boot, at least."""


class GuestRecorder:
    """Pages of struct dyn_ftrace that the guest fills in order. The machine stands still here."""

    def __init__(self, memory: Memory, abi: Abi, symbol: Callable[[str], int]) -> None:
        self._memory = memory
        self._symbol = symbol
        self._next = abi.offset("ftrace_page", "next")
        self._index = abi.offset("ftrace_page", "index")
        self._records = abi.offset("ftrace_page", "records")
        self._size = abi.size("dyn_ftrace")
        self._ip = abi.offset("dyn_ftrace", "ip")
        self._per_page = abi.const("ENTRIES_PER_PAGE")
        self._pages: list[int] = []
        self._taken = 0

    @property
    def recording(self) -> bool:
        """Sites are noted."""
        return bool(self._memory.u32(self._symbol("ftrace_recording")))

    @recording.setter
    def recording(self, on: bool) -> None:
        self._memory.put_u32(self._symbol("ftrace_recording"), on)

    def start(self) -> None:
        """Make the slots that there are at boot, and want the daemon."""
        for _ in range(NR_TO_INIT // self._per_page + 1):
            self._add_page()
        for name in ("ftrace_pages_start", "ftrace_pages"):
            self._memory.put_word(self._symbol(name), self._pages[0])
        self._memory.put_u32(self._symbol("ftraced_wanted"), 1)

    def take(self) -> NDArray[np.uint64]:
        """Addresses of the sites noted since the last time, oldest first."""
        import numpy as np

        memory, found = self._memory, []
        memory.put_u32(self._symbol("ftraced_trigger"), 0)
        for number in range(self._taken // self._per_page, len(self._pages)):
            page = self._pages[number]
            first = max(0, self._taken - number * self._per_page)
            found += [
                memory.word(page + self._records + i * self._size + self._ip)
                for i in range(first, memory.u32(page + self._index))
            ]
            if memory.u32(page + self._index) < self._per_page:
                break
        self._taken += len(found)
        return np.array([ip for ip in found if ip], np.uint64)

    def grow(self) -> None:
        """Add a page of slots if the last one is in use."""
        if self._memory.word(self._symbol("ftrace_pages")) == self._pages[-1]:
            self._add_page()

    def forget(self, start: int, end: int) -> None:
        """Code in [start, end) is gone: its slots match nothing any more."""
        memory = self._memory
        for page in self._pages:
            for i in range(memory.u32(page + self._index)):
                at = page + self._records + i * self._size + self._ip
                if start <= memory.word(at) < end:
                    memory.put_word(at, 0)

    def _add_page(self) -> None:
        page = self._memory.alloc_pages(1)
        if self._pages:
            self._memory.put_word(self._pages[-1] + self._next, page)
        self._pages.append(page)
