"""S2: prepare_ftrace_return takes its arguments in registers; the way before gives the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.seeds.conftest import Era
from tests.seeds.steps import Lost, calling
from tests.seeds.variants import variant
from tracefs.machine import GuestCrash
from tracefs.machine.unicorn_state import IP

Boot = Callable[..., Era]
CALLERS = ("ftrace_return_caller", "ftrace_return_caller_pushed")
ENTRY = "arch/x86/kernel/ftrace_32.S"
KEPT = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp")
WORDS = st.integers(0, 2**32 - 1)


def start(old: Era, caller: str, functions: str) -> None:
    """Trace returns, hooked by one of the two conventions."""
    top = old.system.kernel.traces.top
    top.backend.returns.caller = old.symbol(caller)  # type: ignore[attr-defined]
    old.echo(functions, "set_ftrace_filter")
    old.echo("return", "current_tracer")


def recorded(old: Era, caller: str) -> list[str]:
    """What returned to where, without the times."""
    start(old, caller, "vfs_* workload_*")
    old.workload("vfs", 2)
    old.workload("deep", 1, 10)
    old.echo(0, "tracing_enabled")
    lines = old.cat("trace").splitlines()
    return [re.sub(r" \(\d+ ns\)", "", line) for line in lines]


def test_both_give_the_same_trace(era: Boot) -> None:
    first, second = (recorded(era("tip-return"), caller) for caller in CALLERS)
    assert sum(" -> workload_deep_call" in line for line in first) == 11
    assert first == second


def sites_jump(old: Era, caller: str) -> bool:
    """Does ftrace_caller go on to that one?"""
    at = old.symbol("ftrace_graph_call")
    return old.code(at)[1:] == old.system.arch.call_code(at, old.symbol(caller))[1:]


@pytest.mark.parametrize("caller", CALLERS)
def test_it_is_the_one_asked_for(era: Boot, caller: str) -> None:
    old = era("tip-return")
    start(old, caller, "vfs_read")
    assert [sites_jump(old, each) for each in CALLERS] == [each == caller for each in CALLERS]


def registers(old: Era, values: dict[str, int]) -> dict[str, int]:
    """Call a traced function, with these registers when it comes to its site, and when it is left.

    Which registers have another value behind the site, or where the function returns to; with rsp.
    """
    site, changed = old.site("workload_leaf"), {}
    with calling(old, "workload_leaf", 0, 0) as call:
        cpu = call.cpu

        def run_to(place: int) -> None:
            for _ in range(2000):
                if cpu.words[IP] == place:
                    return
                call.step()
            raise Lost(f"did not come to {place:#x}")

        def through(place: int, added: int) -> None:
            before = cpu.get_regs()
            run_to(place)
            after = cpu.get_regs()
            changed.update({name: after[name] for name in KEPT if after[name] != before[name]})
            if after["rsp"] != before["rsp"] + added:
                changed["rsp"] = after["rsp"]

        run_to(site)
        frame = cpu.get_regs()["rbp"]
        cpu.set_regs(**values, rbp=frame)
        through(site + 5, 0)
        # The function itself is skipped: it leaves what it likes in the registers that it may use.
        cpu.set_regs(**values, rbp=0x1234, rsp=frame + 8, rip=old.symbol("return_to_handler"))
        through(old.system.machine.host_return, 0)
    return changed


@given(st.fixed_dictionaries({name: WORDS for name in KEPT if name != "rbp"}))
@settings(max_examples=40)
@pytest.mark.parametrize("caller", CALLERS)
def test_registers_are_kept(stepped: dict[str, Era], caller: str, values: dict[str, int]) -> None:
    assert registers(stepped[caller], values) == {}


@pytest.fixture(scope="module")
def stepped() -> Iterator[dict[str, Era]]:
    """A deterministic machine for each convention, tracing."""
    made = {caller: Era("tip-return", seed=1) for caller in CALLERS}
    for caller, old in made.items():
        start(old, caller, "workload_leaf")
    yield made
    for old in made.values():
        old.system.service.close()


def test_a_result_of_64_bits(era: Boot) -> None:
    """What ktime_get returns in edx:eax goes by return_to_handler unharmed."""
    old = era("tip-return", seed=1)
    start(old, CALLERS[0], "workload_leaf ktime_get")
    with calling(old, "ktime_get") as call:
        for _ in range(5000):
            if call.cpu.words[IP] == old.symbol("return_to_handler"):
                break
            call.step()
        inside = call.cpu.get_regs()
        assert call.cpu.words[IP] == old.symbol("return_to_handler")
        while not call.over:
            call.step()
        outside = call.cpu.get_regs()
    assert (outside["rax"], outside["rdx"]) == (inside["rax"], inside["rdx"])
    assert inside["rdx"] << 32 | inside["rax"]


STORE = "\tmovl\t%eax, 12(%esp)\n"
MUTANTS = {
    "arguments stay on the stack": ("addl\t$8, %esp\n\t.else", "\n\t.else"),
    "edx is not kept": (f"{STORE}\tpopl\t%edx", f"{STORE}\tpopl\t%ecx"),
}


@pytest.mark.parametrize("mutant", list(MUTANTS))
def test_mutant_assembly(era: Boot, mutant: str) -> None:
    image: Path = variant(ENTRY, MUTANTS[mutant])
    old = era("tip-return", seed=1, directory=image)
    caller = CALLERS[mutant.startswith("arguments")]
    try:
        start(old, caller, "workload_leaf")
        kept = registers(old, dict.fromkeys(KEPT[:-1], 7) | {"rdx": 8}) == {}
    except (Lost, GuestCrash):
        kept = False
    assert not kept
