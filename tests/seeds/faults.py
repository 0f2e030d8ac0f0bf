"""A module whose code can be damaged without hurting the kernel."""

from __future__ import annotations

import errno
from collections.abc import Callable

from tests.seeds.conftest import Era
from tracefs.machine import paging

FUNCTION = "dummy_get_drvinfo"


def load(era: Era) -> int:
    """Load it; the site that is going to be damaged."""
    era.echo("dummy", ".machine/insmod")
    return era.site(FUNCTION)


def unmap(era: Era, site: int) -> None:
    """There is nothing at the site."""
    era.memory.unmap(site & -4096, 4096)


def change(era: Era, site: int) -> None:
    """Other bytes than a nop stand there: the fifth differs."""
    code = bytearray(era.code(site))
    code[4] ^= 0x55
    era.memory.write(site, bytes(code))


def protect(era: Era, site: int) -> None:
    """The site cannot be written."""
    era.memory.protect(site & -4096, 4096, paging.RX)


Damage = Callable[[Era, int], None]
CAUSES: dict[int, tuple[Damage, str]] = {
    errno.EFAULT: (unmap, "ftrace faulted on modifying "),
    errno.EINVAL: (change, "ftrace failed to modify "),
    errno.EPERM: (protect, "ftrace faulted on writing "),
}
"""What each errno of a patch comes from, and what the log then says."""
