"""One Unicorn instance: registers in place, hooks by raw ctypes callbacks, translation cache.

The binding costs 5 us for what takes 0.5 here.  Short calls go through a PyDLL: giving up the
interpreter lock for 0.1 us of work costs more than the work.  Only emu_start gives it up.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from tracefs.machine.layout import KERNEL_CS, KERNEL_DS
from tracefs.machine.library import lib, unicorn, x86
from tracefs.machine.memory import Memory
from tracefs.machine.unicorn_state import (
    AX,
    DX,
    IP,
    REGISTERS,
    SP,
    State,
    UnicornLayout,
    find_layout,
)

_held = ctypes.PyDLL(lib._name)
_reg_read_batch = _held.uc_reg_read_batch
_reg_read_batch.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_reg_write_batch = _held.uc_reg_write_batch
_reg_write_batch.argtypes = _reg_read_batch.argtypes
_emu_stop = _held.uc_emu_stop
_emu_stop.argtypes = (ctypes.c_void_p,)

emu_start: Callable[[ctypes.c_void_p, int, int, int, int], int] = lib.uc_emu_start

_INTR_HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
_INVALID_HOOK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)
_OUT_HOOK = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p
)
_CODE_HOOK = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p
)

_MEMORY_HOOK = ctypes.CFUNCTYPE(
    None,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_uint64,
    ctypes.c_int,
    ctypes.c_int64,
    ctypes.c_void_p,
)

_TCG_BUFFER = 32 << 20
_EFER = 0xC000_0080
_GS_BASE = 0xC000_0101
_EFER_VALUE = {64: 0xD01, 32: 0x801}  # SCE, NXE; LME, LMA
_CR0_VALUE = 0x8001_0003  # PG, WP, MP, PE
_CR4_VALUE = 0x620  # PAE, OSFXSR, OSXMMEXCPT

_layout: list[UnicornLayout] = []


def _known_layout() -> UnicornLayout:
    if not _layout:
        _layout.append(find_layout())
    return _layout[0]


def strerror(code: int) -> str:
    """Unicorn's text for an error number."""
    return str(lib.uc_strerror(code).decode())


