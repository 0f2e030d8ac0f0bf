"""S10: the nop is copied out of the boot code that found it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tracefs.arch.x86 import P6_NOP

Boot = Callable[..., Era]


def toggle_without_boot_code(era: Era) -> None:
    """Unmap the boot code and trace."""
    start, end = era.symbol("__init_begin"), era.symbol("_einittext")
    era.memory.unmap(start & -4096, -(-(end - start) // 4096) * 4096)
    era.system.machine.flush_text()
    era.trace_only("vfs_open")
    assert era.code(era.site("vfs_open"))[0] == 0xE8
    era.echo("nop", "current_tracer")
    assert era.code(era.site("vfs_open")) == P6_NOP


def test_toggling_works_without_boot_code(era: Boot) -> None:
    toggle_without_boot_code(era())


def test_mutant_nop_in_boot_code(era: Boot) -> None:
    old = era(bugs=["no-nop-array"])
    with pytest.raises(OSError, match="Bad address"):
        toggle_without_boot_code(old)


def test_mutant_boot_code_is_free(era: Boot) -> None:
    old = era(bugs=["no-nop-array"])
    with pytest.raises(OSError, match="No such device"):
        old.trace_only("vfs_open")
    assert "ftrace failed to modify" in old.dmesg()


def test_another_nop_is_a_mismatch(era: Boot) -> None:
    old = era()
    site = old.site("vfs_open")
    old.memory.write(site, bytes.fromhex("6666666690"))
    with pytest.raises(OSError, match="No such device"):
        old.trace_only("vfs_open")
    assert old.ftrace.dead
    assert "ftrace failed to modify" in old.dmesg()
