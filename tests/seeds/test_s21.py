"""S21: a nop of one instruction, the first of three that the processor executes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.kernel.client import Process
from tests.seeds.conftest import Era
from tracefs.arch import x86
from tracefs.kernel import BootError

Boot = Callable[..., Era]
MODELS = {
    "p6": ("0f1f440000", "0f 1f 44 00 00"),
    "pentium": ("6666666690", "66 66 66 66 90"),
    "i486": ("eb03909090", "jmp . + 5"),
}


def chosen(era: Era) -> tuple[str, str]:
    """The bytes of a site, and what the log says of them."""
    line = "ftrace: converting mcount calls to "
    said = next(text.partition(line)[2] for text in era.dmesg().splitlines() if line in text)
    return era.code(era.site("vfs_read")).hex(), said


def boundaries_inside(era: Era) -> dict[str, int]:
    """How many instructions begin behind the first byte of a site, in all of the kernel's sites.

    By function; what the jump of an i486 leads over is never executed.
    """
    inside = {}
    for line in era.cat(".machine/records").splitlines():
        site, function = int(line.split()[0], 16), line.split()[-1]
        first, *others = era.system.arch.disassemble(site, 5)
        if not first.endswith(f" jmp {site + 5:#x}") and others:
            inside[function] = len(others)
    return inside


def stops(era: Era) -> set[int]:
    """Where a CPU stands, counted from the site, while it executes a small function."""
    cpu = era.system.machine.cpus[0]
    site, places = era.site("task_nice"), set[int]()
    state = cpu.enter_function(era.symbol("task_nice"), era.symbol("init_task"))
    while cpu.rip != era.system.machine.host_return:
        places.add(cpu.rip - site)
        assert cpu.step(1) == 1
    cpu.leave_function(state)
    return places


@pytest.mark.parametrize("model", MODELS)
def test_choice(era: Boot, model: str) -> None:
    old = era(cpu_model=model)
    assert chosen(old) == MODELS[model]
    assert not boundaries_inside(old)
    old.trace_only("vfs_read")
    old.cat("current_tracer")
    assert "vfs_read <-ksys_read" in old.cat("trace")


@pytest.mark.parametrize("model", MODELS)
def test_the_processor_can_be_read(era: Boot, model: str) -> None:
    names = era(cpu_model=model).cat(".machine/cpu_model").split()
    assert names == [f"[{name}]" if name == model else name for name in MODELS]
    assert era("6.1").cat(".machine/cpu_model") == "[p6]\n"
    with pytest.raises(BootError, match="no i486 runs a kernel of 64 bits"):
        era("6.1", cpu_model="i486")


def test_mutant_faults_go_unnoticed(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    choose = x86.X86.dyn_arch_init
    monkeypatch.setattr(
        x86.X86,
        "dyn_arch_init",
        lambda arch, probe, printk: choose(arch, lambda code: True, printk),
    )
    assert chosen(era(cpu_model="pentium")) != MODELS["pentium"]


@pytest.mark.parametrize("model", MODELS)
def test_no_interrupt_comes_in_the_middle(era: Boot, model: str) -> None:
    places = stops(era(cpu_model=model, seed=1))
    assert {0, 5} <= places
    assert not places & {1, 2, 3, 4}


def survives(era: Era) -> bool:
    """Whether a task does its work, and right, while tracing begins and ends."""
    busy = Process(era.service)
    work = ("calls", 150_000)
    try:
        right = busy.workload(*work)
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(busy.workload, *work)
            with suppress(OSError):
                while not done.done():
                    era.echo("function", "current_tracer")
                    era.echo("nop", "current_tracer")
        return done.exception() is None and done.result() == right
    finally:
        busy.end()


def test_tasks_survive_the_change(era: Boot) -> None:
    assert survives(era())


def test_mutant_two_part_nop(era: Boot) -> None:
    assert len(boundaries_inside(era(bugs=["two-part-nop"]))) > 1000
    assert 1 in stops(era(bugs=["two-part-nop"], seed=1))


@pytest.mark.usefixtures("capfd")
def test_mutant_preempted_between_the_halves(era: Boot) -> None:
    assert not survives(era(bugs=["two-part-nop"], hang_seconds=1.0))
