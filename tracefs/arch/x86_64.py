"""x86_64: ``call __fentry__`` before the prologue, and a trampoline for each ops."""

from __future__ import annotations

from tracefs.arch.base import Save, Trampoline
from tracefs.arch.x86 import X86
from tracefs.arch.x86_64_trampolines import ARGS, NOTHING, REGS
from tracefs.image import Part

_TEMPLATES = {Save.NOTHING: NOTHING, Save.ARGS: ARGS, Save.REGS: REGS}


class X86_64(X86):
    """64 bit with -mfentry; a site is a function's first instruction."""

    mcount = "__fentry__"
    max_offset = 0

    def create_trampoline(self, ops: int, func: int, save: Save) -> Trampoline:
        """A page of code that calls ``func(ip, parent_ip, ops, fregs)``.

        Raises ImageError (ENOMEM) when the module area is full.
        """
        template = _TEMPLATES[save]
        size = len(template.code) + 8
        addr = self._area.alloc([Part(size, text=True)])
        call = addr + template.call
        code = bytearray(template.code)
        code[template.call : template.call + self.insn_size] = self.call_code(call, func)
        self._memory.write(addr, bytes(code) + ops.to_bytes(8, "little"))
        return Trampoline(addr, size, ops, func, save, call)
