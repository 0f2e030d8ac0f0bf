"""Clients are tasks: the processes that use the mount, and their tasks in the guest.

A process outside is seen for the first time when it opens, reads, writes or lists a file. Its task
is then forked in the guest from its parent's (or from init), with its own pid; a changed name
outside is an execve there; its end outside is an exit there. Where somebody tells of processes
before that (tracefs.bridge), ``catch_up`` lets them have their say first.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracefs.kernel.syscalls import Syscalls, Task, TaskDied

if TYPE_CHECKING:
    from tracefs.machine import Memory

NR_EXECVE, NR_KILL, NR_EXIT_GROUP, NR_SCHED_SETAFFINITY = 59, 62, 231, 203
NR_CLONE_CLIENT = 1000
SIGKILL = 9
SECOND_ARGUMENT = 4096
FRESH_NS = 100_000
"""How long what was seen of a process holds: to become another program takes it longer."""


@dataclass(eq=False, slots=True)
class Client:
    """One process (or thread) outside, and its task."""

    pid: int
    task: Task
    comm: bytes
    comm_fd: int
    pidfd: int
    affinity: int = 0
    host_affinity: set[int] = field(default_factory=set)

    def close(self) -> None:
        """Release the descriptors that watch the process."""
        for fd in (self.comm_fd, self.pidfd):
            if fd >= 0:
                with contextlib.suppress(OSError):
                    os.close(fd)


class Clients:
    """Finds or makes the task of a process outside. Used with the machine's lock held."""

    def __init__(self, syscalls: Syscalls, memory: Memory, init: Task, cpus: int) -> None:
        self._syscalls = syscalls
        self._memory = memory
        self.init = init
        self._all_cpus = (1 << cpus) - 1
        self._clients: dict[int, Client] = {}
        self._poll = select.poll()
        self._by_pidfd: dict[int, Client] = {}
        self._fresh: Client | None = None  # the one looked at last, and until when that holds
        self.fresh_ns = FRESH_NS
        self._fresh_until = 0
        self.catch_up: Callable[[], None] = _nothing

    def task(self, pid: int) -> Task:
        """The task of the process or thread ``pid`` (0: a caller we cannot see; init stands in)."""
        self.catch_up()
        return self._look(pid)

    def same_task(self, pid: int) -> Task:
        """As task(), for a process that goes on with a file: looked at again if that is old."""
        self.catch_up()
        client = self._fresh
        if client is None or client.pid != pid or time.monotonic_ns() >= self._fresh_until:
            return self._look(pid)
        return client.task

    def _look(self, pid: int) -> Task:
        self.reap()
        if pid <= 0:
            return self.init
        client = self._clients.get(pid)
        if client is None:
            client = self._adopt(pid)
        if not client.task.calling:
            self._refresh(client)
            self._fresh = client
            self._fresh_until = time.monotonic_ns() + self.fresh_ns
        return client.task

    def get(self, pid: int) -> Client | None:
        """The client that a process or thread is already, if it is."""
        return self._clients.get(pid)

    def name(self, pid: int) -> bytes | None:
        """What a client's program is called outside; None if it is none. Needs no lock."""
        client = self._clients.get(pid)
        return None if client is None else _comm(client.comm_fd) or None

    def reap(self) -> None:
        """Let the tasks of processes that have ended exit."""
        if self._by_pidfd:
            for fd, _ in self._poll.poll(0):
                client = self._by_pidfd[fd]
                # A killed reader leaves its call first.
                if not client.task.calling:
                    self.exit(client)

    def forget(self, task: Task) -> None:
        """Drop the client of a task that is gone."""
        for client in list(self._clients.values()):
            if client.task is task:
                self._drop(client)

    def __len__(self) -> int:
        return len(self._clients)

    def close(self) -> None:
        """Release everything; the guest is not run."""
        for client in list(self._clients.values()):
            self._drop(client)

    # -- making and ending ------------------------------------------------------------------

    def _adopt(self, pid: int) -> Client:
        """The client of a process seen for the first time, and of those between it and a client."""
        parent = self.init
        known = self._kin(parent_of(pid))
        if known is not None and not known.task.calling:
            self._refresh(known)
            parent = known.task
        client = self.fork(pid, parent, NR_CLONE_CLIENT, pid, 0, 0)
        self._syscalls.park(parent)  # who starts a program waits for it
        return client

    def _kin(self, pid: int) -> Client | None:
        """The client of a process, adopted now if an ancestor of it is one; None if none is."""
        known = self._clients.get(pid)
        if known is not None or pid <= 1 or self._kin(parent_of(pid)) is None:
            return known
        return self._adopt(pid)

    def fork(self, pid: int, parent: Task, nr: int, *args: int) -> Client:
        """The client of a new process, whose task is made by a system call of its parent's.

        Its task has another pid where a process that only the guest has (of a workload) is in the
        way.
        """
        child = self._syscalls.run(parent, nr, *args)
        if child == -errno.EEXIST:
            child = self._syscalls.run(parent, NR_CLONE_CLIENT, 0, 0, 0)
        if child < 0:
            raise OSError(-child, os.strerror(-child))
        task = self._syscalls.find(child)
        client = Client(pid, task, b"", _open(f"/proc/{pid}/comm"), _pidfd(pid))
        self._clients[pid] = client
        if client.pidfd >= 0:
            self._by_pidfd[client.pidfd] = client
            self._poll.register(client.pidfd, select.POLLIN)
        return client

    def execute(self, client: Client, path: bytes) -> None:
        """A process has become another program: execve(2), which names its task after it."""
        client.comm = os.path.basename(path)[:15]
        self._put_string(client.task, 0, path[: SECOND_ARGUMENT - 1])
        self._syscalls.run(client.task, NR_EXECVE, client.task.user_buf, 0, 0)
        # A program's first steps wait for its pages; it comes back with its next call.
        self._syscalls.park(client.task)

    def exit(self, client: Client, status: int = 0, *, killed: bool = False) -> None:
        """A process has ended: its task exits, or is killed."""
        self._drop(client)
        call = (NR_KILL, client.pid, SIGKILL) if killed else (NR_EXIT_GROUP, status)
        with contextlib.suppress(TaskDied):
            self._syscalls.start(client.task, *call)

    def gone(self, client: Client) -> None:
        """A process has ended, and its task has been sent a signal that kills it."""
        self._drop(client)
        self._syscalls.settle()
        self._syscalls.forget(client.task)

    def _refresh(self, client: Client) -> None:
        comm = _comm(client.comm_fd)
        if comm and comm != client.comm:
            self.execute(client, b"/usr/bin/" + comm)
        try:
            host_affinity = os.sched_getaffinity(client.pid)
        except OSError:
            return
        if host_affinity != client.host_affinity:
            client.host_affinity = host_affinity
            self._set_affinity(client, sum(1 << cpu for cpu in host_affinity if cpu < 63))

    def _set_affinity(self, client: Client, mask: int) -> None:
        # The emulated CPUs that the process may use: the host's where both have them, else all.
        affinity = mask & self._all_cpus or self._all_cpus
        if affinity == client.affinity:
            return
        if client.affinity or affinity != self._all_cpus:
            self._memory.put_u64(client.task.user_buf, affinity)
            self._syscalls.run(
                client.task, NR_SCHED_SETAFFINITY, client.pid, 8, client.task.user_buf
            )
        client.affinity = affinity

    def _drop(self, client: Client) -> None:
        if self._fresh is client:
            self._fresh = None
        self._clients.pop(client.pid, None)
        if self._by_pidfd.pop(client.pidfd, None) is not None:
            self._poll.unregister(client.pidfd)
        client.close()

    def _put_string(self, task: Task, offset: int, text: bytes) -> None:
        self._memory.write(task.user_buf + offset, text + b"\0")


def _nothing() -> None:
    pass


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _comm(fd: int) -> bytes:
    if fd < 0:
        return b""
    try:
        return os.pread(fd, 32, 0).rstrip(b"\n")[:15]
    except OSError:
        return b""


def parent_of(pid: int) -> int:
    """The parent of a process outside; 0 if it is not to be seen."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _pidfd(pid: int) -> int:
    """A descriptor that becomes readable when the process ends; for a thread, its process's."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        pass
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            for line in file:
                if line.startswith(b"Tgid:"):
                    return os.pidfd_open(int(line.split()[1]))
    except (OSError, ValueError):
        pass
    return -1
