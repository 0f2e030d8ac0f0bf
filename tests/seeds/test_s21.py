"""S21: a nop of one instruction, the first of three that the processor executes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tracefs.arch import x86

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


def stops_inside(era: Era) -> bool:
    """Whether a task can be preempted between two instructions of a site."""
    site = era.site("vfs_read")
    first, second, *_ = era.system.arch.disassemble(site, 16)
    if " jmp " in first:
        return f"{site + 5:#x}" not in first
    return int(second.partition(":")[0], 16) != site + 5


@pytest.mark.parametrize("model", MODELS)
def test_choice(era: Boot, model: str) -> None:
    old = era(cpu_model=model)
    assert chosen(old) == MODELS[model]
    assert not stops_inside(old)
    old.trace_only("vfs_read")
    old.cat("current_tracer")
    assert "vfs_read <-ksys_read" in old.cat("trace")


def test_mutant_faults_go_unnoticed(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    choose = x86.X86.dyn_arch_init
    monkeypatch.setattr(
        x86.X86,
        "dyn_arch_init",
        lambda arch, probe, printk: choose(arch, lambda code: True, printk),
    )
    assert chosen(era(cpu_model="pentium")) != MODELS["pentium"]


def test_mutant_two_part_nop(era: Boot) -> None:
    assert stops_inside(era(bugs=["two-part-nop"]))
