"""A toy architecture with short branches, as the one that S1 was made for.

A site in a module reaches only its module: it calls a stub there, which jumps to the kernel.  The
kernel's make_nop and make_call therefore need the module, which only the first conversion is given
and the record's ``arch`` keeps.  Instructions are the x86 ones; the reach is pretended.
"""

from __future__ import annotations

import errno

from tracefs.arch import PatchError, Site
from tracefs.arch.base import Arch
from tracefs.arch.x86_64 import X86_64
from tracefs.image import LoadedModule

REACH = 1 << 24
JUMP = 0xE9


class Limited(X86_64):
    """Short branches; a module's stub for the caller is in its last 16 bytes; no trampolines."""

    # Its own loops, not the x86 ones over arrays.
    init_nops = Arch.init_nops
    modify_sites = Arch.modify_sites

    create_trampoline = Arch.create_trampoline  # type: ignore[assignment]

    def make_nop(self, mod: LoadedModule | None, rec: Site, addr: int) -> None:
        if abs(rec.ip - addr) < REACH:
            super().make_nop(mod, rec, addr)
            return
        if mod is None and rec.arch is None:
            raise PatchError(errno.EFAULT, rec.ip)
        if mod is not None and rec.arch not in (None, mod):
            raise PatchError(errno.EINVAL, rec.ip)
        owner = rec.arch or mod
        stub = self.call_target(rec.ip)
        if stub is None or self.jump_target(stub) != addr:
            raise PatchError(errno.EINVAL, rec.ip)
        super().make_nop(mod, rec, stub)
        rec.arch = owner

    def make_call(self, rec: Site, addr: int) -> None:
        if abs(rec.ip - addr) < REACH:
            super().make_call(rec, addr)
            return
        if rec.arch is None:
            raise PatchError(errno.EINVAL, rec.ip)
        stub = rec.arch.base + rec.arch.size - 16
        self._memory.write(stub, bytes((JUMP,)) + self.call_code(stub, addr)[1:])
        super().make_call(rec, stub)

    def jump_target(self, stub: int) -> int | None:
        """Where the jump at ``stub`` leads."""
        code = self._memory.read(stub, 5)
        if code[0] != JUMP:
            return None
        return stub + 5 + int.from_bytes(code[1:], "little", signed=True)
