"""``.machine/``: the emulated machine, for those who look. One table, a topic a module."""

from __future__ import annotations

from tracefs.control.machine import code, hardware, proc  # noqa: F401  (they declare the files)
from tracefs.control.machine.table import MACHINE

__all__ = ["MACHINE"]
