"""x86_64: ``call __fentry__`` before the prologue, and a trampoline for each ops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from tracefs.arch.base import Save, Trampoline
from tracefs.arch.x86 import INSN_SIZE, P6_NOP, X86
from tracefs.arch.x86_64_slots import SLOT_SIZE, out_of_line
from tracefs.arch.x86_64_trampolines import ARGS, NOTHING, REGS, assemble
from tracefs.image import Part

# A trampoline may begin with a copy of an entry of the guest's (ftrace_fast_64.S): its length
# stands before it, its first instruction is the nop, the ops' address comes two bytes later.
_ENTRY_ROOM = 512
ENTRY_OPS = INSN_SIZE + 2
_PAST_ENTRY = b"\xe9" + (_ENTRY_ROOM - INSN_SIZE).to_bytes(4, "little")
_TEMPLATES = {Save.NOTHING: NOTHING, Save.ARGS: ARGS, Save.REGS: REGS}


REGISTERS = (
    *("r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8"),
    *("ax", "cx", "dx", "si", "di", "orig_ax", "ip", "cs", "flags", "sp", "ss"),
)
"""The words of struct pt_regs."""


class X86_64(X86):
    """64 bit with -mfentry; a site is a function's first instruction."""

    mcount = "__fentry__"
    max_offset = 0
    registers: ClassVar[Mapping[str, int]] = {name: 8 * i for i, name in enumerate(REGISTERS)}
    arguments: ClassVar[Sequence[str]] = ("di", "si", "dx", "cx", "r8", "r9")

    breakpoint = b"\xcc"

    def check_slot(self, code: bytes, ip: int) -> None:
        """Tries a slot that is near."""
        out_of_line(code, ip, ip)

    def create_slot(self, code: bytes, ip: int) -> int:
        """A piece of the module area."""
        slot = self._area.alloc([Part(SLOT_SIZE, text=True)])
        self._memory.write(slot, out_of_line(code, ip, slot))
        return slot

    def create_trampoline(self, ops: int, func: int, save: Save, entry: int = 0) -> Trampoline:
        """A page of code that calls ``func(ip, parent_ip, ops, fregs)``.

        Raises ImageError (ENOMEM) when the module area is full.
        """
        template = assemble(_TEMPLATES[save])
        room = _ENTRY_ROOM if save is Save.NOTHING else 0
        size = room + len(template.code) + 8
        addr = self._area.alloc([Part(size, text=True)])
        made = Trampoline(addr, size, ops, func, save, addr + room + template.call)
        code = bytearray(template.code)
        code[template.call : template.call + INSN_SIZE] = self.call_code(made.call, func)
        self._memory.write(addr + room, bytes(code) + ops.to_bytes(8, "little"))
        if room:
            self._memory.write(addr, _PAST_ENTRY.ljust(room, b"\xcc"))
            self._enter(made, entry)
        return made

    def update_trampoline(self, trampoline: Trampoline, func: int, entry: int = 0) -> None:
        """One instruction at a time: a CPU may stand in the middle of it."""
        super().update_trampoline(trampoline, func)
        self._enter(trampoline, entry)

    def _enter(self, trampoline: Trampoline, entry: int) -> None:
        addr = trampoline.addr
        if entry and trampoline.entry != entry:
            code = bytearray(self.read(entry, self._memory.u32(entry - 4)))
            if len(code) > _ENTRY_ROOM:
                raise ValueError(f"{len(code)} bytes at {entry:#x}")
            code[ENTRY_OPS : ENTRY_OPS + 8] = trampoline.ops.to_bytes(8, "little")
            self._memory.write(addr + INSN_SIZE, bytes(code[INSN_SIZE:]))
        now = P6_NOP if trampoline.entry else _PAST_ENTRY
        then = P6_NOP if entry else _PAST_ENTRY
        trampoline.entry = entry
        if now != then:
            self.modify_code(addr, now, then)
