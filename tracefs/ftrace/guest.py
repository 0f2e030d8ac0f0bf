"""The guest's structures: struct ftrace_ops, its hashes, and the list that the list function walks.

Layouts are those of kernel_image's include/linux/ftrace.h, offsets from the image's ABI symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tracefs.ftrace.hash import Hash
from tracefs.ftrace.ops import FtraceOps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracefs.image import Image
    from tracefs.machine.memory import Memory

_PAGE = 4096
_MULTIPLIER = 0x9E3779B1


class GuestOps:
    """Writes what ftrace decides into guest memory; the machine must be standing still."""

    def __init__(
        self,
        memory: Memory,
        image: Image,
        grace: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._memory = memory
        self._abi = image.abi
        self._width = image.bits // 8
        self._list = image.symbol("ftrace_ops_list")
        self._trace_op = image.get("function_trace_op")
        self._grace = grace or (lambda free: free())
        self._written: dict[tuple[int, str], tuple[Hash, int, int]] = {}

    def sync(self, registered: Sequence[FtraceOps]) -> None:
        """Make ``ftrace_ops_list`` this list, newest first, and each struct's fields current."""
        known = [ops for ops in registered if ops.address]
        for ops, after in zip(known, [*(o.address for o in known[1:]), 0], strict=True):
            self._put(ops.address, "func", ops.func)
            self._put(ops.address, "flags", int(ops.flags))
            self._put(ops.address, "next", after)
        self._word(self._list, known[0].address if known else 0)

    def sync_hash(self, ops: FtraceOps) -> None:
        """Make the hashes of a guest struct current."""
        if ops.address:
            self._sync_one(ops.address, "filter_hash", ops.hash.filter)
            self._sync_one(ops.address, "notrace_hash", ops.hash.notrace)

    def set_trace_op(self, ops: FtraceOps | None) -> None:
        """Set ``function_trace_op``, where the image has one."""
        if self._trace_op is not None:
            self._word(self._trace_op, ops.address if ops else 0)

    def forget(self, ops: FtraceOps) -> None:
        """Free what belongs to a guest struct that goes away."""
        for field in ("filter_hash", "notrace_hash"):
            self._free(self._written.pop((ops.address, field), None))

    def _sync_one(self, address: int, field: str, value: Hash) -> None:
        old = self._written.get((address, field))
        if old is not None and old[0] is value:
            return
        pointer, pages = 0, 0
        # A filter that only waits for modules matches nothing, so it is a table without entries
        # but with a count.
        if not value.empty:
            table, bits = build_table(value.ips, self._width)
            pages = -(-(8 + len(table)) // _PAGE)
            pointer = self._memory.alloc_pages(pages)
            abi = self._abi
            self._memory.put_u32(pointer + abi.offset("ftrace_hash", "bits"), bits)
            count = max(len(value), 1)
            self._memory.put_u32(pointer + abi.offset("ftrace_hash", "count"), count)
            self._memory.write(pointer + abi.offset("ftrace_hash", "ips"), table)
        self._put(address, field, pointer)
        self._written[address, field] = (value, pointer, pages)
        self._free(old)

    def _free(self, old: tuple[Hash, int, int] | None) -> None:
        if old is not None and old[1]:
            _, pointer, pages = old
            self._grace(lambda: self._memory.free_pages(pointer, pages))

    def _put(self, address: int, field: str, value: int) -> None:
        self._word(address + self._abi.offset("ftrace_ops", field), value)

    def _word(self, address: int, value: int) -> None:
        if self._width == 8:
            self._memory.put_u64(address, value)
        else:
            self._memory.put_u32(address, value)


def build_table(ips: NDArray[np.uint64], width: int) -> tuple[bytes, int]:
    """The slots of struct ftrace_hash and its ``bits``: linear probing, 0 is free, half full at most."""
    ips = ips[ips != 0]
    bits = max((2 * len(ips) - 1).bit_length(), 1) if len(ips) else 1
    size = 1 << bits
    table = np.zeros(size, np.uint64 if width == 8 else np.uint32)
    spread = (ips & np.uint64(0xFFFFFFFF)) * np.uint64(_MULTIPLIER) & np.uint64(0xFFFFFFFF)
    slots = (spread >> np.uint64(32 - bits)).astype(np.int64)
    order = np.argsort(slots, kind="stable")
    # Probing in slot order: each takes its slot, or the one after its predecessor's.
    rank = np.arange(len(ips))
    places = np.maximum.accumulate(slots[order] - rank) + rank
    fits = places < size
    table[places[fits]] = ips[order][fits]
    for ip in ips[order][~fits].tolist():  # past the end: go on from the start
        at = 0
        while table[at]:
            at += 1
        table[at] = ip
    return table.tobytes(), bits
