"""The end of a guest: what killed it, registers and a symbolised stack, for the log and stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.kernel.guest import Guest
    from tracefs.machine import Cpu, GuestCrash

HC_DIE = 4
DEPTH = 256
"""Words of a stack that are searched for return addresses."""


class Oops:
    """Takes the guest's last words (HC_DIE) and reports a dead machine, whatever it died of."""

    def __init__(self, guest: Guest) -> None:
        self._machine = machine = guest.machine
        self._memory = guest.memory
        self._kallsyms = guest.kallsyms
        self._log = guest.log
        self._ip = guest.abi.offset("pt_regs", "ip")
        self._size = guest.abi.size("pt_regs")
        self._regs = 0
        self.dump: Callable[[int | None], None] = lambda cpu: None
        """Called, with the CPU that died, before the log says that the kernel is dead."""
        machine.hypercalls[HC_DIE] = self._die
        machine.on_crash = self._report

    def _die(self, cpu: Cpu) -> None:
        self._regs = cpu.arg(0)
        raise cpu.crash(self._memory.cstring(cpu.arg(1), 256))

    def _report(self, crash: GuestCrash) -> None:
        lines = [f"guest crash: {crash.reason}", *crash.report.splitlines()]
        if crash.cpu is not None:
            lines += self._trace(self._machine.cpus[crash.cpu])
        for line in lines:
            self._say(line)
        self.dump(crash.cpu)
        self._say("the kernel is dead: what it has recorded can still be read")

    def _say(self, line: str) -> None:
        self._log.print(line)
        print(f"tracefs: {line}", file=sys.stderr)

    def _trace(self, cpu: Cpu) -> list[str]:
        ip, sp = cpu.rip, cpu.rsp
        if self._regs:
            # Where the fault was, not the handler that tells of it.
            ip, sp = self._memory.word(self._regs + self._ip), self._regs + self._size
        return [f"IP: {self._kallsyms.format(ip)}", "Call Trace:", *self._calls(sp, cpu.bits // 8)]

    def _calls(self, sp: int, word: int) -> list[str]:
        lines = []
        for address in range(sp & -word, (sp & -word) + DEPTH * word, word):
            try:
                value = self._memory.word(address)
                if self._memory.is_executable(value) and self._kallsyms.lookup(value):
                    lines.append(f" ? {self._kallsyms.format(value)}")
            except OSError:
                break
        return lines
