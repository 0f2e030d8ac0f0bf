"""Background threads: the 4 ms ticker that is also the watchdog, and the one for idle machines."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracefs.machine.cpu import Cpu
    from tracefs.machine.machine import Machine

TICK = 0.004
_CLOSING_SECONDS = 0.5  # patience with a guest that does not poll when all is over
_IDLE_AFTER = 5  # ticks without a run


class MachineLock:
    """A reentrant lock that knows whether somebody waits for it, and whose holder can give way.

    ``hurry`` is called, by who waits, when it is contended; ``leave`` by a holder that gives it
    back, if ``used`` was set meanwhile.
    """

    def __init__(
        self,
        hurry: Callable[[], None] | None = None,
        leave: Callable[[], None] | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._try = self._lock.acquire
        self._door = threading.Lock()  # held by the first of those who wait
        self._count = threading.Lock()
        self._depth = 0
        self._hurry = hurry
        self._leave = leave
        self.waiting = 0
        self.used = False

    def acquire(self) -> None:
        """Take the lock."""
        if not self._try(False):
            self._wait()
        self._depth += 1

    __enter__ = acquire

    def _wait(self) -> None:
        with self._count:
            self.waiting += 1
        try:
            if self._hurry is not None:
                self._hurry()
            with self._door:
                self._lock.acquire()
        finally:
            with self._count:
                self.waiting -= 1

    def release(self, *_: object) -> None:
        """Give it back."""
        self._depth -= 1
        if self.used and not self._depth:
            self.used = False
            if self._leave is not None:
                self._leave()
        self._lock.release()

    __exit__ = release

    def give_way(self, seconds: float = 0.0) -> None:
        """Let others have the lock, for that long or until the first who waits has had it.

        RuntimeError where it is not held.
        """
        if not self._depth:
            raise RuntimeError("a lock that is not held cannot be given")
        depth, self._depth = self._depth, 0
        for _ in range(depth):
            self._lock.release()
        if seconds:
            time.sleep(seconds)
        else:
            with self._door:
                pass
        self.acquire()
        for _ in range(depth - 1):
            self._lock.acquire()
        self._depth = depth


class Monitor:
    """Runs while guest code runs: asks the executing CPU to poll, and ends one that is stuck.

    A guest hangs when it has used `hang_seconds` of processor time without a hypercall, a halt or
    the end of a slice; a stopped or starved host is not a hung guest.  Only then does this thread
    touch a CPU that another one runs, which may break its state: the machine is dead afterwards.
    """

    def __init__(self, machine: Machine, hang_seconds: float) -> None:
        self._machine = machine
        self._hang_seconds = hang_seconds
        self.beat = 0  # moves with every sign of life
        self.depth = 0  # runs that have begun and not ended
        self.executing: Cpu | None = None  # in a slice, not in a handler
        self.hung = ""
        self._owner = 0
        self._clock = 0  # processor time of the owner
        self._awake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def enter(self) -> None:
        """The calling thread is going to run the guest."""
        self.depth += 1  # before the look at the event: _run looks the other way round
        self.beat += 1
        ident = threading.get_ident()
        if ident != self._owner:
            self._owner = ident
            self._clock = time.pthread_getcpuclockid(ident)
        if not self._awake.is_set():
            if self._thread is None:
                name = "tracefs-ticker"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()
            self._awake.set()

    def leave(self) -> None:
        """It has done so."""
        self.depth -= 1

    def is_awake(self) -> bool:
        """True until the machine has not run for a while."""
        return self._awake.is_set()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        idle = 0
        beat = -1
        since = 0.0
        while not self._closed:
            time.sleep(TICK)
            if self.depth == 0:
                idle = idle + 1 if beat == self.beat else 0
                beat = self.beat
                if idle >= _IDLE_AFTER:
                    idle = 0
                    self._awake.clear()
                    if self.depth == 0 and not self._closed:
                        self._machine.on_quiet()
                        self._awake.wait()
                continue
            cpu = self.executing
            if cpu is not None:
                self._machine.set_poll(cpu)
            now = self._processor_time()
            if beat != self.beat or cpu is None:
                beat = self.beat
                since = now
            elif now - since > (_CLOSING_SECONDS if self._machine.closing else self._hang_seconds):
                self.hung = f"no sign of life in {now - since:.1f} s of processor time"
                self._stop(beat)
                since = now

    def _processor_time(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0  # that thread is gone

    def _stop(self, beat: int) -> None:
        while self.beat == beat and (cpu := self.executing) is not None and not self._closed:
            cpu.stop_asynchronously()
            time.sleep(TICK)


class IdleThread:
    """Runs what is left when nobody else runs the machine; see Machine.start_idle."""

    def __init__(self, machine: Machine, interval: float) -> None:
        self._machine = machine
        self._interval = interval
        self._wanted = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="tracefs-idle", daemon=True)
        self._thread.start()

    def kick(self) -> None:
        """There is something to run."""
        if not self._wanted.is_set():
            self._wanted.set()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        wait = self._interval
        while not self._closed:
            self._wanted.wait(wait)
            self._wanted.clear()
            if self._closed or self._machine.dead:
                return
            time.sleep(TICK / 4)  # who holds the lock may be in the middle of many short runs
            wait = self._machine.idle_work(self._interval)
