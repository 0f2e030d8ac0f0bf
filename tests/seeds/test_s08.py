"""S8: dyn_ftrace_total_info counts how often patching waited for NMIs, and what these wrote."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tracefs.arch import NmiSafe

Boot = Callable[..., Era]


def counts(era: Era) -> tuple[int, int]:
    """Waits and writes."""
    _, waits, writes = map(int, era.cat("dyn_ftrace_total_info").split())
    return waits, writes


def patching_cpu(era: Era) -> int:
    """The CPU that changes sites, which is the one that asks for it."""
    era.echo("nop", "current_tracer")
    return era.system.syscalls.current_cpu.number


def moved(era: Era, other: bool) -> set[tuple[int, int]]:
    """How the numbers move for NMIs at one of many moments of one change."""
    era.echo("vfs_read", "set_ftrace_filter")
    seen = set()
    for moment in range(1, 220, 4):
        before = counts(era)
        cpu = patching_cpu(era)
        era.echo(f"{1 - cpu if other else cpu} +{moment}", ".machine/nmi")
        era.echo("function", "current_tracer")
        if patching_cpu(era) == cpu:
            after = counts(era)
            seen.add((after[0] - before[0], after[1] - before[1]))
    return seen


def test_an_nmi_of_the_patching_cpu_writes_or_does_not(era: Boot) -> None:
    tip = era("tip-return")
    assert moved(tip, other=False) == {(0, 0), (0, 1)}


def test_an_nmi_elsewhere_is_waited_for(era: Boot) -> None:
    tip = era("tip-return")
    # In flight at step 3; and one that came between steps 2 and 5, which step 6 waits for.
    assert moved(tip, other=True) >= {(1, 0), (1, 1)}


def test_k_nmis_write_k_times(era: Boot) -> None:
    tip = era("tip-return", cpus=4)
    tip.echo("vfs_read", "set_ftrace_filter")
    best = 0
    for moment in range(20, 220, 4):
        before = counts(tip)
        for cpu in range(4):
            tip.echo(f"{cpu} +{moment}", ".machine/nmi")
        tip.echo("function", "current_tracer")
        best = max(best, counts(tip)[1] - before[1])
        tip.echo("nop", "current_tracer")
    assert best == 4


def test_without_nmis_they_stay(era: Boot) -> None:
    tip = era("2.6.29")
    tip.trace_only("**")
    assert tip.cat("dyn_ftrace_total_info") == f"{len(tip.ftrace.records)} 0 0\n"
    assert len(era("2.6.28").cat("dyn_ftrace_total_info").split()) == 1


def test_mutant_no_hook_of_the_architecture(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NmiSafe, "read_dyn_info", lambda patching: "")
    assert era("tip-return").cat("dyn_ftrace_total_info").endswith(" \n")
