"""A booted kernel whose tasks make system calls as a test tells them."""

from __future__ import annotations

import struct
import time

from tracefs.kernel.boot import System
from tracefs.kernel.syscalls import Task

GETPID, EXIT_GROUP, CLONE_CLIENT, RUN_WORKLOAD = 39, 231, 1000, 1001
SIGCHLD = 17


class Guest:
    """The system calls of `init` and of the tasks cloned from it."""

    def __init__(self, seed: int | None = None) -> None:
        self.system = System(seed=seed)
        self.machine, self.memory, self.init = (
            self.system.machine,
            self.system.memory,
            self.system.init,
        )

    def text(self, task: Task, text: str, offset: int = 0) -> int:
        """Put a string into the task's memory; returns its address."""
        self.memory.write(task.user_buf + offset, text.encode() + b"\0")
        return task.user_buf + offset

    def begin(self, task: Task, nr: int, *args: int) -> None:
        """Start a system call and run the machine until it idles."""
        cpu = self.system.syscalls.enter(task)
        task.op, task.error, task.calling = None, None, True
        cpu.put_syscall(nr, *args)
        self.machine.run_cpu(cpu)
        self.machine.run(lambda: False)

    def finish(self, task: Task, seconds: float = 20.0) -> int:
        """Let time pass until the task's system call has ended; its result."""
        end = time.monotonic() + seconds
        while task.calling:
            assert time.monotonic() < end, "the system call does not end"
            self.system.syscalls.timers.wait(give_way=False)
            self.machine.run(lambda: not task.calling)
        return task.result

    def call(self, task: Task, nr: int, *args: int) -> int:
        """One system call; its result, negative: -errno."""
        self.begin(task, nr, *args)
        return self.finish(task)

    def clone(
        self, pid: int, parent: Task | None = None, flags: int = 0, comm: str = "child"
    ) -> Task:
        """A child with that pid, standing in user mode."""
        parent = parent or self.init
        got = self.call(parent, CLONE_CLIENT, pid, self.text(parent, comm), flags)
        if got < 0:
            raise OSError(-got, "clone_client")
        self.machine.run(lambda: False)
        return next(t for t in self.system.syscalls.tasks.values() if t.pid == got)

    def end(self, task: Task, code: int = 0) -> None:
        """The task exits."""
        self.begin(task, EXIT_GROUP, code)
        self.system.syscalls.forget(task)

    def workload(self, task: Task, name: str, count: int, arg: int = 0) -> int:
        """Run a workload of kernel/workloads.c; its checksum."""
        return self.call(task, RUN_WORKLOAD, self.text(task, name), count, arg)

    def comm(self, task: Task) -> str:
        """Its name."""
        address = task.addr + self.system.abi.offset("task_struct", "comm")
        return self.memory.cstring(address, 16)

    def free_pages(self) -> int:
        """What sysinfo says is free, after the callbacks of RCU had time to run."""
        for _ in range(20):
            self.system.syscalls.timers.wait(give_way=False)
            self.machine.run(lambda: False)
        assert self.call(self.init, 99, self.init.user_buf) == 0
        freeram: int = struct.unpack_from("<q", self.memory.read(self.init.user_buf, 112), 40)[0]
        return freeram // 4096
