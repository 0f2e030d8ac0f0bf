"""S24: a patch that faults is noticed: the record is FAILED."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.seeds.conftest import Era
from tracefs.arch import I386
from tracefs.machine import paging

Boot = Callable[..., Era]
FUNCTION = "vfs_fsync_range"


def failures(era: Era) -> list[str]:
    """What `failures` lists when a function is converted whose text cannot be written."""
    site = era.symbol(FUNCTION)
    era.memory.protect(site & -4096, 8192, paging.RX)
    era.workload("vfs", 3)
    era.echo("disable", "ftraced_enabled")
    return era.cat("failures").split()


def test_a_fault_is_noticed(era: Boot) -> None:
    old = era("2.6.27")
    failed = failures(old)
    assert failed
    assert not set(failed) & set(old.cat("available_filter_functions").split())
    for name in failed:
        assert old.site(name) == 0
    assert not old.ftrace.dead  # the kernel of that day goes on


def test_mutant_success_is_reported(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    def init_nops(arch: I386, module: Any, sites: Any) -> None:
        """The label stood behind the instruction that sets the result."""

    old = era("2.6.27")
    monkeypatch.setattr(I386, "init_nops", init_nops)
    assert failures(old) == []
