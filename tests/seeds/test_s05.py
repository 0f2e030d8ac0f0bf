"""S5: an operand that is used as an address has to be in a register; the assembler sees to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.seeds.conftest import Era
from tests.seeds.variants import BuildError, variant
from tracefs.machine import GuestCrash, paging

Boot = Callable[..., Era]
HOOKING = "arch/x86/kernel/ftrace_return_32.c"
OPERAND = '[parent_replaced] "=r" (parent)'
UNMAPPED = 0x1234_5000
HOOK = "prepare_ftrace_return_pushed"


def test_mutant_memory_operand_fails_to_assemble() -> None:
    in_memory = OPERAND, OPERAND.replace("=r", "=m")
    with pytest.raises(BuildError, match="Assembler messages"):
        variant(HOOKING, in_memory)


def hook(old: Era, parent: int) -> None:
    """Ask for the return address at ``parent`` to be hooked, as a call site would."""
    old.echo("return", "current_tracer")
    with old.system.machine.lock:
        old.system.machine.cpus[0].call(old.symbol(HOOK), parent, old.site("vfs_read"))


def active(old: Era) -> bool:
    """Does the tracer record?"""
    return bool(old.memory.u32(old.symbol("ftrace_return_active")))


def ended_well(old: Era) -> bool:
    """It said so, it does not trace any more, and the kernel goes on."""
    size = old.cat("trace").count("\n")
    old.workload("vfs", 1)
    quiet = old.cat("trace").count("\n") == size
    return "WARNING: " in old.dmesg() and "ftrace_return_32.c" in old.dmesg() and quiet


def test_an_address_that_faults(era: Boot) -> None:
    old = era("tip-return")
    hook(old, UNMAPPED)
    assert not active(old)
    assert ended_well(old)
    old.echo("nop", "current_tracer")  # registered again, it traces again
    old.echo("return", "current_tracer")
    old.workload("vfs", 1)
    assert " -> vfs_read (" in old.cat("trace")


def test_an_address_that_cannot_be_written(era: Boot) -> None:
    old = era("tip-return")
    page = old.memory.alloc_pages(1)
    old.memory.put_u32(page, old.site("vfs_open"))
    old.memory.protect(page, 4096, paging.PRESENT)
    hook(old, page)
    assert not active(old)
    assert old.memory.u32(page) == old.site("vfs_open")


def test_a_parent_that_is_no_text(era: Boot) -> None:
    old = era("tip-return")
    page = old.memory.alloc_pages(1)
    old.memory.put_u32(page, UNMAPPED)
    hook(old, page)
    assert not active(old)
    assert old.memory.u32(page) == UNMAPPED  # what was hooked is put back
    assert ended_well(old)


def test_a_parent_in_a_module_is_text(era: Boot) -> None:
    old = era("tip-return")
    old.echo("dummy", ".machine/insmod")
    page = old.memory.alloc_pages(1)
    module = old.system.kallsyms.addr("dummy_get_drvinfo")
    assert module is not None
    old.memory.put_u32(page, module)
    hook(old, page)
    assert active(old)
    assert old.memory.u32(page) == old.symbol("return_to_handler")


SAY = "4:\tmovl\t$1, %[faulted]"
MUTANTS: dict[str, tuple[str, str]] = {
    "no fix-up": ("_ASM_EXTABLE(1b, 4b)", '"1:"'),
    "the fix-up does not say that it faulted": (SAY, SAY.replace("$1", "$0")),
}


@pytest.mark.parametrize("mutant", list(MUTANTS))
def test_mutant_fix_up(era: Boot, mutant: str) -> None:
    image: Path = variant(HOOKING, MUTANTS[mutant])
    old = era("tip-return", directory=image)
    try:
        hook(old, UNMAPPED)
    except GuestCrash:
        return
    assert not ended_well(old) or active(old)


def test_mutant_text_is_not_asked_for(era: Boot) -> None:
    image = variant(HOOKING, ("unlikely(!__kernel_text_address(old))", "0"))
    old = era("tip-return", directory=image)
    page = old.memory.alloc_pages(1)
    old.memory.put_u32(page, UNMAPPED)
    hook(old, page)
    assert active(old)
    assert old.memory.u32(page) != UNMAPPED
