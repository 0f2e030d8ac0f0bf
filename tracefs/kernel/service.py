"""What the mount asks of the kernel: files opened, read, written and listed by client tasks.

The FUSE layer is given a MountService and knows nothing of tracing. Every operation that a real
kernel would see as a system call runs as one in the guest (tracefs.kernel.syscalls), with the
control file's own work inside it. Look-ups and attributes do not.

Locks: everything runs under the machine's lock, except waiting. A read that finds nothing sleeps in
the guest; its thread waits here, outside the lock, until its file is readable. A long call gives
the lock up now and then.

Once the guest is dead what can be read is read without it, and what would change it is EIO.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tracefs.control import Handle
from tracefs.kernel.files import NR_CLOSE, GuestFiles, OpenFile
from tracefs.kernel.syscalls import Task, TaskDied, WouldBlock
from tracefs.kernel.waiting import POLLIN, Waiter, Waiting
from tracefs.machine import GuestCrash

if TYPE_CHECKING:
    from tracefs.control import Tree
    from tracefs.kernel.clients import Clients
    from tracefs.kernel.syscalls import Syscalls
    from tracefs.machine import Machine

log = logging.getLogger(__name__)

NR_READ, NR_WRITE, NR_MKDIR, NR_RMDIR, NR_GETDENTS64 = 0, 1, 83, 84, 217
OUTSIDE = "/.machine"
HOST_NAME, DIRECTORY = 0x9D53, 0o40777
"""Parts of the sixth argument of a call with a path: what it names (kernel_image/fs/outside.c)."""
INTERRUPT_POLL_S = 0.02
CLOSE_S = 2.0
REST_S = 0.05
"""How long a task stands in user mode after its last call."""


class Caller(Protocol):
    """Who asks: the process (or thread) on the client's side of the mount."""

    @property
    def pid(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def gid(self) -> int: ...


class Attr(NamedTuple):
    """A file's attributes; ``size`` is 0 for every control file, as on tracefs."""

    mode: int
    nlink: int
    size: int
    ino: int
    mtime_ns: int


class MountService:
    """The file operations of the mount; see the module's text. Errors are OSError."""

    def __init__(
        self, machine: Machine, tree: Tree, syscalls: Syscalls, clients: Clients, boot_ns: int
    ) -> None:
        self._machine = machine
        self._lock = machine.lock
        self._tree = tree
        self._syscalls = syscalls
        self._clients = clients
        self._boot_ns = boot_ns
        self._directory_hint = HOST_NAME << machine.memory.layout.bits - 16 | DIRECTORY
        self._guest_files = GuestFiles(syscalls, machine.memory)
        self._waiting = Waiting()
        self._files: dict[int, OpenFile] = {}
        self._released: deque[OpenFile] = deque()
        self._next = 1
        self._inodes: dict[str, int] = {}
        self._closing = False
        self._used_s = 0.0
        syscalls.between_turns = self._waiting.wake
        machine.after_idle = self._after_idle

    # -- without the guest ------------------------------------------------------------------

    def getattr(self, path: str) -> Attr:
        """Attributes of the file at ``path`` (ENOENT)."""
        mode, nlink, size = self._tree.resolve(path).attr()
        ino = self._inodes.setdefault(path, len(self._inodes) + 1)
        return Attr(mode, nlink, size, ino, self._boot_ns)

    def name(self, pid: int) -> bytes | None:
        """The name of a known client's program; None of other processes."""
        return self._clients.name(pid)

    def truncate(self, path: str, size: int, caller: Caller) -> None:
        """truncate(2) does nothing, as on tracefs; only O_TRUNC at open has a meaning."""
        self._tree.resolve(path)

    def seekable(self, fh: int) -> bool:
        """False for the files whose lseek(2) is ESPIPE."""
        return self._file(fh).handle.seekable

    def flushes(self, fh: int) -> bool:
        """True if something takes effect at close(2).

        A deterministic machine closes then: it does not wait for release, which comes any time.
        """
        return self._machine.deterministic or self._file(fh).commits

    # -- operations of tasks ----------------------------------------------------------------

    def readdir(self, path: str, caller: Caller) -> list[str]:
        """The names in a directory, listed by the caller's task (open, getdents, close)."""
        node = self._tree.resolve(path)
        names: list[str] = []

        def iterate() -> int:
            if not names:
                names.extend(node.names())
                return len(names)
            return 0

        def by_task(task: Task) -> None:
            fd = self._guest_files.open(task, path, os.O_DIRECTORY)
            buffer = task.user_buf
            self._syscalls.check(task, NR_GETDENTS64, fd, buffer, 4096, op=iterate)
            self._syscalls.check(task, NR_CLOSE, fd)

        with self._lock:
            if _is_outside(path) or not self._in_guest(caller, by_task):
                return list(node.names())
            return names

    def open(self, path: str, flags: int, caller: Caller) -> int:
        """Open a file for the caller's task and return a handle number."""
        node = self._tree.resolve(path)
        changes = flags & os.O_ACCMODE == os.O_WRONLY or flags & os.O_TRUNC
        outside = _is_outside(path)
        with self._lock:
            fh = self._next
            self._next += 1
            opener = self._clients.init
            handle: Handle[Any] | None = None
            fds: dict[int, tuple[Task, int]] = {}

            def by_task(task: Task) -> None:
                nonlocal opener
                opener = task
                if outside:
                    open_()
                else:
                    fds[task.addr] = task, self._guest_files.open(task, path, flags, fh, open_)

            def open_() -> int:
                nonlocal handle
                handle = node.open(flags, opener)
                return 0

            try:
                if not self._in_guest(caller, by_task) and handle is None:
                    if changes and not self._alive:
                        raise _error(errno.EIO)
                    open_()
            except OSError:
                if handle is not None:
                    handle.close()
                raise
            assert handle is not None
            self._files[fh] = OpenFile(path, handle, flags, opener, outside, fds)
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
        reader = self._clients.init
        data: bytes | None = None

        def read() -> int:
            nonlocal data
            file.handle.nonblock = nonblock
            try:
                data = file.handle.read(size, offset)
            except BlockingIOError:
                if nonblock or reader.pid == 1:
                    return -errno.EAGAIN  # raised, it would be a BlockingIOError again
                raise
            return len(data)

        def by_task(task: Task) -> None:
            nonlocal reader
            reader = task
            fd = self._guest_files.descriptor(file, task)
            self._syscalls.check(task, NR_READ, fd, task.user_buf, size, op=read)

        def directly() -> bytes:
            try:
                return file.handle.read(size, offset) if data is None else data
            except BlockingIOError:
                if nonblock or self._alive:
                    raise _error(errno.EAGAIN) from None
                return b""  # nothing will come any more

        with self._lock:
            if file.outside:
                return file.handle.read(size, offset)
            try:
                if not self._in_guest(caller, by_task, self._clients.same_task):
                    return directly()
                assert data is not None
                return data
            except WouldBlock:
                waiter = self._waiting.add(file)
                self._settle()
        try:
            while True:
                if self._wait(waiter, interrupted):
                    with self._lock:
                        if self._resume(reader, signal=not waiter.event.is_set()):
                            return directly()
                        waiter.event.clear()
        finally:
            self._waiting.remove(waiter)

    def _wait(self, waiter: Waiter, interrupted: Callable[[], bool]) -> bool:
        """Wait a little; True if there is something for the reader's task to do."""
        waiter.event.wait(INTERRUPT_POLL_S)
        return waiter.event.is_set() or not self._alive or interrupted()

    def _resume(self, task: Task, signal: bool) -> bool:
        """Wake a task that sleeps in read(2); True once the call has ended, without an error."""
        if self._closing:
            raise _error(errno.EINTR)
        if self._machine.dead is not None:
            return True
        try:
            self._syscalls.checked(task, self._syscalls.resume(task, signal=signal))
        except WouldBlock:
            return False
        except TaskDied:
            raise _error(errno.EINTR) from None
        except GuestCrash:
            return True
        finally:
            self._settle()
        return True

    def write(self, fh: int, data: bytes, offset: int, caller: Caller) -> int:
        """write(2); returns how many bytes were taken."""
        file = self._file(fh)
        count: int | None = None

        def by_task(task: Task) -> None:
            def write() -> int:
                nonlocal count
                count = file.handle.write(data, offset, task)
                return count

            if file.outside:
                write()
            else:
                fd = self._guest_files.descriptor(file, task)
                self._syscalls.check(task, NR_WRITE, fd, task.user_buf, len(data), op=write)

        with self._lock:
            if not self._in_guest(caller, by_task, self._clients.same_task):
                raise _error(errno.EBUSY if self._alive else errno.EIO)
            assert count is not None
            return count

    def flush(self, fh: int, caller: Caller) -> None:
        """What takes effect at close(2); may come more than once for one open file."""
        file = self._files.get(fh)
        if file is None or not self.flushes(fh):
            return
        with self._lock:
            try:
                file.handle.flush(file.opener)
                if self._machine.deterministic and not self._held_elsewhere(file, caller.pid):
                    self._close_in_guest(file)
                self._settle()
            except GuestCrash:
                raise _error(errno.EIO) from None

    def release(self, fh: int) -> None:
        """The last descriptor of an open file is gone. Comes after close(2) has returned.

        Whoever next uses the machine closes it first; a machine that nobody uses soon does itself.
        """
        file = self._files.pop(fh, None)
        if file is not None:
            self._released.append(file)
            self._machine.when_idle()

    def _close_released(self) -> None:
        while self._released:
            file = self._released.popleft()
            self._waiting.forget(file)
            with contextlib.suppress(GuestCrash):
                self._close_in_guest(file)
            try:
                file.handle.close()
            except GuestCrash:
                pass
            except OSError:
                log.exception("closing %s", file.path)

    def mkdir(self, path: str, mode: int, caller: Caller) -> None:
        """mkdir(2): only under instances/ (EPERM elsewhere)."""
        parent, _, name = path.rpartition("/")
        node = self._tree.resolve(parent or "/")
        self._change_directory(caller, path, NR_MKDIR, mode, lambda: node.mkdir(name))

    def rmdir(self, path: str, caller: Caller) -> None:
        """rmdir(2) of an instance (EBUSY while it is in use)."""
        parent, _, name = path.rpartition("/")
        node = self._tree.resolve(parent or "/")
        self._change_directory(caller, path, NR_RMDIR, 0, lambda: node.rmdir(name))

    def _change_directory(
        self, caller: Caller, path: str, nr: int, mode: int, change: Callable[[], None]
    ) -> None:
        def op() -> int:
            change()
            return 0

        def by_task(task: Task) -> None:
            name = self._guest_files.put_path(task, path)
            hint = self._directory_hint if nr == NR_RMDIR else 0
            self._syscalls.check(task, nr, name, mode, 0, 0, 0, hint, op=op)

        with self._lock:
            if not self._in_guest(caller, by_task):
                raise _error(errno.EIO)

    def poll(self, fh: int, notify: Callable[[], None] | None) -> int:
        """The poll(2) mask now; ``notify`` is called once when it may have changed."""
        file = self._file(fh)
        with self._lock:
            mask = file.handle.poll()
            if notify is not None and not mask & POLLIN:
                self._waiting.poll(file, notify)
            return mask

    def close(self) -> None:
        """End the service: waiting readers return, the machine stops."""
        self._closing = True
        self._machine.closing = True
        self._waiting.wake_all()
        patience = time.monotonic() + CLOSE_S
        while self._waiting and time.monotonic() < patience:
            time.sleep(0.001)
        with self._lock:
            self._close_released()
            self._clients.close()
        self._machine.close()

    # -- the guest's side -------------------------------------------------------------------

    @property
    def _alive(self) -> bool:
        return not self._closing and self._machine.dead is None

    def _in_guest(
        self,
        caller: Caller,
        by_task: Callable[[Task], None],
        find: Callable[[int], Task] | None = None,
    ) -> bool:
        """Have the caller's task do something; False if the guest is dead, or dies of it.

        False also where the task is in the middle of another call, which real tasks cannot be.
        """
        if self._released:
            self._close_released()
        if self._closing or self._machine.dead is not None:
            return False
        try:
            task = (find or self._clients.task)(caller.pid)
            if task.calling:
                return False
            try:
                by_task(task)
            except TaskDied:
                self._clients.forget(task)
                raise
            self._settle()
        except GuestCrash:
            return False
        return True

    def _close_in_guest(self, file: OpenFile) -> None:
        if self._alive:
            self._guest_files.close(file)

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
            raise _error(errno.EBADF) from None

    def _settle(self) -> None:
        """Let woken kernel threads and other CPUs come to rest, then wake readers with news."""
        if not self._closing and self._machine.dead is None:
            self._guest_files.close_left()
            self._syscalls.settle()
        self._used_s = time.monotonic()
        self._waiting.wake()

    def _after_idle(self) -> None:
        """Close what is left; let tasks sleep whose processes have not called for a while."""
        self._close_released()
        # a CPU in user mode ticks
        if self._alive and time.monotonic() - self._used_s > REST_S:
            with contextlib.suppress(GuestCrash):
                self._syscalls.vacate()
        self._waiting.wake()


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _is_outside(path: str) -> bool:
    return path == OUTSIDE or path.startswith(OUTSIDE + "/")
