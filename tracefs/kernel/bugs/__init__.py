"""Bugs by name: what the changes of 2008 fixed, brought back. One topic a module.

A bug is declared once, with its effect. Nothing below knows of it: effects use what a mechanism
offers anyway (an architecture's nops, the way it rewrites a site), the guest's variables and text.
"""

from __future__ import annotations

from tracefs.kernel.bugs.table import Bug, Switches, UnknownBug, bugs, get

__all__ = ["Bug", "Switches", "UnknownBug", "bugs", "get"]
