"""One Unicorn instance behind raw, preallocated ctypes calls.

The binding costs 5 us for what takes 0.5 here.  Short calls go through a PyDLL: giving up the interpreter lock for
0.1 us of work costs more than the work.  Only emu_start gives it up.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence

import unicorn  # type: ignore[import-untyped]
import unicorn.unicorn_py3.unicorn as binding  # type: ignore[import-untyped]
import unicorn.x86_const as x86  # type: ignore[import-untyped]

from tracefs.machine.layout import KERNEL_CS, KERNEL_DS
from tracefs.machine.memory import Memory

_held = ctypes.PyDLL(binding.uclib._name)
_BATCH = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)


def _held_call(name: str, *argtypes: type) -> Callable[..., int]:
    call = getattr(_held, name)
    call.argtypes = argtypes
    call.restype = ctypes.c_int
    return call  # type: ignore[no-any-return]


reg_read_batch = _held_call("uc_reg_read_batch", *_BATCH)
reg_write_batch = _held_call("uc_reg_write_batch", *_BATCH)
emu_stop = _held_call("uc_emu_stop", ctypes.c_void_p)
_context_save = _held_call("uc_context_save", ctypes.c_void_p, ctypes.c_void_p)
_context_restore = _held_call("uc_context_restore", ctypes.c_void_p, ctypes.c_void_p)
emu_start: Callable[[ctypes.c_void_p, int, int, int, int], int] = binding.uclib.uc_emu_start

_INTR_HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
_OUT_HOOK = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p
)
_INVALID_HOOK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)
_CODE_HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p)

GPR_NAMES_64 = (
    *("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"),
    *(f"r{i}" for i in range(8, 16)),
    *("rip", "eflags"),
)
GPR_NAMES_32 = ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags")

TCG_BUFFER = 32 << 20
_MSR_EFER = 0xC000_0080
_MSR_GS_BASE = 0xC000_0101
_CR0 = 0x8001_0003  # PG, WP, MP, PE
_CR4 = 0x620  # PAE, OSFXSR, OSXMMEXCPT


def register_id(name: str) -> int:
    """Unicorn's number of a register.  Raises KeyError."""
    number: int | None = getattr(x86, f"UC_X86_REG_{name.upper()}", None)
    if number is None:
        raise KeyError(name)
    return number


def strerror(code: int) -> str:
    """Unicorn's text for an error number."""
    return str(binding.uclib.uc_strerror(code).decode())


class Batch:
    """Registers that are read and written together through one call."""

    def __init__(self, names: Sequence[str]) -> None:
        n = len(names)
        self.names = tuple(names)
        self._ids = (ctypes.c_int * n)(*(register_id(name) for name in names))
        self._values = (ctypes.c_uint64 * (n * 3))()  # 24 bytes each: IDTR and GDTR need them
        base = ctypes.addressof(self._values)
        self._pointers = (ctypes.c_void_p * n)(*(base + 24 * i for i in range(n)))
        self.ids = ctypes.addressof(self._ids)
        self.pointers = ctypes.addressof(self._pointers)
        self.n = n
        # Value i of the batch is words[3 * i].
        self.words = memoryview(self._values).cast("B").cast("Q")

    def load(self, values: bytes) -> None:
        """Put back what words.tobytes() gave."""
        ctypes.memmove(self._values, values, len(values))


