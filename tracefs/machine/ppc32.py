"""A small PowerPC machine: CPUs that call functions of a kernel image, one at a time.

It is there for what architectures differ in, call sites and modules (S1): no interrupts, no tasks,
no clock.  Without an MMU of its own (real mode), its physical memory is what the page tables say.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import unicorn.ppc_const as _ppc

from tracefs.machine.errors import GuestCrash, PageFault
from tracefs.machine.layout import PAGE_SIZE, PPC32
from tracefs.machine.library import unicorn
from tracefs.machine.memory import Memory, Segment
from tracefs.machine.paging import NX, WRITE

ppc: Any = _ppc

T = TypeVar("T")
Ranges = Iterable[tuple[int, int]]

_FIRST_ARGUMENT = 3
_MAX_ARGUMENTS = 8
_FRAME = 64
# A function of the host's call ends within this many instructions.
_PATIENCE = 10_000_000


class Ppc32Cpu:
    """One Unicorn instance over a machine's memory."""

    def __init__(self, memory: Memory, stack: int) -> None:
        self._memory = memory
        self._stack = stack
        mode = unicorn.UC_MODE_PPC32 | unicorn.UC_MODE_BIG_ENDIAN
        self._uc: Any = unicorn.Uc(unicorn.UC_ARCH_PPC, mode)
        self._anchor = ctypes.c_char.from_buffer(memory.mm)
        self._ram = ctypes.addressof(self._anchor)
        where = memory.layout
        self._map(where.page_offset, 0, memory.size, unicorn.UC_PROT_ALL)
        self._modules: dict[int, tuple[int, int]] = {}
        self._generation = -1

    def call(self, function: int, *args: int) -> int:
        """Call a function with up to eight words; its result (r3).  Raises GuestCrash."""
        if len(args) > _MAX_ARGUMENTS:
            raise ValueError("arguments on the stack")
        self._see_mappings()
        end, write = self._memory.layout.stub, self._uc.reg_write
        for number, value in enumerate(args, _FIRST_ARGUMENT):
            write(ppc.UC_PPC_REG_0 + number, value & 0xFFFF_FFFF)
        write(ppc.UC_PPC_REG_1, self._stack - _FRAME)
        write(ppc.UC_PPC_REG_LR, end)
        try:
            self._uc.emu_start(function, end, count=_PATIENCE)
        except unicorn.UcError as error:
            raise GuestCrash(f"{error} at {self.pc:#x}") from None
        if self.pc != end:
            raise GuestCrash(f"no end of {function:#x}: at {self.pc:#x}")
        return int(self._uc.reg_read(ppc.UC_PPC_REG_3))

    @property
    def pc(self) -> int:
        """Address of the next instruction."""
        return int(self._uc.reg_read(ppc.UC_PPC_REG_PC))

    def flush_text(self, ranges: Ranges | None = None) -> None:
        """Fetch patched text again: (address, length) ranges, or all of it."""
        if ranges is None:
            self._uc.ctl_flush_tb()
            return
        for va, size in ranges:
            self._uc.ctl_remove_cache(va, va + size)

    def close(self) -> None:
        """Free what the library holds."""
        self._uc = None

    def _map(self, va: int, pa: int, size: int, protection: int) -> None:
        self._uc.mem_map_ptr(va, size, protection, self._ram + pa)

    def _see_mappings(self) -> None:
        # Modules come and go: bring the regions to what the page tables say.
        memory = self._memory
        if self._generation == memory.generation:
            return
        self._generation = memory.generation
        where = memory.layout
        for va in range(where.modules_base, where.modules_end, PAGE_SIZE):
            try:
                now = (memory.virt_to_phys(va), memory.flags(va))
            except PageFault:
                now = None
            if self._modules.get(va) == now:
                continue
            if self._modules.pop(va, None) is not None:
                self._uc.mem_unmap(va, PAGE_SIZE)
            if now is not None:
                pa, flags = self._modules[va] = now
                protection = unicorn.UC_PROT_READ
                protection |= unicorn.UC_PROT_WRITE if flags & WRITE else 0
                protection |= 0 if flags & NX else unicorn.UC_PROT_EXEC
                self._map(va, pa, PAGE_SIZE, protection)


class Ppc32Machine:
    """CPUs over one RAM; the host's calls are all that runs."""

    def __init__(self, cpus: int = 1, ram: int | None = None) -> None:
        self.memory = Memory(ram, PPC32)
        self.cpus = [
            Ppc32Cpu(self.memory, self.memory.alloc_pages(4) + 4 * PAGE_SIZE) for _ in range(cpus)
        ]

    def map_kernel(self, segments: Iterable[Segment]) -> None:
        """Load an image (Memory.map_kernel)."""
        self.memory.map_kernel(segments)

    def stop_machine(self, fn: Callable[[], T]) -> T:
        """Run fn while every CPU stands between two instructions."""
        return fn()

    def flush_text(self, ranges: Ranges | None = None) -> None:
        """Make every CPU fetch patched text again."""
        todo = None if ranges is None else list(ranges)
        for cpu in self.cpus:
            cpu.flush_text(todo)

    def close(self) -> None:
        """End the CPUs; memory stays readable."""
        for cpu in self.cpus:
            cpu.close()
