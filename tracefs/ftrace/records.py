"""All call sites of the kernel and its modules: struct dyn_ftrace, in pages, as 6.1 keeps them.

The records live in numpy arrays, so that forty thousand are one operation.  Their order is the
kernel's: page after page, the kernel's first, each module's sorted by address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAGE_SIZE = 4096


class RecFlag(IntFlag):
    """FTRACE_FL_*: the bits above the reference count in a record's flags."""

    ENABLED = 1 << 31
    REGS = 1 << 30
    REGS_EN = 1 << 29
    TRAMP = 1 << 28
    TRAMP_EN = 1 << 27
    IPMODIFY = 1 << 26
    DISABLED = 1 << 25
    DIRECT = 1 << 24
    DIRECT_EN = 1 << 23


COUNT_MASK = (1 << 23) - 1


@dataclass
class Page:
    """A struct ftrace_page: ``index`` records of one owner in 2**order memory pages."""

    order: int
    index: int
    module: str | None


class Record:
    """One site, as an architecture and a report see it; only ``arch`` outlives the object (S1)."""

    __slots__ = ("_arch", "flags", "ip")

    def __init__(self, ip: int, flags: int, arch: dict[int, Any]) -> None:
        self.ip, self.flags, self._arch = ip, flags, arch

    @property
    def count(self) -> int:
        """How many ops trace it."""
        return self.flags & COUNT_MASK

    @property
    def arch(self) -> Any:
        """What the architecture keeps with the site, None at first."""
        return self._arch.get(self.ip)

    @arch.setter
    def arch(self, value: Any) -> None:
        self._arch[self.ip] = value


class View:
    """Some of the records, in order (what Arch calls Sites)."""

    def __init__(self, records: Records, index: NDArray[np.int64]) -> None:
        self._records = records
        self._index = index

    @property
    def ips(self) -> NDArray[np.uint64]:
        """Their addresses."""
        return self._records.ips[self._index]

    def __iter__(self) -> Iterator[Record]:
        return (self._records.record(i) for i in self._index.tolist())


class Records:
    """The table of sites: ``ips``, ``flags`` and ``targets`` (what a site calls now, 0: the nop).

    ``generation`` grows whenever records come or go; indices are good within one generation.
    ``entry_size`` is what a struct dyn_ftrace takes in bytes: it decides how many pages there are.
    """

    def __init__(self, entry_size: int = 16) -> None:
        self._entry_size = entry_size
        self.ips: NDArray[np.uint64] = np.empty(0, np.uint64)
        self.flags: NDArray[np.uint32] = np.empty(0, np.uint32)
        self.targets: NDArray[np.uint64] = np.empty(0, np.uint64)
        self.pages: list[Page] = []
        self.number_of_pages = 0
        self.number_of_groups = 0
        self.generation = 0
        self._arch: dict[int, Any] = {}
        self._order: NDArray[np.int64] = np.empty(0, np.int64)
        self._sorted: NDArray[np.uint64] = self.ips

    def __len__(self) -> int:
        return len(self.ips)

    def entries_per_page(self) -> int:
        """ENTRIES_PER_PAGE."""
        return PAGE_SIZE // self._entry_size

    def record(self, index: int) -> Record:
        """One record; its ``arch`` is kept, its flags are a copy."""
        return Record(int(self.ips[index]), int(self.flags[index]), self._arch)

    def view(self, index: NDArray[np.int64]) -> View:
        """The records at these indices."""
        return View(self, index)

    def add(self, module: str | None, ips: NDArray[np.uint64], flags: int = 0) -> slice:
        """Append the sites of a module (None: the kernel), sorted; where they are now."""
        new = np.sort(ips[ips != 0])
        start = len(self.ips)
        if len(ips):
            self._allocate(module, len(ips), len(new))
        self.ips = np.concatenate((self.ips, new))
        self.flags = np.concatenate((self.flags, np.full(len(new), flags, np.uint32)))
        self.targets = np.concatenate((self.targets, np.zeros(len(new), np.uint64)))
        self._changed()
        return slice(start, len(self.ips))

    def drop(self, gone: NDArray[np.bool_]) -> NDArray[np.uint64]:
        """Remove records, and pages that become empty; returns their addresses."""
        ips = self.ips[gone]
        if not len(ips):
            return ips
        pages = []
        start = 0
        for page in self.pages:
            end = start + page.index
            page.index -= int(np.count_nonzero(gone[start:end]))
            start = end
            if page.index:
                pages.append(page)
            else:
                self.number_of_pages -= 1 << page.order
                self.number_of_groups -= 1
        self.pages = pages
        for ip in ips.tolist():
            self._arch.pop(ip, None)
        kept = ~gone
        self.ips, self.flags = self.ips[kept], self.flags[kept]
        self.targets = self.targets[kept]
        self._changed()
        return ips

    def of_module(self, module: str) -> NDArray[np.bool_]:
        """Which records are a module's."""
        owner = [page.module == module for page in self.pages]
        return np.repeat(np.array(owner, np.bool_), [page.index for page in self.pages])

    def membership(self, ips: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which records have one of these addresses."""
        mask = np.zeros(len(self.ips), np.bool_)
        mask[self.find(ips)] = True
        return mask

    def find(self, ips: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Indices of the records at these addresses; addresses without a record are left out."""
        if not len(ips) or not len(self.ips):
            return np.empty(0, np.int64)
        at = np.minimum(np.searchsorted(self._sorted, ips), len(self.ips) - 1)
        found: NDArray[np.int64] = self._order[at[self._sorted[at] == ips]]
        return found

    def location(self, start: int, end: int) -> int:
        """The first site in [start, end], or 0."""
        at = int(np.searchsorted(self._sorted, np.uint64(start)))
        if at < len(self._sorted) and int(self._sorted[at]) <= end:
            return int(self._sorted[at])
        return 0

    def counts(self) -> NDArray[np.uint32]:
        """How many ops trace each."""
        return self.flags & np.uint32(COUNT_MASK)

    def where(self, flag: RecFlag) -> NDArray[np.bool_]:
        """Which records have a flag."""
        mask: NDArray[np.bool_] = (self.flags & np.uint32(flag)) != 0
        return mask

    def _allocate(self, module: str | None, wanted: int, used: int) -> None:
        """Pages as ftrace_allocate_pages gets them: the largest power of two that is filled."""
        per_page = self.entries_per_page()
        while wanted > 0:
            order = (-(-wanted // per_page)).bit_length() - 1
            count = min((PAGE_SIZE << order) // self._entry_size, wanted)
            wanted -= count
            # Entries that were no sites leave the last pages unused: those go back.
            if used > 0:
                self.pages.append(Page(order, min(count, used), module))
                self.number_of_pages += 1 << order
                self.number_of_groups += 1
            used -= count

    def _changed(self) -> None:
        self._order = np.argsort(self.ips, kind="stable")
        self._sorted = self.ips[self._order]
        self.generation += 1
