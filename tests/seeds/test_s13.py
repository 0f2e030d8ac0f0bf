"""S13: text is read and written by accessors that answer a fault with an errno."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tests.seeds.faults import CAUSES, load
from tracefs.arch import PatchError
from tracefs.machine import Memory

Boot = Callable[..., Era]


def patch(era: Era, code: int) -> None:
    """Damage a site so that changing it fails with that errno, and change it."""
    site = load(era)
    nop = era.code(site)
    CAUSES[code][0](era, site)
    era.system.arch.modify_code(site, nop, b"\xe8\0\0\0\0")


@pytest.mark.parametrize("code", [errno.EFAULT, errno.EPERM])
def test_a_fault_is_an_errno(era: Boot, code: int) -> None:
    with pytest.raises(PatchError) as error:
        patch(era(), code)
    assert error.value.errno == code


def test_mutant_plain_write(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    old = era()
    monkeypatch.setattr(Memory, "copy_to_nofault", Memory.write)
    patch(old, errno.EPERM)  # the page's protection is passed over, without a word


def test_mutant_plain_read(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    old = era()

    def read(memory: Memory, va: int, n: int) -> bytes:
        return bytes(memory.view[va : va + n])

    monkeypatch.setattr(Memory, "copy_from_nofault", read)
    with pytest.raises(PatchError) as error:
        patch(old, errno.EFAULT)
    assert error.value.errno != errno.EFAULT
