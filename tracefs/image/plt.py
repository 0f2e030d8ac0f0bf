"""Trampolines of a module to what its branches do not reach, as powerpc's loader makes them.

What a trampoline's code is, the architecture says; its place is behind the module's text.
"""

from __future__ import annotations

from collections.abc import Callable

from tracefs.image.elf import ElfFile
from tracefs.image.relocation import TYPES

CALLER = "ftrace_caller"
"""Sites call it when they are traced: modules have to reach it, though no relocation names it."""


class Plt:
    """``entries`` is where the trampoline to each target is; ``size`` the room for all of them."""

    def __init__(self, elf: ElfFile, code: Callable[[int], bytes]) -> None:
        types = TYPES[elf.machine]
        branches = {
            (entry.symbol, entry.addend)
            for _, entries in elf.relocations()
            for entry in entries
            if entry.type in types and types[entry.type].branch
        }
        self._code = code
        self._each = len(code(0))
        self.size = (len(branches) + 1) * self._each
        self.base = 0
        self.entries: dict[int, int] = {}

    def entry(self, target: int) -> int:
        """The address of the trampoline to ``target``."""
        return self.entries.setdefault(target, self.base + len(self.entries) * self._each)

    def contents(self) -> bytes:
        """All trampolines, as they stand at ``base``."""
        return b"".join(self._code(target) for target in self.entries)