class Engine:
    """A Unicorn CPU on guest RAM with paging, NX and a flat GDT.

    `words` are its registers in the order of unicorn_state, valid between slices and in hooks.
    """

    def __init__(self, memory: Memory, gdt: int) -> None:
        bits = memory.layout.bits
        self.memory = memory
        self.bits = bits
        self.mask = (1 << bits) - 1
        where = _known_layout()
        mode = unicorn.UC_MODE_64 if bits == 64 else unicorn.UC_MODE_32
        self._uc: Any = unicorn.Uc(unicorn.UC_ARCH_X86, mode)
        self._handle = self._uc._uch
        self._uc.ctl_set_tcg_buffer_size(_TCG_BUFFER)
        self._uc.ctl_set_tlb_mode(unicorn.UC_TLB_CPU)
        self._anchor = ctypes.c_char.from_buffer(memory.mm)  # keeps the RAM as long as it is mapped
        address = ctypes.addressof(self._anchor)
        self._uc.mem_map_ptr(0, memory.size, unicorn.UC_PROT_ALL, address)
        self._set_up(gdt)
        self._state = State(self._uc, where)
        self.words = self._state.words
        # What the library has to compute: all flags, and the place of the IDT (a structure of 24
        # bytes).
        self._flags = ctypes.c_uint64()
        self._idtr = (ctypes.c_uint64 * 3)()
        self._ids = (ctypes.c_int * 2)(x86.UC_X86_REG_EFLAGS, x86.UC_X86_REG_IDTR)
        self._pointers = (ctypes.c_void_p * 2)(
            ctypes.addressof(self._flags), ctypes.addressof(self._idtr)
        )
        self._kept: list[object] = []  # callbacks must outlive the hooks
        self._generation = memory.generation

    def _set_up(self, gdt: int) -> None:
        write = self._uc.reg_write
        limit = len(self.memory.layout.gdt) * 8 - 1
        write(x86.UC_X86_REG_GDTR, (0, gdt, limit, 0))
        write(x86.UC_X86_REG_CR3, self.memory.paging.root)
        write(x86.UC_X86_REG_CR4, _CR4_VALUE)
        write(x86.UC_X86_REG_MSR, (_EFER, _EFER_VALUE[self.bits]))
        write(x86.UC_X86_REG_CR0, _CR0_VALUE)
        write(x86.UC_X86_REG_CS, KERNEL_CS)
        for segment in (x86.UC_X86_REG_SS, x86.UC_X86_REG_DS, x86.UC_X86_REG_ES):
            write(segment, KERNEL_DS)

    # ---- registers

    @property
    def rip(self) -> int:
        """Address of the next instruction."""
        return self.words[IP]

    @property
    def rsp(self) -> int:
        """Stack pointer."""
        return self.words[SP]

    @property
    def eflags(self) -> int:
        """All flags."""
        _reg_read_batch(self._handle, self._ids, self._pointers, 1)
        return self._flags.value

    def _flags_and_idt(self) -> tuple[int, int]:
        _reg_read_batch(self._handle, self._ids, self._pointers, 2)
        return self._flags.value, self._idtr[1]

    def reg(self, name: str) -> int:
        """Any register by Unicorn's name for it.  Raises KeyError."""
        value: int = self._uc.reg_read(self._register(name))
        return value

    def set_reg(self, name: str, value: int) -> None:
        """Write any register.  Raises KeyError."""
        self._uc.reg_write(self._register(name), value)

    @staticmethod
    def _register(name: str) -> int:
        number: int | None = getattr(x86, f"UC_X86_REG_{name.upper()}", None)
        if number is None:
            raise KeyError(name)
        return number

    def get_regs(self) -> dict[str, int]:
        """General registers, rip and eflags (by their 64-bit names on i386 too)."""
        regs = dict(zip(REGISTERS, self.words[:IP].tolist(), strict=True))
        if self.bits == 32:
            for name in REGISTERS[8:]:
                del regs[name]
        regs["rip"] = self.words[IP]
        regs["eflags"] = self.eflags
        return regs

    def set_regs(self, **registers: int) -> None:
        """Change some of the registers that get_regs returns."""
        for name, value in registers.items():
            if name == "eflags":
                self._flags.value = value
                _reg_write_batch(self._handle, self._ids, self._pointers, 1)
            else:
                index = IP if name == "rip" else REGISTERS.index(name)
                self.words[index] = value & self.mask

    def set_gs_base(self, va: int) -> None:
        """Where gs: points."""
        self._uc.reg_write(x86.UC_X86_REG_MSR, (_GS_BASE, va))

    def set_idt(self, va: int, limit: int = 4095) -> None:
        """Load IDTR, as the guest's lidt does."""
        self._uc.reg_write(x86.UC_X86_REG_IDTR, (0, va, limit, 0))

    def read_tsc(self) -> int:
        """The time stamp counter as rdtsc gives it; for a CPU that does not run guest code yet."""
        self._uc.emu_start(self.memory.layout.stub, 0)
        return self.words[DX] << 32 | self.words[AX] & 0xFFFF_FFFF

    # ---- hooks: callbacks may read and write registers; what they raise is lost, so they must not

    def _hook(self, kind: int, callback: Any, begin: int, end: int, *extra: ctypes.c_int) -> None:
        number = ctypes.c_size_t()
        status = lib.uc_hook_add(
            self._handle,
            ctypes.byref(number),
            kind,
            ctypes.cast(callback, ctypes.c_void_p),
            None,
            ctypes.c_uint64(begin),
            ctypes.c_uint64(end),
            *extra,
        )
        if status:
            raise RuntimeError(strerror(status))
        self._kept.append(callback)

    def hook_interrupts(self, callback: Callable[[int | None, int, int | None], None]) -> None:
        """Stop at every exception and `int N`; callback(handle, vector, _) tells which."""
        self._hook(unicorn.UC_HOOK_INTR, lib.uc_emu_stop, 1, 0)
        self._hook(unicorn.UC_HOOK_INTR, _INTR_HOOK(callback), 1, 0)

    def hook_invalid(self, callback: Callable[[int | None, int | None], bool]) -> None:
        """callback(handle, _) at an invalid instruction; True means that it was dealt with."""
        self._hook(unicorn.UC_HOOK_INSN_INVALID, _INVALID_HOOK(callback), 1, 0)

    def hook_out(self, callback: Callable[[int | None, int, int, int, int | None], None]) -> None:
        """callback(handle, port, size, value, _) at OUT, which cannot be made to stop there."""
        out = ctypes.c_int(x86.UC_X86_INS_OUT)
        self._hook(unicorn.UC_HOOK_INSN, _OUT_HOOK(callback), 1, 0, out)

    def hook_tsc(self, read: Callable[[], int]) -> None:
        """Let rdtsc and rdtscp read something else than the host's counter."""

        def on_rdtsc(handle: int | None, _: int | None) -> bool:
            value = read()
            self.words[AX] = value & 0xFFFF_FFFF
            self.words[DX] = value >> 32 & 0xFFFF_FFFF
            return True

        for instruction in (x86.UC_X86_INS_RDTSC, x86.UC_X86_INS_RDTSCP):
            callback = _INVALID_HOOK(on_rdtsc)
            self._hook(unicorn.UC_HOOK_INSN, callback, 1, 0, ctypes.c_int(instruction))

    def hook_address(
        self, va: int, callback: Callable[[int | None, int, int, int | None], None]
    ) -> None:
        """callback(handle, va, size, _) before the instruction at va; free elsewhere."""
        self._hook(unicorn.UC_HOOK_CODE, _CODE_HOOK(callback), va, va)
        self._uc.ctl_flush_tb()

    def hook_writes(self, pa: int, end: int, callback: Callable[[int], None]) -> None:
        """callback(pa) at each store in physical [pa, end); every access is slower from now on."""

        def on_write(
            handle: int | None, _: int, address: int, size: int, value: int, data: int | None
        ) -> None:
            callback(address)

        self._hook(unicorn.UC_HOOK_MEM_WRITE, _MEMORY_HOOK(on_write), pa, end - 1)
        self._uc.ctl_flush_tb()

    def stop_exactly(self, exact: bool) -> None:
        """Whether a hook's stop acts at its very instruction, or at its block's end.

        The latter makes the guest 1.7 times as fast. For code that is translated from now on.
        """
        self._state.no_exit_request.value = not exact

    def hook_memory(
        self, callback: Callable[[int | None, int, int, int, int, int | None], None]
    ) -> None:
        """callback(handle, kind, physical address, size, value, _) before loads and stores.

        Everything is slower by far from now on.
        """
        kinds = unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE
        self._hook(kinds, _MEMORY_HOOK(callback), 1, 0)
        self._uc.ctl_flush_tb()

    def stop_asynchronously(self) -> None:
        """End emu_start; from another thread an instruction may run twice if stops are exact."""
        _emu_stop(self._handle)

    def _take_fault(self) -> int:
        # Error code of the exception in flight, which is in flight no more.
        state = self._state
        state.old_exception.value = -1
        code: int = state.error_code.value
        return code

    def close(self) -> None:
        """Free what the library holds; registers are gone."""
        self.words.release()
        self._uc = None
        self._kept.clear()

    # ---- caches

    def _flush_tlb(self) -> None:
        self._uc.ctl(unicorn.UC_CTL_TLB_FLUSH, unicorn.UC_CTL_IO_WRITE)

    def _drop_all_code(self) -> None:
        self._uc.ctl_flush_tb()

    def drop_code(self, va: int, end: int) -> None:
        """Fetch executable code anew that begins between va and end."""
        self._uc.ctl_remove_cache(va, end)
