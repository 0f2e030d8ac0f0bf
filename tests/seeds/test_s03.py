"""S3: neither lock nor cli around the stack of returns: the order of the two steps is enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.seeds.conftest import Era
from tests.seeds.steps import Lost, everywhere
from tests.seeds.variants import variant
from tracefs.machine import Cpu, GuestCrash
from tracefs.machine.hypercall import Vector

Boot = Callable[..., Era]
HOOKING = "arch/x86/kernel/ftrace_return_32.c"
TRACERS = {"tip-return": "return", "2.6.29": "function_graph"}
WRONG = (Lost, AssertionError, GuestCrash)


def timer(cpu: Cpu) -> None:
    """A timer interrupt now, whose handlers are traced."""
    cpu.deliver(Vector.LOCAL_TIMER)


def nmi(cpu: Cpu) -> None:
    """An NMI now, whose handlers are called through sites, but not hooked."""
    cpu.deliver(Vector.NMI)


def interrupted(old: Era, release: str, act: Callable[[Cpu], None]) -> Counter[str]:
    """Act at every instruction of a traced call; where that was."""
    old.echo(TRACERS[release], "current_tracer")
    table = old.memory.alloc_pages(1)
    with old.system.machine.lock:
        return everywhere(old, "workload_leaf", (table, 5), act)


@pytest.mark.parametrize("act", [timer, nmi])
@pytest.mark.parametrize("release", list(TRACERS))
def test_an_interrupt_at_every_instruction(
    era: Boot, release: str, act: Callable[[Cpu], None]
) -> None:
    old = era(release, seed=1)
    places = interrupted(old, release, act)
    assert places["prepare_ftrace_return"] > 30
    assert places["push_return_trace"] > 20
    assert places["ftrace_return_to_handler"] > 30  # which has the pop in it
    assert places["return_to_handler"] > 5
    assert "workload_leaf" in old.cat("trace")


def test_no_lock_and_no_cli(era: Boot) -> None:
    old = era("tip-return")
    for name in ("prepare_ftrace_return", "push_return_trace", "ftrace_return_to_handler"):
        at = old.symbol(name)
        found = old.system.kallsyms.lookup(at)
        assert found is not None
        code = [line.split() for line in old.system.arch.disassemble(at, found.size)]
        words = {word for line in code for word in line[1:]}
        assert not words & {"cli", "lock", "xchg"} - {"lock" if name.startswith("push") else ""}


LOWER = "task->curr_ret_stack--;\n"
ORDERS: dict[str, list[tuple[str, str]]] = {
    "pop lowers the index before it reads": [
        ("\tret = slot->ret;", f"\t{LOWER}\tbarrier();\n\tret = slot->ret;"),
        (f"\t{LOWER}\treturn ret;", "\treturn ret;"),
    ],
    "push fills before it raises the index": [
        ("index = ++task->curr_ret_stack;", "index = task->curr_ret_stack + 1;"),
        ("\t*depth = index;", "\tbarrier();\n\t*depth = task->curr_ret_stack = index;"),
    ],
}


@pytest.mark.parametrize("order", list(ORDERS))
def test_mutant_order(era: Boot, order: str) -> None:
    image: Path = variant(HOOKING, *ORDERS[order])
    old = era("tip-return", seed=1, directory=image)
    with pytest.raises(WRONG):
        interrupted(old, "tip-return", timer)
