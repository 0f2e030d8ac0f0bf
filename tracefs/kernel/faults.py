"""Faults at call sites, on demand: what reading, comparing or writing one runs into."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tracefs.machine import PAGE_SIZE, paging

if TYPE_CHECKING:
    from tracefs.arch import Arch
    from tracefs.image import Image, Kallsyms, ModuleLoader
    from tracefs.machine import Memory

CAUSES = {"efault": errno.EFAULT, "einval": errno.EINVAL, "eperm": errno.EPERM}
P6_NOP, OTHER_P6_NOP = bytes.fromhex("0f1f440000"), bytes.fromhex("0f1f44007f")
OTHER_NOPS = (bytes.fromhex("eb03909090"), bytes.fromhex("eb03000000"))
"""Harmless, and not the nop that is expected; of the P6's only the fifth byte is another (S20)."""


class Faults:
    """The faults of one machine.

    EFAULT and EPERM happen in the accessors (Memory.faults), or, where the guest's own code is
    going to touch a site, in the page tables. EINVAL is other bytes at the site: another nop, or,
    where a site still calls mcount and shall go on to do so, a call to ``mcount_alias``.
    """

    def __init__(
        self,
        memory: Memory,
        arch: Arch,
        image: Image,
        loader: ModuleLoader,
        kallsyms: Kallsyms,
        *,
        mcount_alias: int = 0,
    ) -> None:
        self._memory = memory
        self._arch = arch
        self._image = image
        self._loader = loader
        self._kallsyms = kallsyms
        self._alias = mcount_alias
        self._active: dict[str, tuple[int, str]] = {}
        self._bytes: dict[int, tuple[bytes, bytes]] = {}

    def lines(self) -> Iterator[str]:
        """Function and cause of each."""
        return (f"{name} {cause}\n" for name, (_, cause) in self._active.items())

    def add(self, name: str, cause: str) -> None:
        """Let every patch of a function's site fail (EINVAL: no such cause; ENOENT: no site)."""
        if cause not in CAUSES:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        ip = self.site(name)
        if not ip:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        if name in self._active:
            self.remove(name)
        code = CAUSES[cause]
        if code == errno.EINVAL:
            self._change(ip)
        else:
            self._memory.faults[ip] = code
        self._active[name] = ip, cause

    def site(self, function: str) -> int:
        """The call site of a function as the build knows it, a record or not; 0 if none."""
        address = self._kallsyms.addr(function)
        symbol = None if address is None else self._kallsyms.lookup(address)
        modules = self._loader.modules.values()
        if symbol is not None:
            for sites in (self._image.mcount_loc, *(each.mcount_loc for each in modules)):
                found = sites[(sites >= symbol.addr) & (sites < symbol.addr + symbol.size)]
                if len(found):
                    return int(self._arch.call_adjust(found)[0])
        return 0

    def remove(self, name: str) -> None:
        """Patches of that function's site succeed again (ENOENT)."""
        if name not in self._active:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        ip, _ = self._active.pop(name)
        self._memory.faults.pop(ip, None)
        before, put = self._bytes.pop(ip, (b"", b""))
        with suppress(OSError):  # a module may be gone
            if put and self._memory.read(ip, len(put)) == put:
                self._write(ip, before)

    def _change(self, ip: int) -> None:
        before = self._memory.read(ip, self._arch.insn_size)
        if self._alias and before == self._arch.call_code(ip, self._arch.mcount_addr):
            put = self._arch.call_code(ip, self._alias)
        elif before == P6_NOP:
            put = OTHER_P6_NOP
        else:
            put = next(nop for nop in OTHER_NOPS if nop != self._arch.nop)
        self._bytes[ip] = before, put
        self._write(ip, put)

    def _write(self, ip: int, code: bytes) -> None:
        self._memory.write(ip, code)
        self._arch.flush([(ip, len(code))])

    @contextmanager
    def real(self, ip: int) -> Iterator[None]:
        """While the guest patches a site: its fault is one of the page."""
        code = self._memory.faults.get(ip)
        if code is None:
            yield
            return
        page = ip & -PAGE_SIZE
        where, flags = self._memory.virt_to_phys(page), self._memory.flags(page)
        self._memory.map(page, where, 1, 0 if code == errno.EFAULT else paging.RX)
        try:
            yield
        finally:
            self._memory.map(page, where, 1, flags)
