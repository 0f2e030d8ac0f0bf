"""S20: all five bytes are compared, and nothing is written where they differ."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest

from tests.seeds.conftest import Era
from tests.seeds.faults import FUNCTION, change, load
from tracefs.arch import I386, PatchError

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


def test_mutant_cmpxchg_of_four_bytes(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    def cmpxchg(arch: I386, sites: Any, before: Any, after: Any) -> None:
        # The assembly of 2.6.27: a locked compare of four bytes, then the fifth, unseen.
        for site, target in zip(sites.ips.tolist(), after.tolist(), strict=True):
            old = arch.nop if target else arch.read(site, 5)
            new = arch.call_code(site, target) if target else arch.nop
            found = arch.read(site, 5)
            if found[:4] != old[:4]:
                raise PatchError(errno.EINVAL, site)
            arch.modify_code(site, found, new)

    old = era()
    monkeypatch.setattr(I386, "modify_sites", cmpxchg)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        refused(old)
