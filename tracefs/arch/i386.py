"""i386 of 2008: ``call mcount`` after the prologue, where ebp already is the function's own frame.

The parent is at 4(%ebp); no trampolines (6.1 has them on x86_64 only), so a single ops is called
from ftrace_caller, whose ``ftrace_call`` is patched to it (S25). Behind that, ``ftrace_graph_call``
is a jump to what hooks the function's return, or to a stub.
"""

from __future__ import annotations

from typing import Any

from tracefs.arch.x86 import X86

JMP, PUSH = b"\xe9", b"\x68"
GENERIC_NOP5 = bytes.fromhex("908d742600")
"""nop; lea 0(%esi), %esi"""


class I386(X86):
    """32 bit; gcc -mrecord-mcount lists the address of the ``e8`` byte itself."""

    mcount = "mcount"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._graph_caller = 0
        self._graph_alone = False

    def prepare_recorder(self) -> None:
        """mcount becomes a jump to mcount_record, and the nop that of the generic table.

        That one has two parts: what S21 is about.
        """
        self._nop = GENERIC_NOP5
        mcount = self.mcount_addr
        jump = self._jump(mcount, self._image.symbol("mcount_record"))
        self.modify_code(mcount, self.read(mcount, self.insn_size), jump)

    def _jump(self, ip: int, target: int) -> bytes:
        return JMP + self.call_code(ip, target)[1:]

    def out_of_line(self, ip: int, slot: int) -> bytes:
        """Code for ``slot`` that does what the site at ``ip`` does, and goes on behind it."""
        target, after = self.call_target(ip), ip + self.insn_size
        if target is None:
            return self._jump(slot, after)
        push = PUSH + after.to_bytes(4, "little")
        return push + self._jump(slot + len(push), target)

    def mcount_set(self, func: int) -> None:
        """Change the call in mcount_record."""
        ip = self._image.symbol("mcount_call")
        self.modify_code(ip, self.read(ip, self.insn_size), self.call_code(ip, func))

    def set_graph_caller(self, caller: int, alone: bool = False) -> None:
        """The target of ``ftrace_graph_call``.

        ``alone`` stands for the order in which mcount of a kernel without dynamic ftrace looked at
        its two pointers: a function tracer wins over the return tracer (S6).
        """
        self._graph_caller = caller
        self._graph_alone = alone

    def update_ftrace_func(self, func: int) -> None:
        """Change ``ftrace_call``, and ``ftrace_graph_call`` with it."""
        super().update_ftrace_func(func)
        ip = self._image.get("ftrace_graph_call")
        if ip is None:
            return
        yields = self._graph_alone and func != self._image.symbol("ftrace_stub")
        target = self._graph_caller if self._graph_caller and not yields else 0
        old = self.read(ip, self.insn_size)
        new = self._jump(ip, target or self._image.symbol("ftrace_graph_stub"))
        if old != new:
            self.modify_code(ip, old, new)
