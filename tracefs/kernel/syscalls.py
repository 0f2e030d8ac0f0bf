"""System calls of client tasks, run by the guest.

A client of the mount is a task of the emulated kernel. Between two of its operations it stands "in
user mode": a CPU that runs it has stopped at ``HC_USER``, or, once another task needed the CPU,
it sleeps there. An operation puts a system call into the CPU's registers and lets the guest run
its own call chain (``vfs_read`` and all). Where that chain reaches the file, the guest asks the
host (``HC_HOST_OP``) and the operation's Python part runs, so what it changes (call sites, buffers)
is in force for the rest of the same call, as on a real kernel.

Everything here runs with the machine's lock held.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.kernel.retired import Retired
from tracefs.kernel.timers import Timers

if TYPE_CHECKING:
    from tracefs.image.abi import Abi
    from tracefs.machine import Cpu, Machine

HC_USER, HC_HOST_OP = 0, 1
HOST_BLOCK = -512
OP_RELEASE = 4

HYPERVISOR_CALLBACK_VECTOR = 0xF3
RESCHEDULE_VECTOR = 0xFD
TIF_SIGPENDING = 2
TIF_USER_PARK = 16

TURN_S = 0.02
"""How long a long call runs before others are looked after."""
PATIENCE_NS = 5 * 10**9
"""How long (by the guest's clock) a task may sleep in a call that is not a long one."""


class WouldBlock(Exception):
    """The system call sleeps in the guest until its file has something; see Syscalls.resume."""


class TaskDied(OSError):
    """The task left the guest during its system call (ESRCH)."""

    def __init__(self) -> None:
        super().__init__(errno.ESRCH, "task is gone")


@dataclass(eq=False, slots=True)
class Task:
    """A task of the guest that a process outside works through.

    ``addr`` is its task_struct, ``user_buf`` its window of user memory. ``op`` is the host's part
    of the system call in progress, ``error`` an exception that it raised,
    ``cpu`` where the task was in user mode last.
    """

    addr: int
    pid: int
    user_buf: int
    cpu: Cpu | None = None
    calling: bool = False
    blocked: bool = False
    op: Callable[[], int] | None = None
    error: BaseException | None = None
    result: int = 0


class Syscalls:
    """Runs system calls of tasks.

    Each thread waits for one call; other calls may be in progress on the machine: those that sleep
    for their files, and long ones, whose threads have given way. ``between_turns`` is called while
    a long call goes on.
    """

    def __init__(self, machine: Machine, abi: Abi, symbol: Callable[[str], int]) -> None:
        self._machine = machine
        self._memory = machine.memory
        self._flags = abi.offset("task_struct", "thread_flags")
        self._task_user_buf = abi.offset("task_struct", "user_buf")
        self._task_pid = abi.offset("task_struct", "pid")
        self._longs = machine.memory.longs
        self._current = [
            machine.memory.long_index(
                symbol("pcpu_hot")
                + abi.size("pcpu_hot") * cpu.number
                + abi.offset("pcpu_hot", "current_task")
            )
            for cpu in machine.cpus
        ]
        self._mailbox = [
            symbol("host_mailbox") + abi.size("host_mailbox") * cpu.number for cpu in machine.cpus
        ]
        self.tasks: dict[int, Task] = {}
        self.timers = Timers(machine, abi, symbol)
        self.retired = Retired()
        self.between_turns: Callable[[], None] = _nothing
        self._long_calls = 0
        self._in_user: list[Task | None] = [None] * len(machine.cpus)
        self.current_cpu: Cpu = machine.cpus[0]
        machine.hypercalls[HC_USER] = self._on_user
        machine.hypercalls[HC_HOST_OP] = self._on_host_op

    # -- what the guest tells us ------------------------------------------------------------

    def _on_user(self, cpu: Cpu) -> int | None:
        addr = self._longs[self._current[cpu.number]]
        task = self.tasks.get(addr)
        if task is None:
            task = self.adopt(addr)
        self._in_user[cpu.number] = task
        task.cpu = cpu
        task.blocked = False
        if task.calling:
            task.calling = False
            task.result = cpu.sarg(0)
        return None

    def _on_host_op(self, cpu: Cpu) -> int | None:
        task = self.tasks.get(self._longs[self._current[cpu.number]])
        if task is None or task.op is None or cpu.arg(1) == OP_RELEASE:
            return 0
        self.current_cpu = cpu
        try:
            return task.op()
        except BlockingIOError:
            task.blocked = True
            return HOST_BLOCK
        except OSError as error:
            task.error = error
            return -(error.errno or errno.EIO)

    # -- tasks ------------------------------------------------------------------------------

    def adopt(self, addr: int) -> Task:
        """The Task for a task_struct that is or will be in user mode."""
        memory = self._memory
        task = Task(
            addr=addr,
            pid=memory.u32(addr + self._task_pid),
            user_buf=memory.word(addr + self._task_user_buf),
        )
        self.tasks[addr] = task
        return task

    def alive(self, task: Task) -> bool:
        """False once the task has left the guest."""
        return self.tasks.get(task.addr) is task

    def forget(self, task: Task) -> None:
        """Drop a task whose task_struct is no longer valid."""
        self.tasks.pop(task.addr, None)
        task.cpu = None

    def park(self, task: Task) -> None:
        """Take a task that is in user mode off its CPU: it sleeps until its next call."""
        cpu = self._user_cpu(task)
        if cpu is not None:
            self._set_flag(task, TIF_USER_PARK)
            self._machine.raise_irq(cpu, RESCHEDULE_VECTOR)
            # It must be asleep before anybody wakes it for another system call.
            current = self._current[cpu.number]
            self._machine.run(lambda: self._longs[current] != task.addr)

    def _user_cpu(self, task: Task) -> Cpu | None:
        """The CPU on which the task stands in user mode, if it does."""
        cpu = task.cpu
        if cpu is None or cpu.stopped_at != HC_USER or self._in_user[cpu.number] is not task:
            return None
        return cpu

    def _user_task(self, cpu: Cpu) -> Task | None:
        return self._in_user[cpu.number] if cpu.stopped_at == HC_USER else None

    def _set_flag(self, task: Task, flag: int) -> None:
        address = task.addr + self._flags
        self._memory.put_word(address, self._memory.word(address) | 1 << flag)

    def _wake(self, task: Task) -> None:
        """Wake a task that sleeps in the guest, through the host's interrupt on some CPU."""
        cpus = self._machine.cpus
        cpu = task.cpu or cpus[0]
        other = self._user_task(cpu)
        if other is not None:
            cpu = next((free for free in cpus if self._user_task(free) is None), cpu)
            other = self._user_task(cpu)
        if other is not None:
            self._set_flag(other, TIF_USER_PARK)
        self._memory.put_word(self._mailbox[cpu.number], task.addr)
        self._machine.raise_irq(cpu, HYPERVISOR_CALLBACK_VECTOR)

    # -- system calls -----------------------------------------------------------------------

    def enter(self, task: Task) -> Cpu:
        """Bring a task to user mode and return the CPU on which it stands there."""
        cpu = self._user_cpu(task)
        if cpu is None:
            self._wake(task)
            self.run_until(lambda: self._user_cpu(task) is not None)
            cpu = self._user_cpu(task)
            assert cpu is not None
        return cpu

    def find(self, pid: int) -> Task:
        """The task of a process that is being forked, once it is in user mode."""

        def found() -> Task | None:
            return next((task for task in self.tasks.values() if task.pid == pid), None)

        self.run_until(lambda: found() is not None)
        task = found()
        assert task is not None
        return task

    def run(
        self,
        task: Task,
        nr: int,
        *args: int,
        op: Callable[[], int] | None = None,
        long: bool = False,
    ) -> int:
        """Run one system call of a task to its end and return its result (negative: -errno).

        ``op`` is the host's part. A ``long`` call gives way to threads that wait for the machine.
        Raises WouldBlock when the task now sleeps in the guest (call resume() once the file may
        have something), TaskDied, GuestCrash.
        """
        cpu = self.enter(task)
        task.op = op
        task.error = None
        task.calling = True
        cpu.put_syscall(nr, *args)
        if not long and not self._long_calls:
            self._machine.run_cpu(cpu)
        return self._finish(task, long)

    def resume(self, task: Task, *, signal: bool = False) -> int:
        """Wake a blocked task to try again, or with a signal pending to give up (-EINTR)."""
        if signal:
            self._set_flag(task, TIF_SIGPENDING)
        task.blocked = False
        self._wake(task)
        return self._finish(task)

    def _finish(self, task: Task, long: bool = False) -> int:
        if task.calling and not task.blocked:
            self._long_calls += long
            try:
                self.run_until(lambda: not task.calling or task.blocked, long)
            except TaskDied:
                self.forget(task)
                raise
            finally:
                self._long_calls -= long
        if task.calling:
            raise WouldBlock
        task.op = None
        return task.result

    def check(self, task: Task, nr: int, *args: int, op: Callable[[], int] | None = None) -> int:
        """As run(), but an error is raised: the one that ``op`` raised, if that is what failed."""
        return self.checked(task, self.run(task, nr, *args, op=op))

    @staticmethod
    def checked(task: Task, result: int) -> int:
        """The result of a call, or its error as an exception."""
        if result < 0:
            error, task.error = task.error, None
            raise error or OSError(-result, os.strerror(-result))
        return result

    def start(self, task: Task, nr: int, *args: int) -> None:
        """Start a system call that does not return (exit) and let the machine come to rest."""
        cpu = self.enter(task)
        task.op = None
        cpu.put_syscall(nr, *args)
        self.settle()
        self.forget(task)

    def settle(self) -> None:
        """Let the machine come to rest, unless a long call keeps it busy anyway."""
        if not self._long_calls:
            self._machine.settle()
            if self.retired:
                self.retired.free()

    # -- running the machine ----------------------------------------------------------------

    def run_until(self, done: Callable[[], bool], long: bool = False) -> None:
        """Run the machine until done().  Raises TaskDied if that cannot come any more.

        Tasks in user mode hold their CPUs without doing anything; where that is in the way they
        are put to sleep, as programs that wait for something would. After that, what is waited for
        may hang on a timer.
        """
        machine = self._machine
        patience = machine.clock.now() + PATIENCE_NS
        while not done():
            if self._run_some(done, long) or self.vacate():
                continue
            if machine.closing or (not long and machine.clock.now() > patience):
                raise TaskDied
            if not self.timers.wait(give_way=long):
                raise TaskDied

    def _run_some(self, done: Callable[[], bool], long: bool) -> bool:
        """Run until done(), in a long call also until others want the machine; False: at rest."""
        machine = self._machine
        if not long:
            return machine.run(done)
        lock = machine.lock
        turn = time.monotonic() + TURN_S
        if not machine.run(lambda: done() or lock.waiting > 0 or time.monotonic() > turn):
            return False
        if not done():
            self.between_turns()
            if lock.waiting:
                lock.give_way()
        return True

    def vacate(self) -> bool:
        """Put the tasks that stand in user mode to sleep; False if there are none."""
        occupants = [task for cpu in self._machine.cpus if (task := self._user_task(cpu))]
        for task in occupants:
            self.park(task)
        return bool(occupants)


def _nothing() -> None:
    pass
