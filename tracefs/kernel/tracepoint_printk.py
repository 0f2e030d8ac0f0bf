"""tp_printk: every event that is recorded goes into the kernel log as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.trace.output import Printer

if TYPE_CHECKING:
    from tracefs.kernel.guest import Guest
    from tracefs.machine import Cpu
    from tracefs.trace.array import TraceArrays

HC_TRACEPOINT_PRINTK = 16


class TracepointPrintk:
    """The switch, which works only if it was on at boot, and the guest's request to print."""

    def __init__(self, guest: Guest, arrays: TraceArrays) -> None:
        self._guest = guest
        self._arrays = arrays
        self._on = 0
        self.allowed = False
        """True once the command line has asked for it."""
        guest.machine.hypercalls[HC_TRACEPOINT_PRINTK] = self._print

    @property
    def on(self) -> int:
        """/proc/sys/kernel/tracepoint_printk; it stays 0 unless allowed."""
        return self._on

    @on.setter
    def on(self, value: int) -> None:
        switch = self._guest.find("tracepoint_printk")
        if self.allowed and switch:
            self._on = value
            self._guest.memory.put_u32(switch, int(value != 0))

    def _print(self, cpu: Cpu) -> int:
        data = self._guest.memory.read(cpu.arg(0), cpu.arg(1))
        events = self._arrays.events
        entry = events.entry_type(data[0] | data[1] << 8) if events else None
        if entry is not None:
            text = entry.trace(Printer(self._arrays.top), data, 0)
            self._guest.log.print(text.rstrip("\n"))
        return 0
