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
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """Runs system calls of tasks; at most one is in progress on the machine at a time."""

    def __init__(self, machine: Machine, abi: Abi, symbol: Callable[[str], int]) -> None:
        self._machine = machine
        self._memory = machine.memory
        self._flags = abi.offset("task_struct", "thread_flags")
        self._task_user_buf = abi.offset("task_struct", "user_buf")
        self._task_pid = abi.offset("task_struct", "pid")
        self._current = [
            symbol("pcpu_hot")
            + abi.size("pcpu_hot") * cpu.number
            + abi.offset("pcpu_hot", "current_task")
            for cpu in machine.cpus
        ]
        self._mailbox = [
            symbol("host_mailbox") + abi.size("host_mailbox") * cpu.number for cpu in machine.cpus
        ]
        self.tasks: dict[int, Task] = {}
        self._in_user: list[Task | None] = [None] * len(machine.cpus)
        self.current_cpu: Cpu = machine.cpus[0]
        machine.hypercalls[HC_USER] = self._on_user
        machine.hypercalls[HC_HOST_OP] = self._on_host_op

    # -- what the guest tells us ------------------------------------------------------------

    def _on_user(self, cpu: Cpu) -> int | None:
        addr = self._memory.u64(self._current[cpu.number])
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
        task = self.tasks.get(self._memory.u64(self._current[cpu.number]))
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
            user_buf=memory.u64(addr + self._task_user_buf),
        )
        self.tasks[addr] = task
        return task

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
            # It must be asleep before anybody gives it another system call.
            self._machine.run(lambda: self._user_cpu(task) is None and not cpu.pending)

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
        self._memory.put_u64(address, self._memory.u64(address) | 1 << flag)

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
        self._memory.put_u64(self._mailbox[cpu.number], task.addr)
        self._machine.raise_irq(cpu, HYPERVISOR_CALLBACK_VECTOR)

    # -- system calls -----------------------------------------------------------------------

    def enter(self, task: Task) -> Cpu:
        """Bring a task to user mode and return the CPU on which it stands there."""
        cpu = self._user_cpu(task)
        if cpu is None:
            self._wake(task)
            if not self._run_until(lambda: self._user_cpu(task) is not None):
                raise TaskDied
            cpu = self._user_cpu(task)
            assert cpu is not None
        return cpu

    def find(self, pid: int) -> Task:
        """The task of a process that is being forked, once it is in user mode."""

        def arrived() -> bool:
            return any(task.pid == pid for task in self.tasks.values())

        if not self._run_until(arrived):
            raise TaskDied
        return next(task for task in self.tasks.values() if task.pid == pid)

    def _run_until(self, done: Callable[[], bool]) -> bool:
        """Run the machine until done(); False if it comes to rest before that.

        Tasks in user mode hold their CPUs without doing anything; where that is in the way they
        are put to sleep, as programs that wait for something would.
        """
        if self._machine.run(done):
            return True
        occupants = [task for cpu in self._machine.cpus if (task := self._user_task(cpu))]
        for task in occupants:
            self.park(task)
        return bool(occupants) and self._machine.run(done)

    def run(self, task: Task, nr: int, *args: int, op: Callable[[], int] | None = None) -> int:
        """Run one system call of a task to its end and return its result (negative: -errno).

        ``op`` is the host's part. Raises WouldBlock when the task now sleeps in the guest: call
        resume() once the file may have something.
        """
        cpu = self.enter(task)
        task.op = op
        task.error = None
        task.calling = True
        cpu.put_syscall(nr, *args)
        self._machine.run_cpu(cpu)
        return self._finish(task)

    def resume(self, task: Task, *, signal: bool = False) -> int:
        """Wake a blocked task to try again, or with a signal pending to give up (-EINTR)."""
        if signal:
            self._set_flag(task, TIF_SIGPENDING)
        task.blocked = False
        self._wake(task)
        return self._finish(task)

    def _finish(self, task: Task) -> int:
        if task.calling and not self._run_until(lambda: not task.calling):
            if task.blocked:
                raise WouldBlock
            self.forget(task)
            raise TaskDied
        task.op = None
        return task.result

    def start(self, task: Task, nr: int, *args: int) -> None:
        """Start a system call that does not return (exit) and run the machine until it idles."""
        cpu = self.enter(task)
        task.op = None
        cpu.put_syscall(nr, *args)
        self._machine.run(lambda: False)
        self.forget(task)
