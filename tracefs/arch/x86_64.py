"""x86_64: ``call __fentry__`` before the prologue, and a trampoline for each ops."""

from __future__ import annotations

from dataclasses import replace

from tracefs.arch.base import Save, Trampoline
from tracefs.arch.x86 import X86
from tracefs.arch.x86_64_trampolines import ARGS, ENTRY, NOTHING, REGS
from tracefs.image import Part

_TEMPLATES = {Save.NOTHING: NOTHING, Save.ARGS: ARGS, Save.REGS: REGS}


class X86_64(X86):
    """64 bit with -mfentry; a site is a function's first instruction."""

    mcount = "__fentry__"
    max_offset = 0

    def create_trampoline(self, ops: int, func: int, save: Save, entry: int = 0) -> Trampoline:
        """A page of code that calls ``func(ip, parent_ip, ops, fregs)``.

        Raises ImageError (ENOMEM) when the module area is full.
        """
        template = _TEMPLATES[save]
        size = len(template.code) + 8
        addr = self._area.alloc([Part(size, text=True)])
        made = Trampoline(addr, size, ops, func, save, addr + template.call, entry)
        self._memory.write(addr, self._code(made) + ops.to_bytes(8, "little"))
        return made

    def update_trampoline(self, trampoline: Trampoline, func: int, entry: int = 0) -> None:
        """Rewritten as a whole: calls and jumps are of different templates."""
        changed = replace(trampoline, func=func, entry=entry)
        self.modify_code(trampoline.addr, self._code(trampoline), self._code(changed))
        trampoline.func, trampoline.entry = func, entry

    def trampoline_func(self, trampoline: Trampoline) -> int | None:
        """What the code in memory calls, or means by its jump."""
        if trampoline.entry:
            code = self._code(trampoline)
            return trampoline.func if self.read(trampoline.addr, len(code)) == code else None
        return super().trampoline_func(trampoline)

    def _code(self, trampoline: Trampoline) -> bytes:
        template = ENTRY if trampoline.entry else _TEMPLATES[trampoline.save]
        code = bytearray(template.code)
        at = template.call
        call = self.call_code(trampoline.addr + at, trampoline.entry or trampoline.func)
        code[at + 1 : at + self.insn_size] = call[1:]
        return bytes(code)
