"""i386 of 2008: ``call mcount`` after the prologue, where ebp already is the function's own frame.

The parent is at 4(%ebp); no trampolines (6.1 has them on x86_64 only), so a single ops is called
from ftrace_caller, whose ``ftrace_call`` is patched to it (S25).
"""

from __future__ import annotations

from tracefs.arch.x86 import X86

JMP = b"\xe9"
GENERIC_NOP5 = bytes.fromhex("908d742600")
"""nop; lea 0(%esi), %esi"""


class I386(X86):
    """32 bit; gcc -mrecord-mcount lists the address of the ``e8`` byte itself."""

    mcount = "mcount"

    def prepare_recorder(self) -> None:
        """mcount becomes a jump to mcount_record, and the nop that of the generic table.

        That one has two parts: what S21 is about.
        """
        self._nop = GENERIC_NOP5
        mcount = self.mcount_addr
        offset = self._image.symbol("mcount_record") - (mcount + self.insn_size)
        jump = JMP + offset.to_bytes(4, "little", signed=True)
        self.modify_code(mcount, self.read(mcount, self.insn_size), jump)

    def mcount_set(self, func: int) -> None:
        """Change the call in mcount_record."""
        ip = self._image.symbol("mcount_call")
        self.modify_code(ip, self.read(ip, self.insn_size), self.call_code(ip, func))
