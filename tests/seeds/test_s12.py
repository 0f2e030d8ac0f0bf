"""S12: nothing rewrites mcount any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tracefs.arch import I386

Boot = Callable[..., Era]


def mcount_after_use(era: Era) -> bytes:
    """The bytes of mcount after tracing was used in many ways."""
    era.trace_only("vfs_*")
    era.echo(0, ".machine/proc/sys/kernel/ftrace_enabled")
    era.echo(1, ".machine/proc/sys/kernel/ftrace_enabled")
    era.echo("dummy", ".machine/insmod")
    era.echo("nop", "current_tracer")
    return era.code(era.symbol("mcount"))


@pytest.mark.parametrize("release", ["2.6.28", "2.6.29"])
def test_mcount_never_changes(era: Boot, release: str) -> None:
    old = era(release)
    before = old.code(old.symbol("mcount"))
    assert mcount_after_use(old) == before


def test_mutant_the_updater_sets_mcount(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    old = era()
    before = old.code(old.symbol("mcount"))
    update = I386.update_ftrace_func

    def with_mcount(arch: I386, func: int) -> None:
        update(arch, func)
        if arch.read(arch.mcount_addr, 1) == b"\xc3":
            arch.modify_code(arch.mcount_addr, b"\xc3", b"\x90")

    monkeypatch.setattr(I386, "update_ftrace_func", with_mcount)
    assert mcount_after_use(old) != before
