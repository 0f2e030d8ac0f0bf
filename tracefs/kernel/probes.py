"""The guest's function probes (kernel_image/kernel/trace/ftrace_func_probe.c)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.ftrace import FtraceOps, OpsFlag
from tracefs.kernel.event_files import GuestEventFile
from tracefs.kernel.hashing import build, table_bits

if TYPE_CHECKING:
    from tracefs.image import Abi
    from tracefs.kernel.guest_ftrace import GuestFtrace
    from tracefs.kernel.retired import Retired
    from tracefs.machine import Cpu, Machine

HC_FTRACE_PROBE = 9
PAGE_SIZE = 4096
CALL = "function_trace_probe_call"


class GuestProbes:
    """Makes probes, and takes the hypercalls of those that leave their work to the host."""

    def __init__(
        self,
        machine: Machine,
        abi: Abi,
        symbol: Callable[[str], int],
        guest_ftrace: GuestFtrace,
        retired: Retired,
    ) -> None:
        self.memory = machine.memory
        self.abi = abi
        self.symbol = symbol
        self.guest_ftrace = guest_ftrace
        self.retired = retired
        self.hits: dict[int, Callable[[int], None]] = {}
        machine.hypercalls[HC_FTRACE_PROBE] = self._hit

    def create(
        self,
        array: int,
        private: object,
        function: str,
        hit: Callable[[int], None] | None,
        about: object | None,
    ) -> GuestFuncProbe:
        """A probe of the struct trace_array at that address, about an event's file if given."""
        probe = GuestFuncProbe(self, array, private, function)
        if about is not None:
            assert isinstance(about, GuestEventFile)
            probe.put("private", about.address)
        if hit is not None:
            self.hits[probe.address] = hit
        return probe

    def _hit(self, cpu: Cpu) -> int:
        hit = self.hits.get(cpu.arg(0))  # None: taken away while the CPU stood in it
        if hit is not None:
            hit(cpu.number)
        return 0


class GuestFuncProbe:
    """GuestProbe: a struct ftrace_func_probe on a page of its own, and its table of counts."""

    def __init__(self, owner: GuestProbes, array: int, private: object, function: str) -> None:
        self._owner = owner
        self._memory = owner.memory
        self._abi = owner.abi
        self._table: tuple[int, int, int] | None = None
        self.address = self._memory.alloc_pages(1)
        self.put("func", owner.symbol(function))
        self.put("tr", array)
        self.ops = FtraceOps(
            function,
            func=owner.symbol(CALL),
            address=self.address,
            private=private,
            flags=OpsFlag.DYNAMIC,
        )

    def put(self, field: str, value: int) -> None:
        """Set a field of the struct."""
        self._memory.put_word(self.address + self._abi.offset("ftrace_func_probe", field), value)

    @property
    def counts(self) -> dict[int, int]:
        """What is left, by call site, as the guest has it now."""
        if self._table is None:
            return {}
        address, _, bits = self._table
        maps = address + self._abi.offset("ftrace_func_mapper", "maps")
        slots = self._memory.array(maps, self._dtype(), 1 << bits)
        used = slots[slots["ip"] != 0]
        return dict(zip(used["ip"].tolist(), used["data"].tolist(), strict=True))

    @counts.setter
    def counts(self, value: dict[int, int]) -> None:
        import numpy as np  # takes 0.1 s: not at the mount's start

        old, self._table = self._table, None
        keys = np.array(list(value), np.uint64)
        bits = table_bits(len(keys))
        places = build(keys, np.arange(1, len(keys) + 1), bits)
        slots = np.zeros(1 << bits, self._dtype())
        used = places > 0
        slots["ip"][used] = keys[places[used] - 1]
        slots["data"][used] = np.array(list(value.values()), np.int64)[places[used] - 1]
        header = self._abi.offset("ftrace_func_mapper", "maps")
        pages = -(-(header + slots.nbytes) // PAGE_SIZE)
        address = self._memory.alloc_pages(pages)
        self._memory.put_u32(address + self._abi.offset("ftrace_func_mapper", "bits"), bits)
        self._memory.put_u32(address + self._abi.offset("ftrace_func_mapper", "count"), len(keys))
        self._memory.write(address + header, slots.tobytes())
        self.put("data", address)
        self._table = address, pages, bits
        if old is not None:
            self._owner.retired.later(lambda: self._memory.free_pages(*old[:2]))

    def _dtype(self) -> list[tuple[str, str]]:
        word = self._memory.layout.bits // 8
        return [("ip", f"<u{word}"), ("data", f"<i{word}")]

    def free(self) -> None:
        """Release everything, once nobody can be using it."""
        self._owner.hits.pop(self.address, None)
        self._owner.retired.later(self._free)

    def _free(self) -> None:
        self._owner.guest_ftrace.forget(self.ops)
        if self._table is not None:
            self._memory.free_pages(*self._table[:2])
        self._memory.free_pages(self.address, 1)
