"""Background threads: the 4 ms ticker that is also the watchdog, and the one for idle machines.

Neither touches a CPU that another thread may be running, but for the watchdog's last resort.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.machine.cpu import Cpu
    from tracefs.machine.machine import Machine

TICK = 0.004
_IDLE_AFTER = 5  # ticks without a slice


class Monitor:
    """Runs while guest code runs: asks the executing CPU to poll, and ends one that does nothing else any more.

    A guest hangs when one emu_start has used `hang_seconds` of processor time (so a stopped or starved host is not
    a hung guest).  Stopping it may break its state: it is dead afterwards.
    """

    def __init__(self, machine: Machine, hang_seconds: float) -> None:
        self._machine = machine
        self._hang_seconds = hang_seconds
        self.beat = 0  # slices so far
        self.executing: Cpu | None = None  # inside emu_start
        self.clock_id = 0  # processor time of the thread that runs the guest
        self.hung = ""
        self._owner = 0
        self.awake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """The calling thread is going to run the guest."""
        self.beat += 1  # before the look at the event: _run looks at both the other way round
        ident = threading.get_ident()
        if ident != self._owner:
            self._owner = ident
            self.clock_id = time.pthread_getcpuclockid(ident)
        if not self.awake.is_set():
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="tracefs-ticker", daemon=True
                )
                self._thread.start()
            self.awake.set()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self.awake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        idle = 0
        beat = -1
        since = 0.0
        while not self._closed:
            time.sleep(TICK)
            cpu = self.executing
            if cpu is None:
                idle = idle + 1 if beat == self.beat else 0
                beat = self.beat
                if idle >= _IDLE_AFTER:
                    idle = 0
                    self.awake.clear()
                    # A run may have begun between the look above and the clear.
                    if beat == self.beat and not self._closed:
                        self.awake.wait()
                continue
            self._machine.set_poll(cpu)
            now = self._cpu_time()
            if beat != self.beat:
                beat = self.beat
                since = now
            elif now - since > self._hang_seconds:
                self.hung = (
                    f"CPU {cpu.number} hangs: no stop in {self._hang_seconds:g} s of processor time"
                )
                self._stop(cpu, beat)

    def _cpu_time(self) -> float:
        try:
            return time.clock_gettime(self.clock_id)
        except OSError:
            return 0.0  # that thread is gone

    def _stop(self, cpu: Cpu, beat: int) -> None:
        while self.executing is cpu and self.beat == beat and not self._closed:
            cpu.stop_asynchronously()
            time.sleep(TICK)


class IdleThread:
    """Runs what is left when nobody waits for it: due timers, tasks that were woken on the way.

    `Machine.start_idle` says when it works.
    """

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
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        wait = self._interval
        while not self._closed:
            self._wanted.wait(wait)
            self._wanted.clear()
            if self._closed or self._machine.dead:
                return
            wait = self._machine.idle_work(self._interval)
