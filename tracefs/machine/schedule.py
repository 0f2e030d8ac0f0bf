"""The deterministic machine: who runs how long is drawn from a seed, recorded, replayable."""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from tracefs.machine.clock import VirtualClock
from tracefs.machine.cpu import Cpu, Stop
from tracefs.machine.errors import ReplayError
from tracefs.machine.hypercall import Vector
from tracefs.machine.scheduler import TICK_NS, Scheduler

if TYPE_CHECKING:
    from tracefs.machine.machine import Machine

NS_PER_INSTRUCTION = 1
# Slices have up to 2**k instructions, k drawn first: many short ones, for the races, and enough
# long ones to get on.
_LOG2_MIN, _LOG2_MAX = 2, 13
_UNLIMITED = 1 << 30
_PATIENCE = 6  # counting is slow: hang_seconds are this many times longer


class Schedule:
    """What happened, in order: (cpu, instructions allowed), or (cpu, -vector): one was taken."""

    def __init__(self, entries: Iterable[tuple[int, int]] = ()) -> None:
        self._flat = array("i")
        for cpu, what in entries:
            self.add(cpu, what)

    def add(self, cpu: int, what: int) -> None:
        """Append one entry."""
        self._flat.append(cpu)
        self._flat.append(what)

    def __len__(self) -> int:
        return len(self._flat) // 2

    def __getitem__(self, i: int) -> tuple[int, int]:
        return self._flat[2 * i], self._flat[2 * i + 1]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        flat = self._flat
        return zip(flat[::2], flat[1::2], strict=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and self._flat == other._flat

    __hash__ = None  # type: ignore[assignment]


class SeededScheduler(Scheduler):
    """Slices of drawn length on drawn CPUs; interrupts arrive anywhere while IF is set."""

    def __init__(self, machine: Machine, clock: VirtualClock, seed: int) -> None:
        super().__init__(machine)
        self._random = random.Random(seed)
        self._clock = clock
        self.record = Schedule()
        self._script: Schedule | None = None
        self._at = 0
        self._progress = 0.0
        for cpu in machine.cpus:
            cpu.hook_tsc(clock.read)

    def replay(self, schedule: Schedule) -> None:
        """Follow a recorded schedule from the machine's start; then go on by the seed."""
        if len(self.record):
            raise ReplayError("the machine has already run")
        self._script = schedule

    # ---- recording and replaying

    def _choose(self, ready: list[Cpu]) -> tuple[Cpu, int]:
        # Draw even when replaying, so that the seed's sequence goes on from the same place.
        cpu = ready[self._random.randrange(len(ready))]
        count = self._random.randrange(1, 1 << self._random.randint(_LOG2_MIN, _LOG2_MAX))
        entry = self._scripted()
        if entry is not None:
            number, count = entry
            chosen = [each for each in ready if each.number == number]
            if not chosen or count <= 0:
                raise ReplayError(f"entry {self._at - 1} {entry}: that CPU cannot run now")
            cpu = chosen[0]
        self.record.add(cpu.number, count)
        return cpu, count

    def _scripted(self) -> tuple[int, int] | None:
        if self._script is None:
            return None
        if self._at >= len(self._script):
            self._script = None
            return None
        self._at += 1
        return self._script[self._at - 1]

    def took(self, cpu: Cpu, vector: int) -> None:
        """A CPU has taken an interrupt; replay checks that it is the recorded one."""
        entry = self._scripted()
        if entry is not None and entry != (cpu.number, -vector):
            raise ReplayError(f"entry {self._at - 1} {entry}: CPU {cpu.number} took {vector:#x}")
        self.record.add(cpu.number, -vector)

    # ---- running

    def run(self, done: Callable[[], bool]) -> bool:
        self._progress = time.thread_time()
        while not done():
            if not self._one(self.machine.cpus) and not self._pass_time():
                return False
        return True

    def run_cpu(self, cpu: Cpu) -> None:
        self._progress = time.thread_time()
        while cpu.can_go() or cpu.can_take() is not None:
            self._one(self.machine.cpus)

    def others(self, cpu: Cpu | None) -> None:
        self._one([each for each in self.machine.cpus if each is not cpu])

    def slice(self, cpu: Cpu, count: int = 0) -> Stop:
        # A CPU's own readings of the clock move it too; no CPU may see it go back.
        clock = self._clock
        machine = self.machine
        before = cpu.executed
        clock.set(machine.load_clock(cpu))
        machine.store_clock(cpu, clock.now())
        stop = cpu.slice(count or _UNLIMITED)
        executed = (cpu.executed - before) * NS_PER_INSTRUCTION
        clock.set(max(clock.now() + executed, machine.load_clock(cpu)))
        return stop

    def next_tick(self) -> int:
        return self._clock.now() + TICK_NS

    def _one(self, cpus: list[Cpu]) -> bool:
        self._ticks(cpus)
        ready = [cpu for cpu in cpus if cpu.ready()]
        if not ready:
            return False
        cpu, count = self._choose(ready)
        stop = self.slice(cpu, count)
        if stop in (Stop.HALT, Stop.HELD):
            self._progress = time.thread_time()
        elif time.thread_time() - self._progress > _PATIENCE * self.machine.hang_seconds:
            raise cpu.crash("no CPU has come to an end of what it does")
        return True

    def _ticks(self, cpus: list[Cpu]) -> None:
        now = self._clock.now()
        for cpu in cpus:
            if cpu.online and not cpu.halted and now >= cpu.next_tick:
                cpu.next_tick = now + TICK_NS
                cpu.pending.add(Vector.LOCAL_TIMER)

    def _pass_time(self) -> bool:
        # Everybody is idle: time flies to the next timer, if there is one.
        machine = self.machine
        if machine.timers is None:
            return False
        waits = [(machine.timers(cpu), cpu) for cpu in machine.cpus if cpu.online]
        known = [(wait, cpu) for wait, cpu in waits if wait is not None]
        if not known:
            return False
        first = min(wait for wait, _ in known)
        self._clock.set(self._clock.now() + max(round(first * 1e9), NS_PER_INSTRUCTION))
        for wait, cpu in known:
            if wait <= first:
                cpu.pending.add(Vector.LOCAL_TIMER)
        return True