class _Layout:
    """Where Unicorn keeps three facts that its interface does not give; found by looking, once.

    A page fault's error code, "an exception is in flight" (it is never cleared, so that the next fault would be a
    double fault), and the number of instructions that the last emu_start executed.
    """

    def __init__(self) -> None:
        start = 0x11358
        uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
        uc.ctl_set_tcg_buffer_size(1 << 20)
        uc.mem_map(0x10000, 0x3000)
        uc.hook_add(unicorn.UC_HOOK_INTR, lambda uc, number, data: uc.emu_stop())

        def image(code: bytes) -> bytes:
            uc.mem_write(start, code)
            uc.ctl_flush_tb()
            try:
                uc.emu_start(start, 0)
            except unicorn.UcError:
                pass
            context = uc.context_save()
            return ctypes.string_at(context.context, context.size)

        interrupt = image(b"\xcd\x55")
        divide = image(b"\x31\xc9\xf7\xf1")
        self.error_code, self.old_exception = self._exception_fields(interrupt, divide, start + 2)
        self.executed = self._counter(uc, start)

    @staticmethod
    def _exception_fields(interrupt: bytes, divide: bytes, next_ip: int) -> tuple[int, int]:
        wanted = struct.pack("<iQ", 1, next_ip)  # exception_is_int, exception_next_eip
        at = interrupt.find(wanted)
        while at >= 0:
            for field in range(at + 12, at + 312, 4):
                if interrupt[field : field + 4] == b"\xff" * 4 and divide[field : field + 4] == bytes(4):
                    return at - 4, field
            at = interrupt.find(wanted, at + 1)
        raise RuntimeError(f"unicorn {unicorn.__version__}: CPU state has an unknown layout")

    @staticmethod
    def _counter(uc: unicorn.Uc, start: int) -> int:
        usable = ctypes.CDLL(None).malloc_usable_size
        usable.argtypes = (ctypes.c_void_p,)
        usable.restype = ctypes.c_size_t
        size = usable(uc._uch) & ~7
        uc.mem_write(start, b"\x90" * 300)
        found: set[int] | None = None
        for count in (211, 157):
            uc.ctl_flush_tb()
            uc.emu_start(start, 0, count=count)
            words = struct.unpack(f"<{size // 8}Q", ctypes.string_at(uc._uch, size))
            pair = {
                i for i in range(len(words) - 1) if words[i] in (count, count + 1) and words[i + 1] == count
            }
            found = pair if found is None else found & pair
        if not found or len(found) != 1:
            raise RuntimeError(f"unicorn {unicorn.__version__}: no instruction counter found")
        return found.pop() * 8


_layout: list[_Layout] = []


def _known_layout() -> _Layout:
    if not _layout:
        _layout.append(_Layout())
    return _layout[0]


