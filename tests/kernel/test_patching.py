"""The releases' ways of changing call sites, on a running kernel."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era, era

__all__ = ["era"]

Boot = Callable[..., Era]


@pytest.mark.parametrize("release", ["2.6.28", "tip-return", "2.6.29"])
@pytest.mark.parametrize("options", [{}, {"seed": 3}, {"cpus": 4}], ids=["live", "seed", "four"])
def test_all_sites_there_and_back(era: Boot, release: str, options: dict[str, object]) -> None:
    old = era(release, **options)
    before = old.text()
    old.trace_only("**")
    old.cat("current_tracer")
    assert "vfs_read" in old.cat("trace")
    old.echo("nop", "current_tracer")
    assert old.text() == before


def test_the_tip_tree_has_the_statistics(era: Boot) -> None:
    tip = era("tip-return")
    sites, waits, writes = map(int, tip.cat("dyn_ftrace_total_info").split())
    assert sites == len(tip.ftrace.records)
    assert waits == writes == 0
    assert "set_ftrace_pid" not in tip.ls()
