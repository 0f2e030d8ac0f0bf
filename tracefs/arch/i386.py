"""i386 of 2008: ``call mcount`` after the prologue, where ebp already is the function's own frame.

The parent is at 4(%ebp); no trampolines (6.1 has them on x86_64 only), so a single ops is called
from ftrace_caller, whose ``ftrace_call`` is patched to it (S25).
"""

from __future__ import annotations

from tracefs.arch.x86 import X86


class I386(X86):
    """32 bit; gcc -mrecord-mcount lists the address of the ``e8`` byte itself."""

    mcount = "mcount"

    def read_dyn_info(self) -> str:
        """How often patching waited for an NMI, and how often an NMI wrote a site itself (S8).

        Neither happens here: sites change between two instructions of the whole machine.
        """
        return "0 0"
