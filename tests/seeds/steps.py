"""Calls of guest functions, one instruction after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tracefs.machine.cpu import Stop
from tracefs.machine.unicorn_state import FLAGS, IP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.seeds.conftest import Era
    from tracefs.machine import Cpu

LIMIT = 200_000
"""Instructions after which a call will not come back."""


class Lost(Exception):
    """A call did not return to where it was called from."""


class Call:
    """A call by the host, as `Cpu.call`, that stands before its next instruction."""

    def __init__(self, era: Era, cpu: Cpu, address: int, args: tuple[int, ...]) -> None:
        self.cpu = cpu
        self._back = era.system.machine.host_return
        cpu._enter_function(address, args)
        self.stack = cpu.get_regs()["rsp"]

    @property
    def over(self) -> bool:
        """True where it has returned to."""
        return self.cpu.words[IP] == self._back

    def step(self, count: int = 1) -> None:
        """Execute a few instructions."""
        if self.cpu.step(count) != count:
            raise Lost("halted, or at a hypercall")

    def finish(self) -> int:
        """Go on until it returns; its result.  Lost: it does not, or with another stack."""
        scheduler = self.cpu.machine.scheduler
        while (stop := scheduler.slice(self.cpu, LIMIT)) in (Stop.POLL, Stop.YIELD):
            if stop is Stop.YIELD:
                scheduler.others(self.cpu)
        if stop is not Stop.RETURN:
            raise Lost(f"no return, but {stop.name} at {self.cpu.words[IP]:#x}")
        if self.cpu.get_regs()["rsp"] != self.stack + self.cpu.bits // 8:
            raise Lost("returned with another stack")
        return self.cpu.arg(0)


@contextmanager
def calling(era: Era, function: str, *args: int) -> Iterator[Call]:
    """A call of a function by CPU 0, with interrupts off; afterwards the CPU stands as before."""
    machine = era.system.machine
    cpu = machine.cpus[0]
    with machine.lock:
        saved, flags = cpu.words[:FLAGS].tobytes(), cpu.eflags
        state = cpu.stopped_at, cpu.halted, cpu.interruptible
        cpu.stopped_at, cpu.halted = None, False
        try:
            yield Call(era, cpu, era.symbol(function), args)
        finally:
            cpu.words[:FLAGS] = memoryview(saved).cast("Q")
            cpu.set_regs(eflags=flags)
            cpu.stopped_at, cpu.halted, cpu.interruptible = state


def depth(era: Era, cpu: Cpu) -> int:
    """curr_ret_stack of the task on a CPU."""
    abi, memory = era.system.abi, era.memory
    hot = era.symbol("pcpu_hot") + cpu.number * abi.size("pcpu_hot")
    task = memory.word(hot + abi.offset("pcpu_hot", "current_task"))
    value = memory.u32(task + abi.offset("task_struct", "curr_ret_stack"))
    return value - (value >> 31 << 32)


def length(era: Era, function: str, *args: int) -> int:
    """How many instructions a call takes."""
    with calling(era, function, *args) as call:
        for count in range(LIMIT):
            if call.over:
                return count
            call.step()
    raise Lost(f"{function} does not return")


def everywhere(
    era: Era, function: str, args: tuple[int, ...], act: Callable[[Cpu], None]
) -> Counter[str]:
    """Call a function again and again, each time with an ``act`` one instruction later.

    Returns how many places there were in each function. The result, the stack and the depth of the
    task's stack of returns must be what they are without (AssertionError, or Lost).
    """
    places: Counter[str] = Counter()
    with calling(era, function, *args) as call:
        expected, before = call.finish(), depth(era, call.cpu)
    for place in range(length(era, function, *args)):
        with calling(era, function, *args) as call:
            call.step(place)
            places[era.system.kallsyms.name(call.cpu.words[IP])] += 1
            act(call.cpu)
            result = call.finish()
            assert (result, depth(era, call.cpu)) == (expected, before), f"at instruction {place}"
    return places
