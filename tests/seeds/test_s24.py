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


@pytest.mark.parametrize("cause", ["efault", "eperm"])
@pytest.mark.parametrize("bug", ["cmpxchg", "fixup-label"])
def test_mutant_success_is_reported(era: Boot, bug: str, cause: str) -> None:
    """The assembly of the day, the label where it belongs and behind what sets the result."""
    old = era("2.6.27", bugs=[bug])
    old.echo(f"vfs_write {cause}", ".machine/faults")
    old.workload("vfs", 3)
    old.echo("disable", "ftraced_enabled")
    assert old.cat("failures") == ("vfs_write\n" if bug == "cmpxchg" else "")
    site = old.system.trouble.faults_at.site("vfs_write")
    assert old.code(site)[0] == 0xE8  # not converted, either way
