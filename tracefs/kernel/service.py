"""What the mount asks of the kernel: files opened, read, written and listed by client tasks.

The FUSE layer is given a MountService and knows nothing of tracing. Every operation that a real
kernel would see as a system call runs as one in the guest (tracefs.kernel.syscalls), with the
control file's own work inside it. Look-ups and attributes do not.

Locks: everything runs under the machine's lock, except waiting. A read that finds nothing sleeps in
the guest; its thread waits here, outside the lock, until `_wake_readers` finds its file readable.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tracefs.kernel.syscalls import Task, TaskDied, WouldBlock

if TYPE_CHECKING:
    from tracefs.control import Handle, Tree
    from tracefs.kernel.clients import Clients
    from tracefs.kernel.syscalls import Syscalls
    from tracefs.machine import Machine

NR_READ, NR_WRITE, NR_CLOSE, NR_GETDENTS64 = 0, 1, 3, 217
NR_OPENAT, NR_PIDFD_GETFD = 257, 438
AT_FDCWD = (1 << 64) - 100
O_DIRECTORY = os.O_DIRECTORY
MOUNT_POINT = b"/sys/kernel/tracing"
OUTSIDE = "/.machine"
INTERRUPT_POLL_S = 0.02
POLLIN = 1


class Caller(Protocol):
    """Who asks: the process (or thread) on the client's side of the mount."""

    @property
    def pid(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def gid(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Attr:
    """A file's attributes; ``size`` is 0 for every control file, as on tracefs."""

    mode: int
    nlink: int
    size: int
    ino: int
    mtime_ns: int


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


@dataclass(eq=False, slots=True)
class _Waiter:
    file: OpenFile
    event: threading.Event = field(default_factory=threading.Event)


class MountService:
    """The file operations of the mount; see the module's text. Errors are OSError."""

    def __init__(
        self, machine: Machine, tree: Tree, syscalls: Syscalls, clients: Clients, boot_ns: int
    ) -> None:
        self._machine = machine
        self._lock = machine.lock
        self._memory = machine.memory
        self._tree = tree
        self._syscalls = syscalls
        self._clients = clients
        self._boot_ns = boot_ns
        self._files: dict[int, OpenFile] = {}
        self._next = 1
        self._waiters: set[_Waiter] = set()
        self._polls: dict[int, list[Callable[[], None]]] = {}
        self._inodes: dict[str, int] = {}
        self._closing = False

    # -- without the guest ------------------------------------------------------------------

    def getattr(self, path: str) -> Attr:
        """Attributes of the file at ``path`` (ENOENT)."""
        mode, nlink, size = self._tree.resolve(path).attr()
        ino = self._inodes.setdefault(path, len(self._inodes) + 1)
        return Attr(mode, nlink, size, ino, self._boot_ns)

    def truncate(self, path: str, size: int, caller: Caller) -> None:
        """truncate(2) does nothing, as on tracefs; only O_TRUNC at open has a meaning."""
        self._tree.resolve(path)

    def seekable(self, fh: int) -> bool:
        """False for the files whose lseek(2) is ESPIPE."""
        return self._files[fh].handle.seekable

    # -- operations of tasks ----------------------------------------------------------------

    def readdir(self, path: str, caller: Caller) -> list[str]:
        """The names in a directory, listed by the caller's task (open, getdents, close)."""
        node = self._tree.resolve(path)
        with self._lock:
            if _is_outside(path):
                return list(node.names())
            task = self._clients.task(caller.pid)
            names: list[str] = []

            def iterate() -> int:
                if not names:
                    names.extend(node.names())
                    return len(names)
                return 0

            fd = self._open_in_guest(task, path, O_DIRECTORY, 0, None)
            self._run(task, NR_GETDENTS64, fd, task.user_buf, 4096, op=iterate)
            self._run(task, NR_CLOSE, fd)
            self._settle()
            return names or list(node.names())

    def open(self, path: str, flags: int, caller: Caller) -> int:
        """Open a file for the caller's task and return a handle number."""
        node = self._tree.resolve(path)
        with self._lock:
            task = self._clients.task(caller.pid)
            opened: list[Handle[Any]] = []

            def open_() -> int:
                opened.append(node.open(flags, task))
                return 0

            fh = self._next
            self._next += 1
            if _is_outside(path):
                open_()
                self._files[fh] = OpenFile(path, opened[0], flags, task, outside=True)
                return fh
            try:
                fd = self._open_in_guest(task, path, flags, fh, open_)
            except OSError:
                for handle in opened:
                    handle.release()
                raise
            file = self._files[fh] = OpenFile(path, opened[0], flags, task)
            file.fds[task.addr] = task, fd
            self._settle()
            return fh

    def read(
        self,
        fh: int,
        size: int,
        offset: int,
        caller: Caller,
        interrupted: Callable[[], bool],
        nonblock: bool,
    ) -> bytes:
        """read(2); waits for data outside all locks (EINTR, EAGAIN)."""
        file = self._file(fh)
        data = b""

        def read() -> int:
            nonlocal data
            file.handle.nonblock = nonblock
            try:
                data = file.handle.read(size, offset)
            except BlockingIOError:
                if nonblock or task.pid == 1:
                    return -errno.EAGAIN
                raise
            return len(data)

        with self._lock:
            if file.outside:
                return file.handle.read(size, offset)
            task = self._clients.task(caller.pid)
            fd = self._fd(file, task)
            try:
                self._run(task, NR_READ, fd, task.user_buf, size, op=read)
            except WouldBlock:
                waiter = _Waiter(file)
                self._waiters.add(waiter)
            else:
                self._settle()
                return data
        return self._wait(waiter, task, lambda: data, interrupted)

    def _wait(
        self,
        waiter: _Waiter,
        task: Task,
        result: Callable[[], bytes],
        interrupted: Callable[[], bool],
    ) -> bytes:
        try:
            while True:
                ready = waiter.event.wait(INTERRUPT_POLL_S)
                signal = self._closing or interrupted()
                if not (ready or signal):
                    continue
                waiter.event.clear()
                with self._lock:
                    try:
                        count = self._syscalls.resume(task, signal=signal)
                    except WouldBlock:
                        continue
                    except TaskDied:
                        raise InterruptedError(errno.EINTR, os.strerror(errno.EINTR)) from None
                    finally:
                        self._settle()
                    self._check(task, count)
                    return result()
        finally:
            self._waiters.discard(waiter)

    def write(self, fh: int, data: bytes, offset: int, caller: Caller) -> int:
        """write(2); returns how many bytes were taken."""
        file = self._file(fh)
        with self._lock:
            task = self._clients.task(caller.pid)

            def write() -> int:
                return file.handle.write(data, offset, task)

            if file.outside:
                count = write()
                self._settle()
                return count
            fd = self._fd(file, task)
            count = self._run(task, NR_WRITE, fd, task.user_buf, len(data), op=write)
            self._settle()
            return count

    def flush(self, fh: int, caller: Caller) -> None:
        """What takes effect at close(2); may come more than once for one open file."""
        file = self._files.get(fh)
        if file is None:
            return
        with self._lock:
            file.handle.flush(file.opener)
            if self._machine.deterministic and not self._held_elsewhere(file, caller.pid):
                self._close_in_guest(file)
            self._settle()

    def release(self, fh: int) -> None:
        """The last descriptor of an open file is gone. Comes after close(2) has returned."""
        file = self._files.pop(fh, None)
        self._polls.pop(fh, None)
        if file is None:
            return
        with self._lock:
            if not self._machine.deterministic:
                self._close_in_guest(file)
                self._settle()
            file.handle.release()

    def mkdir(self, path: str, mode: int, caller: Caller) -> None:
        """mkdir(2): only under instances/ (EPERM elsewhere)."""
        parent, _, name = path.rpartition("/")
        with self._lock:
            self._clients.task(caller.pid)
            self._tree.resolve(parent or "/").mkdir(name)
            self._settle()

    def rmdir(self, path: str, caller: Caller) -> None:
        """rmdir(2) of an instance (EBUSY while it is in use)."""
        parent, _, name = path.rpartition("/")
        with self._lock:
            self._clients.task(caller.pid)
            self._tree.resolve(parent or "/").rmdir(name)
            self._settle()

    def poll(self, fh: int, notify: Callable[[], None] | None) -> int:
        """The poll(2) mask now; ``notify`` is called once when it may have changed."""
        file = self._file(fh)
        with self._lock:
            mask = file.handle.poll()
            if notify is not None and not mask & POLLIN:
                self._polls.setdefault(fh, []).append(notify)
            return mask

    def close(self) -> None:
        """End the service: waiting readers return, the machine stops."""
        self._closing = True
        for waiter in list(self._waiters):
            waiter.event.set()
        with self._lock:
            self._clients.close()
        self._machine.close()

    # -- the guest's side -------------------------------------------------------------------

    def _open_in_guest(
        self, task: Task, path: str, flags: int, cookie: int, op: Callable[[], int] | None
    ) -> int:
        name = MOUNT_POINT + path.rstrip("/").encode()
        self._memory.write(task.user_buf, name[:4095] + b"\0")
        flags &= ~(os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_DIRECT)
        return self._run(task, NR_OPENAT, AT_FDCWD, task.user_buf, flags, 0, cookie, op=op)

    def _fd(self, file: OpenFile, task: Task) -> int:
        """The task's descriptor for an open file; a foreign one is handed over, as by fork."""
        held = file.fds.get(task.addr)
        if held is not None and held[0] is task:
            return held[1]
        for owner, fd in list(file.fds.values()):
            if self._syscalls.tasks.get(owner.addr) is owner:
                fd = self._syscalls.run(task, NR_PIDFD_GETFD, owner.pid, fd, 0)
                if fd >= 0:
                    file.fds[task.addr] = task, fd
                    return fd
        fd = self._open_in_guest(task, file.path, file.flags & ~os.O_TRUNC, 0, None)
        file.fds[task.addr] = task, fd
        return fd

    def _run(self, task: Task, nr: int, *args: int, op: Callable[[], int] | None = None) -> int:
        return self._check(task, self._syscalls.run(task, nr, *args, op=op))

    @staticmethod
    def _check(task: Task, result: int) -> int:
        if result < 0:
            error, task.error = task.error, None
            if error is not None:
                raise error
            raise OSError(-result, os.strerror(-result))
        return result

    def _close_in_guest(self, file: OpenFile) -> None:
        for task, fd in file.fds.values():
            if self._syscalls.tasks.get(task.addr) is task and not task.blocked:
                with contextlib.suppress(TaskDied):
                    self._syscalls.run(task, NR_CLOSE, fd)
        file.fds.clear()

    def _held_elsewhere(self, file: OpenFile, pid: int) -> bool:
        """True if the process still has another descriptor of the file (dup2 of a redirection)."""
        name = os.path.basename(file.path)
        directory = f"/proc/{pid}/fd"
        with contextlib.suppress(OSError):
            for fd in os.listdir(directory):
                with contextlib.suppress(OSError):
                    if os.path.basename(os.readlink(f"{directory}/{fd}")) == name:
                        return True
        return False

    def _file(self, fh: int) -> OpenFile:
        try:
            return self._files[fh]
        except KeyError:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from None

    # -- after each operation ---------------------------------------------------------------

    def _settle(self) -> None:
        """Let woken kernel threads and other CPUs come to rest, then wake readers with news."""
        self._machine.run(_never)
        if self._waiters or self._polls:
            self.wake_readers()

    def wake_readers(self) -> None:
        """Wake the blocked reads and polls whose files have become readable."""
        for waiter in self._waiters:
            if waiter.file.handle.ready():
                waiter.event.set()
        for fh, callbacks in list(self._polls.items()):
            file = self._files.get(fh)
            if file is None or file.handle.poll() & POLLIN:
                del self._polls[fh]
                for notify in callbacks:
                    notify()


def _never() -> bool:
    return False


def _is_outside(path: str) -> bool:
    return path == OUTSIDE or path.startswith(OUTSIDE + "/")
