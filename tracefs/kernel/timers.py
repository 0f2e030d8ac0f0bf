"""Time for a machine at rest: when the guest's next timer is due, and letting it come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.machine.clock import VirtualClock

if TYPE_CHECKING:
    from tracefs.image import Abi
    from tracefs.machine import Cpu, Machine

LOCAL_TIMER_VECTOR = 0xEC
NS = 10**9
_NEVER = 1 << 62
_LOOK_S = 0.004
"""How often a thread that waits for a timer looks whether others have brought on what it wants."""


class Timers:
    """The clock event device of each CPU; the machine's lock is held."""

    def __init__(self, machine: Machine, abi: Abi, symbol: Callable[[str], int]) -> None:
        self._machine = machine
        self._next_event = [
            symbol("lapic_events")
            + abi.size("clock_event_device") * cpu.number
            + abi.offset("clock_event_device", "next_event")
            for cpu in machine.cpus
        ]

    def until(self, cpu: Cpu) -> float | None:
        """Seconds to a CPU's next timer (0 or less: it is due), None if there is none."""
        due = self._machine.memory.u64(self._next_event[cpu.number])
        return (due - self._machine.clock.now()) / NS if 0 < due < _NEVER else None

    def wait(self, give_way: bool) -> bool:
        """Let time pass to the next timer, or a bit of it, and raise what is due; False: none is.

        Time flies on a deterministic machine. With ``give_way`` others may use the machine
        meanwhile.
        """
        machine = self._machine
        waits = [(due, cpu) for cpu in machine.cpus if (due := self.until(cpu)) is not None]
        if not waits:
            return False
        first = min(due for due, _ in waits)
        if isinstance(machine.clock, VirtualClock):
            machine.clock.set(machine.clock.now() + max(round(first * NS), 0))
        elif first > 0:
            pause = min(first, _LOOK_S)
            if give_way:
                machine.lock.give_way(pause)
            else:
                time.sleep(pause)
        for cpu in machine.cpus:
            due = self.until(cpu)
            if due is not None and due <= 0:
                machine.raise_irq(cpu, LOCAL_TIMER_VECTOR)
        return True
