"""What stands at a site that calls nothing: S10, S17, S21."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefs.arch.i386 import GENERIC_NOP5
from tracefs.arch.x86 import X86
from tracefs.kernel.bugs.table import bug

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

FIRST_HALF = 1
"""Bytes of the first part of GENERIC_NOP5."""
POISON_FREE_INITMEM = 0xCC


def _x86(system: System) -> X86:
    assert isinstance(system.arch, X86)
    return system.arch


@bug(
    "no-nop-array",
    seed="S10",
    since="2.6.28",
    symptom="the nop is compared with memory of the boot code, which is free: ftrace is off",
    how=("echo function > current_tracer || tail -2 .machine/dmesg",),
    sign=r"ftrace failed to modify .*\n.* actual: ",
)
def no_nop_array(system: System) -> Iterator[None]:
    """The pointer to the nop leads into init code, which is freed after boot."""
    arch, start = _x86(system), system.symbol("__init_begin")
    size = system.symbol("_einittext") - start
    kept = system.memory.read(start, size)

    def free_initmem() -> None:
        tests = (system.symbol("ftrace_test_p6nop"), system.symbol("ftrace_test_nop5"))
        arch.nop_at = next((at for at in tests if arch.read(at, len(arch.nop)) == arch.nop), start)
        system.memory.write(start, bytes((POISON_FREE_INITMEM,)) * size)

    system.trouble.when_booted(free_initmem)
    yield
    arch.nop_at = 0
    system.memory.write(start, kept)


@bug(
    "jmp-zeros",
    seed="S17",
    since="2.6.28",
    live=False,
    symptom="the jump of a site is over zeros: a disassembler loses its step behind it",
    how=("head -9 .machine/text/vfs_read",),
    sign=r"eb 03 .*\n.*: 00 00 ",
    options="--cpu-model i486",
)
def jmp_zeros(system: System) -> Iterator[None]:
    """An odd number of zeros ends in the middle of an instruction."""
    arch = _x86(system)
    arch.nops = (*arch.nops[:-1], (bytes.fromhex("eb03000000"), "jmp . + 5"))
    yield


@bug(
    "two-part-nop",
    seed="S21",
    live=False,
    symptom="a task preempted between the halves comes back into the middle of a call, and dies",
    how=(
        "echo calls 400000 > .machine/workload &",
        "for i in 1 2 3 4 5; do echo function > current_tracer; echo nop > current_tracer; done",
        "wait; grep -A2 crash .machine/dmesg",
    ),
    sign=r"guest crash: ",
)
def two_part_nop(system: System) -> Iterator[None]:
    """The nop of the generic table, as 2.6.27 has it anyway; one is where interrupts arrive."""
    _x86(system).nops = ((GENERIC_NOP5, GENERIC_NOP5.hex(" ")),)
    if not system.machine.deterministic:
        for cpu in system.machine.cpus:
            cpu.poll_at(system.trouble.faults_at.site("workload_leaf") + FIRST_HALF)
    yield
