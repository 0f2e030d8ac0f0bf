"""Where Unicorn keeps the state of an x86 CPU; found by looking, not by private headers.

Registers read in place cost 0.04 us, by the library 0.7.  Four facts are to be had in no other
way: a page fault's error code, "an exception is in flight" (never cleared, so that every second
fault would be a double fault), how many instructions an emu_start executed, and whether to look
after each access to memory if a stop was asked for (which slows the guest down to 0.6).
"""

from __future__ import annotations

import ctypes
import os
import struct
from itertools import pairwise
from typing import Any, NamedTuple

from tracefs.machine.library import lib, unicorn, x86

# Order of the registers in the CPU state (the encoding of x86), then the instruction pointer and
# the flags without the arithmetic ones, which are computed when asked for.
REGISTERS = (
    "rax",
    "rcx",
    "rdx",
    "rbx",
    "rsp",
    "rbp",
    "rsi",
    "rdi",
    *(f"r{i}" for i in range(8, 16)),
)
AX, CX, DX, BX, SP, BP, SI, DI, R8, R9, R10 = range(11)
IP, FLAGS = 16, 17
WORDS = 18

_CODE = 0x11358
_STATE_SIZE = 0x1C00
_BLOCK_MAX = 0x10000
_CONTEXT_HEADER = 0x80


class UnicornLayout(NamedTuple):
    """Offsets."""

    cpu: int  # pointer in the handle
    state: int  # in what that points to
    error_code: int  # in the state
    old_exception: int
    executed: int  # in the handle
    no_exit_request: int


class LayoutError(RuntimeError):
    """This build of Unicorn keeps its state in a way that is not understood."""


