"""Holding CPUs in guest code while another one works: what stop_machine does.

The stopped CPUs stand in a function of the guest that waits with interrupts off.  The host sends
them there from between any two instructions, so that nobody has to be scheduled first; they still
take NMIs, and run whenever the working CPU yields to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tracefs.machine.cpu import Stop

if TYPE_CHECKING:
    from tracefs.machine.cpu import Cpu, CpuState
    from tracefs.machine.machine import Machine


@contextmanager
def stopped(
    machine: Machine, by: Cpu, wait: int, hold: Callable[[bool], None]
) -> Iterator[list[Cpu]]:
    """Keep all CPUs on line but ``by`` in the guest function at ``wait``; yields them.

    ``hold(False)`` makes that function return.  The machine's lock is held.  Raises GuestCrash.
    """
    hold(True)
    held: list[tuple[Cpu, CpuState]] = []
    try:
        for cpu in machine.cpus:
            if cpu is not by and cpu.online:
                held.append((cpu, cpu.enter_function(wait)))
                cpu.busy = False
        yield [cpu for cpu, _ in held]
    finally:
        hold(False)
        machine.monitor.enter()
        try:
            for cpu, state in held:
                if machine.dead is None:
                    _leave(cpu)
                cpu.leave_function(state)
        finally:
            machine.monitor.leave()


def _leave(cpu: Cpu) -> None:
    while cpu.machine.scheduler.slice(cpu) is not Stop.RETURN:
        pass  # it was told to go when it stood in an NMI, or at a yield
