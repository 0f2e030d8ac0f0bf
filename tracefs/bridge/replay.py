"""From lines to the guest: who a line's process is, and running its call as that task's."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

from tracefs.bridge.calls import put_through
from tracefs.bridge.lines import Kind, Line
from tracefs.bridge.process import KIND_ARGUMENT, Descriptor, Process, narrow
from tracefs.kernel.clients import NR_CLONE_CLIENT, parent_of
from tracefs.kernel.syscalls import TaskDied, WouldBlock

if TYPE_CHECKING:
    from tracefs.kernel.clients import Client, Clients
    from tracefs.kernel.syscalls import Syscalls
    from tracefs.machine import Memory

NR_OPEN, NR_RT_SIGACTION, NR_DUP = 2, 13, 32
FORKS = {"clone": 56, "clone3": 56, "fork": 57, "vfork": 58}
CLONE_FILES = 0x400
NR_KILL = 62
SIGPIPE, SIGCHLD, SIG_IGN = 13, 17, 1
ESRCH = 3
HOST_PID = 0x9D54 << 48
"""At the top of the sixth argument: a child's pid (kernel_image/kernel/fork_clone.c)."""
MAX_DEAD_CHILDREN = 64
"""How many a process may leave unwaited for before the guest forgets the first of them."""


class Replay:
    """Runs in the guest what lines tell; the machine's lock is held.

    Errors of the guest's calls are of no consequence: outside, all has happened already.
    """

    def __init__(self, syscalls: Syscalls, clients: Clients, memory: Memory) -> None:
        self._syscalls = syscalls
        self._clients = clients
        self.memory = memory
        self._narrow = memory.layout.bits == 32
        self._processes: dict[int, Process] = {}
        self.killers: dict[int, tuple[Process, str]] = {}
        """Who has sent a process its last signal, and which."""
        self._early: set[int] = set()  # children seen before the line of the call that made them
        self._standard = self._prepare_init()

    def put(self, line: Line) -> None:
        """Do what the line tells."""
        if line.kind in (Kind.EXITED, Kind.KILLED):
            self._end(line)
        elif (process := self._process(line.pid)) is None:
            pass
        elif line.kind is Kind.BEGUN:
            process.begun = line
            if line.name == "kill":  # its end may come after that of the process it kills
                put_through(process, line)
        else:
            process.begun = None
            put_through(process, line)

    def run(self, process: Process, nr: int, *arguments: int) -> int:
        """One system call of a process's task; its result, -ESRCH if there is no such task."""
        task = process.client.task
        if task.calling or not self._syscalls.alive(task):
            return -ESRCH
        if self._narrow and len(arguments) > KIND_ARGUMENT:
            arguments = (*arguments[:KIND_ARGUMENT], narrow(arguments[KIND_ARGUMENT]))
        try:
            return self._syscalls.run(task, nr, *arguments)
        except (TaskDied, WouldBlock):
            # No call that is put through waits for anything; a task that does is given up.
            self._clients.forget(task)
            self._processes.pop(process.client.pid, None)
            return -ESRCH

    # -- fork, exec, exit -----------------------------------------------------------------------

    def fork(self, parent: Process, pid: int, line: Line) -> None:
        """A process has a child, which may have been heard of before."""
        if pid in self._early:
            self._early.discard(pid)
        elif pid not in self._processes:
            self._fork(pid, parent, line)

    def execute(self, process: Process, path: bytes) -> None:
        """A process has become another program."""
        task = process.client.task
        if not task.calling and self._syscalls.alive(task):
            with contextlib.suppress(TaskDied):
                self._clients.execute(process.client, path)

    def _process(self, pid: int) -> Process | None:
        """The process of a line; one never heard of is the child of one that is in fork(2)."""
        process = self._processes.get(pid)
        if process is None:
            forking = [p for p in self._processes.values() if p.begun and p.begun.name in FORKS]
            parent = forking[0] if len(forking) == 1 else self._processes.get(parent_of(pid))
            process = self._fork(pid, parent, parent.begun if parent else None)
            if parent is not None:
                self._early.add(pid)
        return process

    def _fork(self, pid: int, parent: Process | None, line: Line | None) -> Process | None:
        arguments = b"" if line is None else line.arguments
        shared = b"CLONE_FILES" in arguments
        client = self._clients.get(pid)  # its first act may have been one on the mount
        if client is None:
            flags = CLONE_FILES if shared else 0
            if parent is not None and b"CLONE_THREAD" not in arguments:
                flags |= SIGCHLD
            try:
                client = self._clone(pid, parent, line.name if line else "clone", flags)
            except (OSError, WouldBlock):
                return None
        if parent is None:
            process = Process(self, client, dict(self._standard), b"/")
        else:
            descriptors = parent.descriptors if shared else dict(parent.descriptors)
            process = Process(self, client, descriptors, parent.cwd)
            process.parent = parent.client.pid
        self._processes[pid] = process
        return process

    def _clone(self, pid: int, parent: Process | None, name: str, flags: int) -> Client:
        task = self._clients.init if parent is None else parent.client.task
        if task.calling or not self._syscalls.alive(task):
            task = self._clients.init
        if self._narrow:
            call = (NR_CLONE_CLIENT, pid, 0, flags)
            return self._clients.fork(pid, task, *call)
        return self._clients.fork(pid, task, FORKS.get(name, 56), flags, 0, 0, 0, 0, HOST_PID | pid)

    def _end(self, line: Line) -> None:
        process = self._processes.pop(line.pid, None)
        killer = self.killers.pop(line.pid, None)
        client = self._clients.get(line.pid)
        if client is None or client.task.calling:
            return  # what was in the middle of a call of the mount's is seen to there
        if process is None:
            self._early.add(line.pid)
        if killer and killer[1] == line.name and self._kill(client, killer[0], line.name):
            self._clients.gone(client)
        else:
            self._clients.exit(client, line.result or 0, killed=line.kind is Kind.KILLED)
        parent = process and self._processes.get(process.parent)
        if parent:
            parent.dead_children.append(line.pid)
            if len(parent.dead_children) > MAX_DEAD_CHILDREN:
                parent.wait(parent.dead_children[0])

    def _kill(self, client: Client, killer: Process, name: str) -> bool:
        """Have who killed a process outside kill its task; False if that cannot be."""
        number = getattr(signal, name, SIGPIPE)
        if number == SIGPIPE or killer.client is client:
            return False
        return self.run(killer, NR_KILL, client.pid, number) == 0

    # -- init -----------------------------------------------------------------------------------

    def _prepare_init(self) -> dict[int, Descriptor]:
        """What every process begins with: standard descriptors, and no death by SIGPIPE.

        Whether a pipe has readers at the moment is known outside only.
        """
        init, memory = self._clients.init, self.memory
        memory.write(init.user_buf, SIG_IGN.to_bytes(64, "little"))
        self._syscalls.run(init, NR_RT_SIGACTION, SIGPIPE, init.user_buf, 0, 8)
        memory.write(init.user_buf, b"/dev/null\0")
        numbers = [self._syscalls.run(init, NR_OPEN, init.user_buf, 2, 0)]
        numbers += [self._syscalls.run(init, NR_DUP, numbers[0]) for _ in range(2)]
        return {fd: Descriptor(number) for fd, number in enumerate(numbers) if number >= 0}
