"""``.machine/``: the emulated machine, for those who look. One table, a topic a module."""

from __future__ import annotations

from tracefs.control.machine import (  # noqa: F401  (they declare the files)
    code,
    hardware,
    proc,
    trouble,
)
from tracefs.control.machine.table import MACHINE

__all__ = ["MACHINE"]