class Engine:
    """A Unicorn CPU on guest RAM with paging, NX and a flat GDT; registers, hooks and translation cache."""

    def __init__(self, memory: Memory, gdt: int) -> None:
        wide = memory.layout.bits == 64
        self.memory = memory
        self.wide = wide
        where = _known_layout()
        self._uc = uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64 if wide else unicorn.UC_MODE_32)
        self._handle: ctypes.c_void_p = uc._uch
        uc.ctl_set_tcg_buffer_size(TCG_BUFFER)
        uc.ctl_set_tlb_mode(unicorn.UC_TLB_CPU)
        uc.ctl_exits_enabled(True)  # no exit address: a jump to NULL is a page fault
        anchor = ctypes.c_char.from_buffer(memory.mm)
        uc.mem_map_ptr(0, memory.size, unicorn.UC_PROT_ALL, ctypes.addressof(anchor))
        self._anchor = anchor  # keeps the mmap alive as long as Unicorn may touch it
        self._set_up(gdt)
        self._context = uc.context_save()
        pointer = self._context.context
        base: int = pointer if isinstance(pointer, int) else pointer.value
        self._context_address = base
        self._error_code = ctypes.c_int32.from_address(base + where.error_code)
        self._old_exception = ctypes.c_int32.from_address(base + where.old_exception)
        self._executed = ctypes.c_uint64.from_address(self._handle.value + where.executed)  # type: ignore[operator]
        self._kept: list[object] = []  # callbacks must outlive the hooks
        self._generation = memory.generation

    def _set_up(self, gdt: int) -> None:
        uc = self._uc
        uc.reg_write(x86.UC_X86_REG_GDTR, (0, gdt, len(self.memory.layout.gdt) * 8 - 1, 0))
        uc.reg_write(x86.UC_X86_REG_CR3, self.memory.paging.root)
        uc.reg_write(x86.UC_X86_REG_CR4, _CR4)
        uc.reg_write(x86.UC_X86_REG_MSR, (_MSR_EFER, 0xD01 if self.wide else 0x801))  # NXE, LME, LMA, SCE
        uc.reg_write(x86.UC_X86_REG_CR0, _CR0)
        uc.reg_write(x86.UC_X86_REG_CS, KERNEL_CS)
        for segment in (x86.UC_X86_REG_SS, x86.UC_X86_REG_DS, x86.UC_X86_REG_ES):
            uc.reg_write(segment, KERNEL_DS)

    # ---- registers

    def reg(self, name: str) -> int:
        """One register by name, at leisure."""
        value: int = self._uc.reg_read(register_id(name))
        return value

    def set_reg(self, name: str, value: int) -> None:
        """Write one register by name."""
        self._uc.reg_write(register_id(name), value)

    def set_gs_base(self, va: int) -> None:
        """Where gs: points (x86_64)."""
        self._uc.reg_write(x86.UC_X86_REG_MSR, (_MSR_GS_BASE, va))

    def set_idt(self, va: int, limit: int = 4095) -> None:
        """Load IDTR, as the guest's lidt does."""
        self._uc.reg_write(x86.UC_X86_REG_IDTR, (0, va, limit, 0))

    def read_tsc(self) -> int:
        """The time stamp counter as rdtsc gives it; for a CPU that does not run guest code yet."""
        self._uc.emu_start(self.memory.layout.stub, 0)
        high: int = self._uc.reg_read(x86.UC_X86_REG_EDX)
        low: int = self._uc.reg_read(x86.UC_X86_REG_EAX)
        return high << 32 | low

    # ---- hooks: callbacks may read and write registers; what they raise is lost, so they must not raise

    def _hook(self, kind: int, callback: object, begin: int, end: int, *extra: ctypes.c_int) -> None:
        handle = ctypes.c_size_t()
        status = binding.uclib.uc_hook_add(
            self._handle,
            ctypes.byref(handle),
            kind,
            ctypes.cast(callback, ctypes.c_void_p),  # type: ignore[arg-type]
            None,
            ctypes.c_uint64(begin),
            ctypes.c_uint64(end),
            *extra,
        )
        if status:
            raise RuntimeError(strerror(status))
        self._kept.append(callback)

    def hook_interrupts(self, callback: Callable[[int | None, int, int | None], None]) -> None:
        """callback(handle, vector, _) at every exception and `int N`."""
        self._hook(unicorn.UC_HOOK_INTR, _INTR_HOOK(callback), 1, 0)

    def hook_invalid(self, callback: Callable[[int | None, int | None], bool]) -> None:
        """callback(handle, _) at an invalid instruction; True means that it was dealt with."""
        self._hook(unicorn.UC_HOOK_INSN_INVALID, _INVALID_HOOK(callback), 1, 0)

    def hook_out(self, callback: Callable[[int | None, int, int, int, int | None], None]) -> None:
        """callback(handle, port, size, value, _) at OUT; it cannot stop the CPU at that instruction."""
        self._hook(unicorn.UC_HOOK_INSN, _OUT_HOOK(callback), 1, 0, ctypes.c_int(x86.UC_X86_INS_OUT))

    def hook_address(self, va: int, callback: Callable[[int | None, int, int, int | None], None]) -> None:
        """callback(handle, va, size, _) before the instruction at va; free elsewhere."""
        self._hook(unicorn.UC_HOOK_CODE, _CODE_HOOK(callback), va, va)
        self._uc.ctl_flush_tb()

    # ---- exceptions

    def _take_fault(self) -> int:
        """Error code of the exception that is being delivered; marks it as delivered."""
        _context_save(self._handle, self._context_address)
        code = self._error_code.value
        self._old_exception.value = -1
        _context_restore(self._handle, self._context_address)
        return code

    # ---- caches

    def _flush_tlb(self) -> None:
        self._uc.ctl(unicorn.UC_CTL_TLB_FLUSH, unicorn.UC_CTL_IO_WRITE)

    def _drop_all_code(self) -> None:
        self._uc.ctl_flush_tb()

    def _drop_code(self, va: int, end: int) -> None:
        self._uc.ctl_remove_cache(va, end)
