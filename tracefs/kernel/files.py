"""Open control files, and the guest's descriptors that stand for them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tracefs.control import Handle
from tracefs.kernel.syscalls import Syscalls, Task, TaskDied

if TYPE_CHECKING:
    from tracefs.machine import Memory

NR_CLOSE, NR_OPENAT, NR_PIDFD_GETFD = 3, 257, 438
AT_FDCWD = (1 << 64) - 100
MOUNT_POINT = b"/sys/kernel/tracing"
_NOT_IN_GUEST = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_DIRECT


@dataclass(eq=False, slots=True)
class OpenFile:
    """An open control file: its handle, and the guest descriptors that stand for it.

    ``outside`` files are the machine's own: they are not part of what the guest could see, so no
    system calls run there, and they may run some themselves.
    """

    path: str
    handle: Handle[Any]
    flags: int
    opener: Task
    outside: bool = False
    fds: dict[int, tuple[Task, int]] = field(default_factory=dict)

    @property
    def commits(self) -> bool:
        """True if something takes effect at its close(2)."""
        return type(self.handle).flush is not Handle.flush


class GuestFiles:
    """Opens and closes descriptors in the guest; the machine's lock is held."""

    def __init__(self, syscalls: Syscalls, memory: Memory) -> None:
        self._syscalls = syscalls
        self._memory = memory
        self._unclosed: list[tuple[Task, int]] = []

    def put_path(self, task: Task, path: str) -> int:
        """Write a path of the mount where the task's system call finds it; its address."""
        name = MOUNT_POINT + path.rstrip("/").encode()
        self._memory.write(task.user_buf, name[:4095] + b"\0")
        return task.user_buf

    def open(
        self,
        task: Task,
        path: str,
        flags: int,
        cookie: int = 0,
        op: Callable[[], int] | None = None,
    ) -> int:
        """openat(2); the new descriptor."""
        name = self.put_path(task, path)
        flags &= ~_NOT_IN_GUEST
        return self._syscalls.check(task, NR_OPENAT, AT_FDCWD, name, flags, 0, cookie, op=op)

    def descriptor(self, file: OpenFile, task: Task) -> int:
        """The task's descriptor for an open file; a foreign one is handed over, as by fork."""
        held = file.fds.get(task.addr)
        if held is not None and held[0] is task:
            return held[1]
        fd = -1
        for owner, foreign in list(file.fds.values()):
            if fd < 0 and self._syscalls.alive(owner):
                fd = self._syscalls.run(task, NR_PIDFD_GETFD, owner.pid, foreign, 0)
        if fd < 0:
            fd = self.open(task, file.path, file.flags & ~os.O_TRUNC)
        file.fds[task.addr] = task, fd
        return fd

    def close(self, file: OpenFile) -> None:
        """close(2) by every task that has a descriptor of it, if need be later."""
        fds, file.fds = file.fds, {}
        for task, fd in fds.values():
            self._close(task, fd)

    def close_left(self) -> None:
        """Close what could not be closed because its task was in the middle of another call."""
        if not self._unclosed:
            return
        left, self._unclosed = self._unclosed, []
        for task, fd in left:
            self._close(task, fd)

    def _close(self, task: Task, fd: int) -> None:
        if not self._syscalls.alive(task):
            return
        if task.calling:
            self._unclosed.append((task, fd))
            return
        with contextlib.suppress(TaskDied):
            self._syscalls.run(task, NR_CLOSE, fd)
