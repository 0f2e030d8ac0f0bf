"""The order in which the kernel lists the functions of a probe: that of its hash table.

A struct ftrace_hash has lists of functions, chosen by a multiplication; each function is added at
the head of its list. An edit is made on a copy with 1024 lists, which then moves to a table of its
own size (alloc_and_copy_ftrace_hash and ftrace_hash_move of kernel/trace/ftrace.c).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

_DEFAULT_BITS = 10
_MAX_BITS = 12
_RATIO = {4: 0x61C88647, 8: 0x61C8864680B583EB}


class FunctionHash:
    """Call sites in the kernel's order; ``word`` is the size of its addresses."""

    def __init__(self, word: int) -> None:
        self._word = word
        self._ips: list[int] = []

    def __iter__(self) -> Iterator[int]:
        return iter(self._ips)

    def __len__(self) -> int:
        return len(self._ips)

    def add(self, ips: Iterable[int]) -> list[int]:
        """Add those that are not there yet, and return them."""
        known = set(self._ips)
        new = [ip for ip in ips if ip not in known]
        self._move([*self._ips, *new])
        return new

    def remove(self, ips: Collection[int]) -> None:
        """Take some away."""
        gone = set(ips)
        self._move(self._ips, gone)

    def _move(self, ips: Iterable[int], gone: Collection[int] = ()) -> None:
        copy = [ip for ip in self._order(ips, _DEFAULT_BITS) if ip not in gone]
        self._ips = self._order(copy, min((len(copy) // 2).bit_length(), _MAX_BITS))

    def _order(self, ips: Iterable[int], bits: int) -> list[int]:
        width = 8 * self._word
        mask, ratio = (1 << width) - 1, _RATIO[self._word]
        lists: dict[int, list[int]] = {}
        for ip in ips:
            key = (ip * ratio & mask) >> width - bits if bits else 0
            lists.setdefault(key, []).append(ip)
        return [ip for key in sorted(lists) for ip in reversed(lists[key])]
