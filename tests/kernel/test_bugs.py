"""Bugs by name: the list, the switches, and that a kernel with any of them comes up."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from tests.kernel.client import refused
from tests.seeds.conftest import Era, era
from tracefs.kernel import BootError
from tracefs.kernel.bugs import UnknownBug, bugs, get
from tracefs.release import get as get_release

__all__ = ["era"]

Boot = Callable[..., Era]
CASES = [
    (bug.name, release)
    for bug in bugs()
    for release in dict.fromkeys((bug.releases[0], bug.releases[-1]))
]
"""Each in the oldest and in the newest release that can have it."""


@pytest.mark.parametrize(("name", "release"), CASES)
def test_a_kernel_with_the_bug_comes_up(era: Boot, name: str, release: str) -> None:
    old = era(release, bugs=[name])
    marks = {line.split()[-1 if line[0] == " " else 1]: line[0] for line in listing(old)}
    assert marks[name] == "*"
    assert list(marks.values()).count("*") == 1
    assert f"bug {name} ({get(name).seed}) is back" in old.dmesg()


def listing(era: Era) -> list[str]:
    """The lines of .machine/bugs: mark and name."""
    return [line[:22].rstrip() for line in era.cat(".machine/bugs").splitlines()]


@pytest.mark.parametrize("name", [bug.name for bug in bugs() if bug.live])
def test_a_live_one_comes_and_goes(era: Boot, name: str) -> None:
    old = era(get(name).releases[-1])
    before = old.text()
    old.echo(name, ".machine/bugs")
    assert f"* {name}" in listing(old)
    old.echo(f"!{name}", ".machine/bugs")
    assert f"  {name}" in listing(old)
    assert old.text() == before
    old.trace_only("vfs_read") if old.system.release.name != "2.6.27" else None
    old.cat("current_tracer")
    assert "gone" in old.dmesg()


def test_those_of_boot_are_refused_later(era: Boot) -> None:
    old = era()
    with refused(errno.EBUSY):
        old.echo("two-part-nop", ".machine/bugs")
    assert "bug two-part-nop acts at boot: mount with --bug two-part-nop" in old.dmesg()
    assert "  two-part-nop" in listing(old)


@pytest.mark.parametrize("name", ["no-such-bug", "cmpxchg"])
def test_unknown_ones_are_refused(era: Boot, name: str) -> None:
    old = era("2.6.29")
    with refused(errno.EINVAL):
        old.echo(name, ".machine/bugs")
    assert f"'{name}'" in old.dmesg()
    assert "might-sleep" in old.dmesg()  # one of those there are


def test_one_way_of_rewriting_at_a_time(era: Boot) -> None:
    old = era(bugs=["warn-on-once"])
    with refused(errno.EBUSY):
        old.echo("might-sleep", ".machine/bugs")
    assert "  might-sleep" in listing(old)
    assert "bug might-sleep: sites are rewritten by another bug" in old.dmesg()


def test_6_1_has_none(era: Boot) -> None:
    with pytest.raises(UnknownBug, match="known: none"):
        get("cmpxchg", get_release("6.1"))
    with pytest.raises(BootError, match=r"release 6\.1 cannot have the bug 'cmpxchg'"):
        era("6.1", bugs=["cmpxchg"])


def test_declarations_are_whole() -> None:
    for bug in bugs():
        assert bug.releases
        assert bug.symptom
        assert bug.how
        assert 1 <= int(bug.seed[1:]) <= 28
