"""S22: the sites come from the build; mcount returns at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tracefs.ftrace import Ftrace

Boot = Callable[..., Era]
LEAF = "task_nice"
RET = b"\xc3"


def instructions(era: Era) -> int:
    """How many instructions a call of a small function takes."""
    cpu = era.system.init.cpu or era.system.machine.cpus[0]
    before = cpu.executed
    cpu.call(era.symbol(LEAF), era.symbol("init_task"))
    return cpu.executed - before


def test_sites_are_known_at_boot(era: Boot) -> None:
    old = era()
    sites = set(old.system.image.mcount_loc.tolist())
    assert len(sites) > 1000
    assert sites <= set(old.ftrace.records.ips.tolist())
    assert old.cat("available_filter_functions").count("\n") >= len(sites) - 10


def without_ftrace(era: Boot, monkeypatch: pytest.MonkeyPatch) -> Era:
    """A kernel whose ftrace_init failed: every site calls mcount."""
    monkeypatch.setattr(Ftrace, "init", lambda ftrace, probe=None: ftrace.kill())
    return era(seed=1)


def test_without_ftrace_a_site_costs_a_call_and_a_return(
    era: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    nops = instructions(era(seed=1))
    dead = without_ftrace(era, monkeypatch)
    assert dead.code(dead.symbol("mcount"), 1) == RET
    assert instructions(dead) == nops + 1
    assert dead.cat("trace").count("\n") == 4


def test_mutant_mcount_does_more(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    nops = instructions(era(seed=1))
    dead = without_ftrace(era, monkeypatch)
    mcount, stub = dead.symbol("mcount"), dead.symbol("ftrace_stub")
    dead.memory.write(mcount, b"\xe9" + (stub - mcount - 5 & 0xFFFFFFFF).to_bytes(4, "little"))
    dead.system.machine.flush_text()
    assert instructions(dead) > nops + 1
