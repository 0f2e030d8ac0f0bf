"""The table of ``.machine/`` and its README."""

from __future__ import annotations

from tracefs import release
from tracefs.control.directory import Directory
from tracefs.control.readme import entries
from tracefs.control.scope import MachineScope

MACHINE: Directory[MachineScope] = Directory(mode=0o700)
"""``.machine``."""


@MACHINE.file("README")
def _readme(machine: MachineScope) -> str:
    start = "The emulated machine below the tracing directory\n\n"
    return start + "".join(entries(MACHINE, release.get()))
