"""S24: a patch that faults is noticed: the record is FAILED."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
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


def unnoticed(era: Era, cause: str) -> bool:
    """Whether a function is neither converted nor listed, by the assembly of the day."""
    era.echo(f"vfs_write {cause}", ".machine/faults")
    era.workload("vfs", 3)
    era.echo("disable", "ftraced_enabled")
    assert era.code(era.system.trouble.faults_at.site("vfs_write"))[0] == 0xE8
    return era.cat("failures") != "vfs_write\n"


@pytest.mark.parametrize("cause", ["efault", "eperm"])
def test_the_label_stands_before_what_sets_the_result(era: Boot, cause: str) -> None:
    assert not unnoticed(era("2.6.27", seed=1, bugs=["cmpxchg"]), cause)


@pytest.mark.parametrize("cause", ["efault", "eperm"])
def test_mutant_success_is_reported(era: Boot, cause: str) -> None:
    assert unnoticed(era("2.6.27", seed=1, bugs=["fixup-label"]), cause)