def find_layout() -> UnicornLayout:
    """Run a few instructions on a small CPU and look what changed (6 ms).  Raises LayoutError."""
    uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
    uc.ctl_set_tcg_buffer_size(1 << 20)
    uc.mem_map(0x10000, 0x3000)
    uc.hook_add(unicorn.UC_HOOK_INTR, lambda uc, number, data: uc.emu_stop())
    handle: int = uc._uch.value
    size = _allocated(handle)

    def run(code: bytes, count: int = 0) -> None:
        uc.mem_write(_CODE, code)
        uc.ctl_flush_tb()
        uc.emu_start(_CODE, 0, count=count)

    with open("/proc/self/mem", "rb", buffering=0) as memory:
        cpu, state = _find_state(memory.fileno(), handle, size, uc)
        at = _pointer(handle + cpu) + state
        run(b"\xcd\x55")
        interrupt = os.pread(memory.fileno(), _STATE_SIZE, at)
        run(b"\x31\xc9\xf7\xf1")
        divide = os.pread(memory.fileno(), _STATE_SIZE, at)
    if struct.unpack_from("<Q", interrupt, IP * 8)[0] != _CODE + 2:
        raise LayoutError("the instruction pointer is not in place")
    error_code, old_exception = _exception_fields(interrupt, divide, _CODE + 2)

    found: set[int] | None = None
    for count in (211, 157):
        run(b"\x90" * 300, count)
        words = struct.unpack(f"<{size // 8}Q", ctypes.string_at(handle, size // 8 * 8))
        here = {i for i, pair in enumerate(pairwise(words)) if pair == (count + 1, count)}
        found = here if found is None else found & here
    if not found or len(found) != 1:
        raise LayoutError("no instruction counter")
    no_exit_request = _no_exit_request(handle, size, uc)
    return UnicornLayout(cpu, state, error_code, old_exception, found.pop() * 8, no_exit_request)


def _allocated(address: int) -> int:
    usable = ctypes.CDLL(None).malloc_usable_size
    usable.argtypes = (ctypes.c_void_p,)
    usable.restype = ctypes.c_size_t
    size: int = usable(address)
    return size


def _pointer(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _find_state(mem: int, handle: int, size: int, uc: Any) -> tuple[int, int]:
    # Any word of the handle may be the pointer to the CPU.  Reading through the file survives words
    # that are no pointers; a pointer counts if the registers are inside the heap block it points
    # to.
    pattern = _write_registers(uc, 0x1111_0000_2222_0000)
    found = []
    for offset in range(0, size - 7, 8):
        block = _pointer(handle + offset)
        if block < 0x10000 or block >> 47 or block % 16:
            continue
        try:
            header = int.from_bytes(os.pread(mem, 8, block - 8), "little") & ~7
            at = os.pread(mem, min(header, _BLOCK_MAX), block).find(pattern)
        except OSError:
            continue
        if at >= 0 and at + _STATE_SIZE <= header:
            found.append((offset, at))
    # Old copies elsewhere do not follow a change; a pointer to something before it is farther away.
    pattern = _write_registers(uc, 0x3333_0000_5555_0000)
    alive = [
        (at, offset)
        for offset, at in found
        if os.pread(mem, len(pattern), _pointer(handle + offset) + at) == pattern
    ]
    if not alive:
        raise LayoutError("no CPU state")
    state, cpu = min(alive)
    return cpu, state


def _write_registers(uc: Any, base: int) -> bytes:
    values = [base + i * 0x1_0001 for i in range(len(REGISTERS))]
    for name, value in zip(REGISTERS, values, strict=True):
        uc.reg_write(getattr(x86, f"UC_X86_REG_{name.upper()}"), value)
    return struct.pack(f"<{len(values)}Q", *values)


def _exception_fields(interrupt: bytes, divide: bytes, next_ip: int) -> tuple[int, int]:
    wanted = struct.pack("<iQ", 1, next_ip)  # "is an int instruction", where that instruction ends
    at = interrupt.find(wanted)
    while at >= 0:
        for field in range(at + 12, at + 312, 4):
            if interrupt[field : field + 4] == b"\xff" * 4 and divide[field : field + 4] == bytes(
                4
            ):
                return at - 4, field
        at = interrupt.find(wanted, at + 1)
    raise LayoutError("no exception fields")


def _no_exit_request(handle: int, size: int, uc: Any) -> int:
    # A stop by a hook on the load: are the instructions after it, in the same block, executed?
    uc.hook_add(unicorn.UC_HOOK_MEM_READ, lambda uc, *access: uc.emu_stop())
    uc.mem_write(_CODE, b"\x48\x8b\x03\x48\xff\xc1\xf4")  # mov (%rbx),%rax; inc %rcx; hlt
    uc.reg_write(x86.UC_X86_REG_RBX, _CODE)

    def runs_on() -> bool:
        uc.reg_write(x86.UC_X86_REG_RCX, 0)
        uc.ctl_flush_tb()
        uc.emu_start(_CODE, 0)
        return bool(uc.reg_read(x86.UC_X86_REG_RCX))

    # It is one of four bytes of truth values, the last of them 1, that follow the size of the state
    # and an address.
    context = lib.uc_context_size(uc._uch)
    block = ctypes.string_at(handle, size - size % 8)
    for word, value in enumerate(memoryview(block).cast("i")):
        if word % 2 or not 0 <= context - value < _CONTEXT_HEADER or block[4 * word + 19] != 1:
            continue
        for at in range(4 * word + 16, 4 * word + 19):
            if not block[at]:
                flag = ctypes.c_uint8.from_address(handle + at)
                flag.value = 1
                if runs_on():
                    flag.value = 0
                    if not runs_on():
                        return at
                flag.value = 0
    raise LayoutError("no way to let blocks run to their ends")


class State:
    """Views of one instance's state; they must not be used after the instance is gone."""

    def __init__(self, uc: Any, where: UnicornLayout) -> None:
        handle = uc._uch.value
        at = _pointer(handle + where.cpu) + where.state
        for value in (0x1234_5678, 0x0FED_CBA9):  # trust, but verify: this is another instance
            uc.reg_write(x86.UC_X86_REG_EAX, value)
            uc.reg_write(x86.UC_X86_REG_ESI, ~value & 0x7FFF_FFFF)
            words = ctypes.string_at(at, 8 * WORDS)
            low = struct.unpack_from("<I", words, AX * 8) + struct.unpack_from("<I", words, SI * 8)
            if low != (value, ~value & 0x7FFF_FFFF):
                raise LayoutError("registers of this CPU are elsewhere")
        self.words = memoryview((ctypes.c_uint64 * WORDS).from_address(at)).cast("B").cast("Q")
        self.error_code: Any = ctypes.c_int32.from_address(at + where.error_code)
        self.old_exception: Any = ctypes.c_int32.from_address(at + where.old_exception)
        self.executed: Any = ctypes.c_uint64.from_address(handle + where.executed)
        self.no_exit_request: Any = ctypes.c_bool.from_address(handle + where.no_exit_request)
