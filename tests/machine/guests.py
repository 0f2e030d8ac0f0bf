"""Small guests in assembly, with an IDT of their own."""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from tracefs.machine import X86_64, Cpu, Machine, Vector

TEXT = X86_64.kernel_base
TEXT_SIZE = 0x1_0000
DATA = TEXT + 0x10_0000
DATA_SIZE = 0x10_0000
PERCPU = DATA + 0x2000
PERCPU_SIZE = 0x100
POLL = 0x20  # offsets in the per-CPU block
CLOCK = 0x28
VARS = DATA + 0x4000  # for the guest's own use
STACK_SIZE = 0x4000

HYPERCALL_USER = "mov eax, 0; int 0x30"
HYPERCALL_YIELD = "mov eax, 2; int 0x30"


class Piece(NamedTuple):
    """A Segment of an image."""

    va: int
    data: bytes
    size: int
    executable: bool


@functools.cache
def _assembler(bits: int) -> Any:
    from keystone import KS_ARCH_X86, KS_MODE_32, KS_MODE_64, Ks

    return Ks(KS_ARCH_X86, KS_MODE_64 if bits == 64 else KS_MODE_32)


@functools.cache
def assemble(source: str, va: int = 0, bits: int = 64) -> bytes:
    """Machine code; statements are separated by semicolons or lines."""
    code, _ = _assembler(bits).asm(source, va)
    return bytes(code)


class Guest:
    """A machine whose text is written piece by piece."""

    def __init__(self, cpus: int = 1, seed: int | None = None, **options: Any) -> None:
        self.machine = Machine(cpus, seed, **options)
        self.memory = self.machine.memory
        where = self.memory.layout
        self.bits = where.bits
        self.text = where.kernel_base
        self.data = self.text + DATA - TEXT
        self.vars = self.text + VARS - TEXT
        self.machine.map_kernel(
            [Piece(self.text, b"", TEXT_SIZE, True), Piece(self.data, b"", DATA_SIZE, False)]
        )
        percpu = self.text + PERCPU - TEXT
        self.machine.set_percpu(percpu, PERCPU_SIZE, poll=POLL, clock=CLOCK)
        self.next = self.text
        for cpu in self.machine.cpus:
            cpu.set_idt(self.data)
        self.hold(0)
        self.handler(Vector.LOCAL_TIMER, "iretq" if self.bits == 64 else "iretd")

    @property
    def cpu(self) -> Cpu:
        """The first one."""
        return self.machine.cpus[0]

    def hold(self, hypercall: int) -> None:
        """Stop CPUs at this hypercall."""
        self.machine.hypercalls[hypercall] = lambda cpu: None

    def code(self, source: str, at: int | None = None) -> int:
        """Assemble at the next free address, which is returned."""
        va = self.next if at is None else at
        code = assemble(source, va, self.bits)
        self.memory.write(va, code)
        if at is None:
            self.next = (va + len(code) + 31) & ~15
        return va

    def gate(self, vector: int, handler: int, kind: int = 14) -> None:
        """Fill an IDT entry; kind 15 is a trap gate."""
        low, middle, high = handler & 0xFFFF, handler >> 16 & 0xFFFF, handler >> 32
        entry = struct.pack("<HHBBH", low, 8, 0, 0x80 | kind, middle)
        if self.bits == 64:
            entry += struct.pack("<II", high, 0)
        self.memory.write(self.data + len(entry) * vector, entry)

    def handler(self, vector: int, source: str, kind: int = 14) -> int:
        """Assemble an interrupt handler and fill its gate."""
        va = self.code(source)
        self.gate(vector, va, kind)
        return va

    def start(self, va: int, cpu: int = 0) -> None:
        """Put a CPU on line at va, with a stack of its own."""
        self.machine.start_cpu(cpu, va, self.data + 0x8000 + STACK_SIZE * (cpu + 1))

    def run(self, source: str, done: Callable[[], bool] = lambda: False) -> Cpu:
        """Run source on the first CPU until everything is idle; returns that CPU."""
        self.start(self.code(source))
        self.machine.run(done)
        return self.cpu

    def var(self, i: int = 0) -> int:
        """A 64-bit variable of the guest."""
        return self.memory.u64(self.vars + 8 * i)

    def run_until_var(self) -> int:
        """Run until the first variable is set, and return it."""
        self.machine.run(lambda: self.var() != 0)
        return self.var()
