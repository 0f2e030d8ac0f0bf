"""Sets of call sites: what an ops filters on.  Values never change; an edit makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracefs.ftrace.records import Records


class Hash:
    """A set of site addresses (struct ftrace_hash).

    ``pending`` is FTRACE_HASH_FL_MOD: filters for modules yet to come make it non-empty, so that an
    ops which waits for a module does not trace everything meanwhile.
    """

    __slots__ = ("_mask", "_seen", "ips", "pending")

    def __init__(self, ips: NDArray[np.uint64] | None = None, pending: bool = False) -> None:
        self.ips: NDArray[np.uint64] = np.empty(0, np.uint64) if ips is None else ips
        self.pending = pending
        self._seen: tuple[int, int] | None = None
        self._mask: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.ips)

    def __contains__(self, ip: int) -> bool:
        at = int(np.searchsorted(self.ips, np.uint64(ip)))
        return at < len(self.ips) and int(self.ips[at]) == ip

    @property
    def empty(self) -> bool:
        """True if it chooses nothing and waits for nothing (ftrace_hash_empty)."""
        return not len(self.ips) and not self.pending

    def add(self, ips: NDArray[np.uint64]) -> Hash:
        """With these sites too."""
        new, at, known = self._find(ips)
        return Hash(np.insert(self.ips, at[~known], new[~known]), self.pending)

    def remove(self, ips: NDArray[np.uint64]) -> Hash:
        """Without these sites."""
        _, at, known = self._find(ips)
        return Hash(np.delete(self.ips, at[known]), self.pending)

    def _find(
        self, ips: NDArray[np.uint64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.intp], NDArray[np.bool_]]:
        """The addresses in order, where each belongs, and which are here already."""
        if not (ips[1:] > ips[:-1]).all():
            ips = np.unique(ips)
        at = np.searchsorted(self.ips, ips)
        known = np.zeros(len(ips), np.bool_)
        if len(self.ips):
            known = self.ips[np.minimum(at, len(self.ips) - 1)] == ips
        return ips, at, known

    def forget(self, ips: NDArray[np.uint64]) -> Hash:
        """Without sites that are no more: their entries stay as address 0, which matches nothing.

        So a filter of an unloaded module does not become "all functions" (clear_mod_from_hash).
        """
        gone = np.isin(self.ips, ips)
        if not gone.any():
            return self
        return Hash(np.unique(np.where(gone, np.uint64(0), self.ips)), self.pending)

    def with_pending(self, pending: bool) -> Hash:
        """The same sites, waiting for modules or not."""
        return self if pending == self.pending else Hash(self.ips, pending)

    def mask(self, records: Records) -> NDArray[np.bool_]:
        """Which records are in it, in their order."""
        key = (id(records), records.generation)
        if self._mask is None or self._seen != key:
            self._mask = records.membership(self.ips)
            self._seen = key
        return self._mask


EMPTY = Hash()


@dataclass(frozen=True, slots=True)
class PendingFilter:
    """A ``:mod:`` filter for a module that is not loaded."""

    func: bytes
    module: bytes

    def line(self) -> bytes:
        """As the filter file shows it."""
        return self.func + b":mod:" + self.module + b"\n"


@dataclass(eq=False)
class OpsHash:
    """Filter and notrace hash (struct ftrace_ops_hash); ops of one trace array share one.

    The pending lists are the trace array's; the newest filter stands first.
    """

    filter: Hash = EMPTY
    notrace: Hash = EMPTY
    pending_filter: list[PendingFilter] = field(default_factory=list)
    pending_notrace: list[PendingFilter] = field(default_factory=list)

    def get(self, notrace: bool) -> Hash:
        """One of the two hashes."""
        return self.notrace if notrace else self.filter

    def put(self, notrace: bool, value: Hash) -> None:
        """Replace one of the two hashes."""
        if notrace:
            self.notrace = value
        else:
            self.filter = value

    def pending(self, notrace: bool) -> list[PendingFilter]:
        """One of the two lists of pending filters."""
        return self.pending_notrace if notrace else self.pending_filter

    def contains(self, records: Records) -> NDArray[np.bool_]:
        """Which records it traces: in the filter (an empty one holds all), not in notrace."""
        every = self.filter.empty
        chosen = np.ones(len(records), np.bool_) if every else self.filter.mask(records)
        if not self.notrace.empty:
            chosen = chosen & ~self.notrace.mask(records)
        return chosen

    def contains_ip(self, ip: int) -> bool:
        """Whether it traces one site."""
        return (self.filter.empty or ip in self.filter) and ip not in self.notrace
