"""S17: the jump is over one-byte nops, so that disassemblers stay in step."""

from __future__ import annotations

from collections.abc import Callable

from tests.seeds.conftest import Era

Boot = Callable[..., Era]


def in_step(era: Era) -> bool:
    """Whether a linear sweep over a site comes to the instruction behind it."""
    site = era.site("vfs_read")
    lines = era.system.arch.disassemble(site, 16)
    return f"{site + 5:x}" in [line.partition(":")[0] for line in lines]


def test_a_sweep_stays_in_step(era: Boot) -> None:
    old = era(cpu_model="i486")
    assert old.code(old.site("vfs_read")) == bytes.fromhex("eb03909090")
    assert in_step(old)


def test_mutant_zeros(era: Boot) -> None:
    assert not in_step(era(cpu_model="i486", bugs=["jmp-zeros"]))
