"""The guest's struct ftrace_ops and their list, kept as the ftrace core wants them.

What the guest walks is in kernel_image/kernel/trace/ftrace.c. The machine stands still here.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from tracefs.kernel.hashing import build, table_bits

if TYPE_CHECKING:
    from tracefs.ftrace import FtraceOps
    from tracefs.ftrace.hash import Hash
    from tracefs.kernel.guest import Guest
    from tracefs.kernel.retired import Retired

PAGE_SIZE = 4096


class GuestFtrace:
    """GuestOps of tracefs.ftrace over guest memory."""

    def __init__(self, guest: Guest, retired: Retired) -> None:
        abi, symbol = guest.abi, guest.symbol
        self._memory = memory = guest.memory
        self._retired = retired
        self._list = symbol("ftrace_ops_list")
        self._trace_op = symbol("function_trace_op")
        self._field = {
            name: abi.offset("ftrace_ops", name)
            for name in ("func", "next", "flags", "filter_hash", "notrace_hash")
        }
        self._hash_bits = abi.offset("ftrace_hash", "bits")
        self._hash_count = abi.offset("ftrace_hash", "count")
        self._hash_ips = abi.offset("ftrace_hash", "ips")
        self._word = "<u8" if memory.layout.bits == 64 else "<u4"
        self._pages: dict[tuple[int, str], tuple[int, int]] = {}
        self._direct_functions = guest.find("direct_functions")
        self._direct: tuple[int, int] | None = None

    def sync(self, registered: Sequence[FtraceOps]) -> None:
        """Make ``ftrace_ops_list`` this list and each struct's fields current."""
        listed = [ops for ops in registered if ops.address]
        following = 0
        for ops in reversed(listed):
            self._put(ops, "func", ops.func)
            self._put(ops, "flags", int(ops.flags))
            self._put(ops, "next", following)
            following = ops.address
        self._memory.put_word(self._list, following)

    def sync_hash(self, ops: FtraceOps) -> None:
        """Make the hashes of a guest struct current."""
        if ops.address:
            self._set_hash(ops, "filter_hash", ops.hash.filter)
            self._set_hash(ops, "notrace_hash", ops.hash.notrace)

    def set_direct(self, calls: Mapping[int, int]) -> None:
        """Make ``direct_functions`` this table: pairs of site and address, the last of zeros."""
        pairs = [*calls.items(), (0, 0)]
        size = 2 * 8 * len(pairs)
        pages = -(-size // PAGE_SIZE)
        address = self._memory.alloc_pages(pages)
        self._memory.write(address, array("Q", chain.from_iterable(pairs)).tobytes())
        self._memory.put_word(self._direct_functions, address)
        if self._direct is not None:
            self._retired.pages(self._memory, *self._direct)
        self._direct = address, pages

    def set_trace_op(self, ops: FtraceOps | None) -> None:
        """Set what the shared caller passes on as its ops."""
        self._memory.put_word(self._trace_op, ops.address if ops is not None else 0)

    def forget(self, ops: FtraceOps) -> None:
        """Free the hashes of a struct that goes away."""
        for field in ("filter_hash", "notrace_hash"):
            self._free(ops.address, field)

    def _put(self, ops: FtraceOps, field: str, value: int) -> None:
        self._memory.put_word(ops.address + self._field[field], value)

    def _set_hash(self, ops: FtraceOps, field: str, chosen: Hash) -> None:
        self._put(ops, field, 0)
        self._free(ops.address, field)
        if not chosen.empty:
            self._pages[ops.address, field] = self.make_hash(chosen)
            self._put(ops, field, self._pages[ops.address, field][0])

    def make_hash(self, chosen: Hash) -> tuple[int, int]:
        """A struct ftrace_hash in pages of its own: where, and how many pages."""
        # Sites that are gone, or yet to come, keep the hash from being empty: count is not 0.
        ips = chosen.ips[chosen.ips != 0]
        bits = table_bits(len(ips))
        table = build(ips, ips.astype(self._word), bits).tobytes()
        pages = -(-(self._hash_ips + len(table)) // PAGE_SIZE)
        address = self._memory.alloc_pages(pages)
        self._memory.put_u32(address + self._hash_bits, bits)
        self._memory.put_u32(address + self._hash_count, max(len(ips), 1))
        self._memory.write(address + self._hash_ips, table)
        return address, pages

    def _free(self, address: int, field: str) -> None:
        held = self._pages.pop((address, field), None)
        if held is not None:
            self._retired.pages(self._memory, *held)
