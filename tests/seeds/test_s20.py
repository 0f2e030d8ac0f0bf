"""S20: all five bytes are compared, and nothing is written where they differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tests.seeds.faults import FUNCTION, change, load

Boot = Callable[..., Era]


def refused(era: Era) -> bool:
    """Whether a site whose fifth byte differs stays as it is, with all that is traced with it."""
    site = load(era)
    change(era, site)
    others = [era.site("vfs_open"), era.site("vfs_read")]
    before = [era.code(at) for at in (site, *others)]
    with pytest.raises(OSError, match="No such device"):
        era.trace_only("vfs_open", "vfs_read", FUNCTION)
    return before == [era.code(at) for at in (site, *others)]


def test_the_fifth_byte_counts(era: Boot) -> None:
    old = era()
    assert refused(old)
    assert "ftrace failed to modify" in old.dmesg()


def test_mutant_cmpxchg_of_four_bytes(era: Boot) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        refused(era(bugs=["cmpxchg"]))
