"""Who runs next: the live scheduler, and what it shares with the deterministic one."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.machine.cpu import Cpu, Stop
from tracefs.machine.hypercall import Vector

if TYPE_CHECKING:
    from tracefs.machine.machine import Machine

TICK_NS = 4_000_000  # HZ = 250
# An enumeration's members cost as much as a call where thousands of slices a second are looked at.
_HELD, _POLL, _YIELD = Stop.HELD, Stop.POLL, Stop.YIELD


class Scheduler(ABC):
    """Gives CPUs their slices; the machine's lock is held."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @abstractmethod
    def run(self, done: Callable[[], bool]) -> bool:
        """Run until done() is true; False when all CPUs are idle before that."""

    @abstractmethod
    def run_cpu(self, cpu: Cpu) -> None:
        """Run until this CPU is held at a hypercall, or halts."""

    @abstractmethod
    def others(self, cpu: Cpu | None) -> None:
        """Give the other CPUs a slice: cpu, or the host, waits for one of them."""

    @abstractmethod
    def slice(self, cpu: Cpu, count: int = 0) -> Stop:
        """One slice for who wants just this CPU to run; at most count instructions if given."""

    @abstractmethod
    def next_tick(self) -> int:
        """When a CPU that starts now has its first tick."""

    def took(self, cpu: Cpu, vector: int) -> None:  # noqa: B027 (nothing to do for most)
        """A CPU has taken an interrupt."""


class LiveScheduler(Scheduler):
    """Runs a CPU until it has nothing to do, waits for another one, or its 4 ms are over."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._progress = 0.0  # processor time when a CPU last did something but spin
        self._spinning: set[int] = set()

    def run(self, done: Callable[[], bool]) -> bool:
        cpus = self.machine.cpus
        self._begin()
        while not done():
            idle = True
            for cpu in cpus:
                if cpu.online:
                    self._tick(cpu)
                    if cpu.ready():
                        idle = False
                        self._turn(cpu)
                        if done():
                            return True
            if idle:
                return False
        return True

    def run_cpu(self, cpu: Cpu) -> None:
        self._begin()
        self._tick(cpu)
        while cpu.ready():
            if self._turn(cpu) is not _HELD:
                self.others(cpu)

    def _begin(self) -> None:
        if self._spinning:
            self._spinning.clear()

    def _tick(self, cpu: Cpu) -> None:
        # An idle CPU has no tick: its timers are the idle thread's business.
        now = time.monotonic_ns()
        if now >= cpu.next_tick and not cpu.halted:
            cpu.next_tick = now + TICK_NS
            cpu.pending.add(Vector.LOCAL_TIMER)

    def _turn(self, cpu: Cpu) -> Stop:
        while True:
            stop = cpu.slice()
            if stop is _YIELD:
                self._spin(cpu)
                return stop
            if stop is not _POLL:
                if self._spinning:
                    self._spinning.clear()
                return stop
            self.machine.clear_poll(cpu)
            if cpu.number in self._spinning:
                self._spinning.discard(cpu.number)
            else:
                self._progress = time.thread_time()
            if time.monotonic_ns() >= cpu.next_tick:
                self._tick(cpu)
                cpu.ready()
                return stop
            cpu.ready()
            if self.machine.lock.waiting:
                return stop

    def _spin(self, cpu: Cpu) -> None:
        # A stop of another kind empties the set, so that it only stays full while everybody spins.
        if not self._spinning:
            self._progress = time.thread_time()
        self._spinning.add(cpu.number)
        if time.thread_time() - self._progress > self.machine.hang_seconds:
            raise cpu.crash(f"CPUs {sorted(self._spinning)} wait for each other")

    def others(self, cpu: Cpu | None) -> None:
        for other in self.machine.cpus:
            if other is not cpu and other.ready():
                self._turn(other)

    def slice(self, cpu: Cpu, count: int = 0) -> Stop:
        return cpu.slice(count)

    def next_tick(self) -> int:
        return time.monotonic_ns() + TICK_NS
