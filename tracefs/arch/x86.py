"""What i386 and x86_64 share: a five-byte call, five-byte nops, and many sites patched at once."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.arch.base import Arch, Sites
from tracefs.arch.patching import Edits, PatchError
from tracefs.machine import paging

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracefs.image import LoadedModule

CALL = 0xE8
INSN_SIZE = 5

P6_NOP = bytes.fromhex("0f1f440000")
NOPS = (
    # One instruction each: a task preempted inside a two-part nop would come back into the middle
    # of a call (S21).  The jump is over one-byte nops, so that a disassembler stays in step (S17).
    (P6_NOP, "0f 1f 44 00 00"),
    (bytes.fromhex("6666666690"), "66 66 66 66 90"),
    (bytes.fromhex("eb03909090"), "jmp . + 5"),
)

_PAGE = 4096


class X86(Arch):
    """The common part; a subclass says what unconverted sites call."""

    insn_size = INSN_SIZE
    nops: tuple[tuple[bytes, str], ...] = NOPS
    """What dyn_arch_init tries, in this order."""
    nop_at = 0
    """Where the chosen nop is looked up each time; 0: it was copied, for it is init code (S10)."""
    rewrite: Callable[[int, bytes, bytes], None] | None = None
    """Replaces a site's bytes (ip, old, new) in place of the accessors, one site after another."""
    _nop = P6_NOP

    @property
    def nop(self) -> bytes:
        """The nop that was chosen at boot."""
        return self.read(self.nop_at, INSN_SIZE) if self.nop_at else self._nop

    def dyn_arch_init(
        self,
        probe: Callable[[bytes], bool] | None = None,
        printk: Callable[[str], object] | None = None,
    ) -> None:
        """Take the first nop that the CPU executes without a fault, the jump if none (S21)."""
        if probe is None:
            return
        self._nop, text = next((nop for nop in self.nops[:-1] if probe(nop[0])), self.nops[-1])
        if printk is not None:
            printk(f"ftrace: converting mcount calls to {text}")

    def call_code(self, ip: int, target: int) -> bytes:
        """``call target`` at ip."""
        offset = target - (ip + INSN_SIZE)
        if self._image.bits == 32:
            offset = (offset + (1 << 31)) % (1 << 32) - (1 << 31)
        if not -(1 << 31) <= offset < 1 << 31:
            raise PatchError(errno.EINVAL, ip)
        return bytes((CALL,)) + offset.to_bytes(4, "little", signed=True)

    def call_target(self, ip: int) -> int | None:
        """Where ``e8`` at ip leads."""
        try:
            code = self._memory.copy_from_nofault(ip, INSN_SIZE)
        except OSError:
            return None
        if code[0] != CALL:
            return None
        offset = int.from_bytes(code[1:], "little", signed=True)
        return (ip + INSN_SIZE + offset) & ((1 << self._image.bits) - 1)

    def disassemble(self, va: int, size: int) -> list[str]:
        """Capstone's view of memory, Intel syntax, nothing hidden; bytes it cannot read end it."""
        import capstone

        mode = capstone.CS_MODE_64 if self._image.bits == 64 else capstone.CS_MODE_32
        engine = capstone.Cs(capstone.CS_ARCH_X86, mode)
        lines = []
        code = self._memory.copy_from_nofault(va, size)
        for at, length, name, operands in engine.disasm_lite(code, va):
            text = code[at - va : at - va + length].hex(" ")
            lines.append(f"{at:x}: {text:<30} {name} {operands}".rstrip())
        return lines

    def is_boundary(self, code: bytes, offset: int) -> bool:
        """Decodes from the start on."""
        import capstone

        mode = capstone.CS_MODE_64 if self._image.bits == 64 else capstone.CS_MODE_32
        at = 0
        for _, length, _, _ in capstone.Cs(capstone.CS_ARCH_X86, mode).disasm_lite(code, 0):
            if at >= offset:
                break
            at += length
        return at == offset

    def init_nops(self, mod: LoadedModule | None, sites: Sites) -> None:
        """All at once: if one of a module's sites is not what it should be, none is changed."""
        import numpy as np

        old = np.full(len(sites.ips), self.mcount_addr, np.uint64)
        self.modify_sites(sites, old, np.zeros(len(old), np.uint64))

    def modify_code(self, ip: int, old: bytes, new: bytes) -> None:
        """Replace the bytes at ``ip``, which must be ``old``."""
        if self.rewrite is None:
            super().modify_code(ip, old, new)
        else:
            self.rewrite(ip, old, new)

    def modify_sites(self, sites: Sites, old: NDArray[np.uint64], new: NDArray[np.uint64]) -> None:
        """As 6.1's ftrace_replace_code: verify every site, then write them all."""

        import numpy as np

        if self.rewrite is not None:
            super().modify_sites(sites, old, new)
            return
        ips = sites.ips
        if not len(ips):
            return
        before, wild_before = self._codes(ips, old)
        after, wild_after = self._codes(ips, new)
        where, missing, locked = self._locate(ips)
        ram = np.frombuffer(self._memory.mm, np.uint8)
        bad = missing | (ram[where] != before).any(axis=1) | wild_before | wild_after
        if bad.any():
            first = int(bad.argmax())
            ip = int(ips[first])
            if missing[first]:
                raise PatchError(errno.EFAULT, ip)
            raise PatchError(errno.EINVAL, ip, before[first].tobytes())
        if locked.any():
            raise PatchError(errno.EPERM, int(ips[int(locked.argmax())]))
        self.patching.change(Edits(ips, where, before, after))

    def _codes(
        self, ips: NDArray[np.uint64], targets: NDArray[np.uint64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The bytes of each site for its target (0: the nop); which targets are out of reach."""
        import numpy as np

        offsets = (targets - ips - np.uint64(INSN_SIZE)).astype(np.int64)
        near = offsets.astype(np.int32)
        calls = targets != 0
        codes = np.empty((len(ips), INSN_SIZE), np.uint8)
        codes[:, 0] = CALL
        codes[:, 1:] = near.view(np.uint8).reshape(-1, 4)
        codes[~calls] = np.frombuffer(self.nop, np.uint8)
        wild = np.zeros(len(ips), np.bool_) if self._image.bits == 32 else calls & (near != offsets)
        return codes, wild

    def _locate(
        self, ips: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Places in RAM of each site's bytes; which sites are not mapped; which are read-only."""
        import numpy as np

        lanes = np.arange(INSN_SIZE, dtype=np.int64)
        offsets = (ips & np.uint64(_PAGE - 1)).astype(np.int64)
        pages = ips - offsets.astype(np.uint64)
        # Sites lie page by page: look up each run of one page once.
        starts = np.flatnonzero(np.concatenate(([True], pages[1:] != pages[:-1])))
        runs = np.diff(np.append(starts, len(ips)))
        found = [self._page(page) for page in pages[starts].tolist()]
        frames = np.repeat(np.array([frame for frame, _ in found], np.int64), runs)
        writable = np.repeat(np.array([ok for _, ok in found], np.bool_), runs)
        where = (frames + offsets)[:, None] + lanes
        missing = frames < 0
        for row in np.flatnonzero(offsets > _PAGE - INSN_SIZE).tolist():
            frame, ok = self._page(int(pages[row]) + _PAGE)
            here = _PAGE - int(offsets[row])
            where[row, here:] = frame + np.arange(INSN_SIZE - here)
            missing[row] |= frame < 0
            writable[row] &= ok
        locked = ~writable & ~missing
        where[missing] = lanes
        for ip, code in self._memory.faults.items():
            (missing if code == errno.EFAULT else locked)[ips == np.uint64(ip)] = True
        return where, missing, locked

    def _page(self, va: int) -> tuple[int, bool]:
        """(place in RAM or -1, writable) of a page."""
        try:
            return self._memory.virt_to_phys(va), bool(self._memory.flags(va) & paging.WRITE)
        except OSError:
            return -1, False
