"""32-bit PowerPC: ``bl`` reaches 32 MB, so that modules call the kernel by trampolines (S1).

gcc begins a function with ``mflr r0; stw r0, 4(r1); bl _mcount``.  A module's ``bl`` leads to a
trampoline in the module, made when that was loaded (tracefs.image.plt): from the address of a site
and what it is to call one cannot compute its instruction.  The module is needed as well: the first
conversion is given it, and the record keeps it (rec.arch.mod).
"""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass

from tracefs.arch.base import Arch, Site
from tracefs.arch.patching import PatchError
from tracefs.image import LoadedModule

NOP = bytes.fromhex("60000000")
BL = 0x4800_0001
BL_MASK = 0xFC00_0003
REACH = 1 << 25

_TRAMPOLINE = struct.Struct(">4I")
_LIS_R12 = 0x3D80_0000  # lis r12, target@ha
_ADDI_R12 = 0x398C_0000  # addi r12, r12, target@l
_MTCTR_R12 = 0x7D89_03A6
_BCTR = 0x4E80_0420


@dataclass(frozen=True, slots=True)
class DynArchFtrace:
    """What a record of a module's site keeps: whose trampolines it uses."""

    mod: LoadedModule


class Ppc32(Arch):
    """Big-endian; no trampolines of ops, so a single ops is called from ftrace_caller."""

    insn_size = 4
    mcount = "_mcount"
    nop = NOP

    def call_code(self, ip: int, target: int) -> bytes:
        """``bl target`` at ip."""
        if not self._reaches(ip, target):
            raise PatchError(errno.EINVAL, ip)
        return (BL | target - ip & 0x03FF_FFFC).to_bytes(4, "big")

    def call_target(self, ip: int) -> int | None:
        """Where ``bl`` at ip leads, by a trampoline or without."""
        try:
            target = self._branch_target(ip)
        except OSError:
            return None
        if target is None:
            return None
        try:
            final = self._trampoline_target(target)
        except OSError:
            final = None
        return target if final is None else final

    def module_trampoline(self, target: int) -> bytes:
        """Four instructions that go anywhere; they use a register that no caller relies on."""
        high = target + 0x8000 >> 16 & 0xFFFF
        return _TRAMPOLINE.pack(_LIS_R12 | high, _ADDI_R12 | target & 0xFFFF, _MTCTR_R12, _BCTR)

    def disassemble(self, va: int, size: int) -> list[str]:
        """Capstone's view of memory; words that it cannot read end it."""
        import capstone

        mode = capstone.CS_MODE_32 | capstone.CS_MODE_BIG_ENDIAN
        engine = capstone.Cs(capstone.CS_ARCH_PPC, mode)
        code = self._memory.copy_from_nofault(va, size)
        return [
            f"{at:x}: {code[at - va : at - va + length].hex(' '):<12} {name} {operands}".rstrip()
            for at, length, name, operands in engine.disasm_lite(code, va)
        ]

    def check_module(self, mod: LoadedModule) -> None:
        """Every trampoline of the module leads where it should."""
        for target, at in mod.plt.items():
            self._verify(at, at, target)

    def make_nop(self, mod: LoadedModule | None, rec: Site, addr: int) -> None:
        """EFAULT without a module for a site that needs one; EINVAL for another than before, and
        for a call that does not lead to ``addr`` by a trampoline."""
        if self._reaches(rec.ip, addr):
            super().make_nop(mod, rec, addr)
            return
        mod = self._owner(mod, rec)
        try:
            tramp = self._branch_target(rec.ip)
        except OSError:
            raise PatchError(errno.EFAULT, rec.ip) from None
        if tramp is None:
            known = mod.plt.get(addr)
            expected = None if known is None else self.call_code(rec.ip, known)
            raise PatchError(errno.EINVAL, rec.ip, expected)
        self._verify(rec.ip, tramp, addr)
        self.modify_code(rec.ip, self.call_code(rec.ip, tramp), self.nop)
        rec.arch = rec.arch or DynArchFtrace(mod)

    def make_call(self, rec: Site, addr: int) -> None:
        """EINVAL for a site out of reach whose module is unknown, or has no way to ``addr``."""
        self.modify_code(rec.ip, self.nop, self._site_code(rec, addr))

    def modify_call(self, rec: Site, old_addr: int, addr: int) -> None:
        """The same errors."""
        self.modify_code(rec.ip, self._site_code(rec, old_addr), self._site_code(rec, addr))

    def _owner(self, mod: LoadedModule | None, rec: Site) -> LoadedModule:
        if rec.arch is None:
            if mod is None:
                raise PatchError(errno.EFAULT, rec.ip)
            return mod
        known: LoadedModule = rec.arch.mod
        if mod is not None and mod is not known:
            raise PatchError(errno.EINVAL, rec.ip)
        return known

    def _site_code(self, rec: Site, addr: int) -> bytes:
        if self._reaches(rec.ip, addr):
            return self.call_code(rec.ip, addr)
        tramp = rec.arch and rec.arch.mod.plt.get(addr)
        if tramp is None:
            raise PatchError(errno.EINVAL, rec.ip)
        self._verify(rec.ip, tramp, addr)
        return self.call_code(rec.ip, tramp)

    def _verify(self, ip: int, tramp: int, target: int) -> None:
        # The trampoline that a site at ip calls has to lead to the target.
        try:
            final = self._trampoline_target(tramp)
        except OSError:
            raise PatchError(errno.EFAULT, ip) from None
        if final != target:
            raise PatchError(errno.EINVAL, ip, self.module_trampoline(target), tramp)

    def _trampoline_target(self, at: int) -> int | None:
        # None for other instructions than those of a trampoline; OSError where nothing is mapped.
        words: tuple[int, ...] = _TRAMPOLINE.unpack(self.read(at, _TRAMPOLINE.size))
        lis, addi, mtctr, bctr = words
        high, low = lis ^ _LIS_R12, addi ^ _ADDI_R12
        if (high | low) >> 16 or (mtctr, bctr) != (_MTCTR_R12, _BCTR):
            return None
        return (high << 16) + (low ^ 0x8000) - 0x8000 & 0xFFFF_FFFF

    def _branch_target(self, ip: int) -> int | None:
        # Where the bl at ip itself leads; None for anything else; OSError where nothing is mapped.
        word = int.from_bytes(self.read(ip, 4), "big")
        if word & BL_MASK != BL:
            return None
        offset = word & 0x03FF_FFFC
        return ip + offset - 2 * (offset & REACH) & 0xFFFF_FFFF

    @staticmethod
    def _reaches(ip: int, target: int) -> bool:
        return -REACH <= target - ip < REACH
