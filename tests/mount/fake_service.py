"""A small file system for the tests of the mount: a Service without a kernel."""

from __future__ import annotations

import errno
import os
import select
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tracefs.fuse import Caller


@dataclass(frozen=True)
class FakeAttr:
    mode: int
    nlink: int = 1
    size: int = 0
    ino: int = 0
    mtime_ns: int = 1_700_000_000_000_000_000


@dataclass
class FakeFile:
    """A file of bytes; the file ``log`` tells of each operation."""

    data: bytes = b""
    mode: int = 0o640
    seekable: bool = True
    flushes: bool = True
    limit: int | None = None
    """The most bytes that one write takes."""


@dataclass
class Pipe(FakeFile):
    """Reads block until something was written to ``feed``; one reader takes it."""

    seekable: bool = False
    mode: int = 0o440
    changed: threading.Condition = field(default_factory=threading.Condition)
    notify: list[Callable[[], None]] = field(default_factory=list)

    def feed(self, data: bytes) -> None:
        with self.changed:
            self.data += data
            self.changed.notify_all()
            notify, self.notify = self.notify, []
        for callback in notify:
            callback()


def error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class FakeService:
    """The tree that the tests use: see ``__init__``."""

    def __init__(self) -> None:
        self.pipe = Pipe()
        self.lines: list[str] = []
        self.files: dict[str, FakeFile] = {
            "/current_tracer": FakeFile(b"nop\n"),
            "/partial": FakeFile(limit=3),
            "/log": FakeFile(mode=0o440),
            "/pipe": self.pipe,
            "/feed": FakeFile(mode=0o200),
            "/unflushed": FakeFile(flushes=False),
            "/crash": FakeFile(),
            "/pid": FakeFile(str(os.getpid()).encode(), mode=0o440),
            "/busy": FakeFile(),
            "/exclusive": FakeFile(),
            "/.machine/proc/kallsyms": FakeFile(b"ffffffff81000000 T _text\n", mode=0o444),
            "/.machine/proc/modules": FakeFile(b"", mode=0o444),
            "/.machine/proc/sys/kernel/ftrace_enabled": FakeFile(b"1\n", mode=0o644),
        }
        self.directories = {"/", "/instances", "/.machine", "/.machine/proc"}
        self.directories |= {"/.machine/proc/sys", "/.machine/proc/sys/kernel"}
        self.handles: dict[int, str] = {}
        self.lock = threading.Lock()
        self.closed = False

    def _log(self, text: str) -> None:
        self.lines.append(text + "\n")

    def _file(self, path: str) -> FakeFile:
        try:
            return self.files[path]
        except KeyError:
            raise error(errno.ENOENT) from None

    def name(self, pid: int) -> bytes | None:
        return None

    def getattr(self, path: str) -> FakeAttr:
        if path in self.directories:
            mode = 0o700 if path == "/" else 0o750
            return FakeAttr(stat.S_IFDIR | mode, nlink=2, ino=hash(path) & 0x7FFFFFFF)
        return FakeAttr(stat.S_IFREG | self._file(path).mode, ino=hash(path) & 0x7FFFFFFF)

    def readdir(self, path: str, caller: Caller) -> list[str]:
        start = path.rstrip("/") + "/"
        names = [name for name in (*self.files, *self.directories) if name != "/"]
        return [
            name.removeprefix(start)
            for name in names
            if name.startswith(start) and "/" not in name.removeprefix(start)
        ]

    def open(self, path: str, flags: int, caller: Caller) -> int:
        file = self._file(path)
        if path == "/busy" or (path == "/exclusive" and path in self.handles.values()):
            raise error(errno.EBUSY)
        if path != "/log":
            names = [n for n in ("O_TRUNC", "O_APPEND", "O_NONBLOCK") if flags & getattr(os, n)]
            self._log(f"open {path} {' '.join(names)} by {caller.pid}")
        if flags & os.O_TRUNC and path == "/current_tracer":
            file.data = b""
        with self.lock:
            handle = max(self.handles, default=0) + 1
            self.handles[handle] = path
        return handle

    def seekable(self, fh: int) -> bool:
        return self.files[self.handles[fh]].seekable

    def flushes(self, fh: int) -> bool:
        return self.files[self.handles[fh]].flushes

    def read(
        self,
        fh: int,
        size: int,
        offset: int,
        caller: Caller,
        interrupted: Callable[[], bool],
        nonblock: bool,
    ) -> bytes:
        path = self.handles[fh]
        if path == "/crash":
            raise ValueError("crash")
        if path == "/log":
            return "".join(self.lines).encode()[offset : offset + size]
        if path != "/pipe":
            return self.files[path].data[offset : offset + size]
        pipe = self.pipe
        with pipe.changed:
            while not pipe.data:
                if nonblock:
                    raise error(errno.EAGAIN)
                if interrupted() or self.closed:
                    raise error(errno.EINTR)
                pipe.changed.wait(0.02)
            data, pipe.data = pipe.data[:size], pipe.data[size:]
            return data

    def write(self, fh: int, data: bytes, offset: int, caller: Caller) -> int:
        path = self.handles[fh]
        file = self.files[path]
        if data.startswith(b"bad"):
            raise error(errno.EINVAL)
        taken = data[: file.limit]
        if path == "/feed":
            self.pipe.feed(taken)
        else:
            file.data = (file.data + taken)[-4096:]
            self._log(f"write {path} {taken!r} at {offset} by {caller.pid}")
        return len(taken)

    def flush(self, fh: int, caller: Caller) -> None:
        path = self.handles[fh]
        if path != "/log":
            self._log(f"flush {path} by {caller.pid}")

    def release(self, fh: int) -> None:
        path = self.handles.pop(fh)
        if path != "/log":
            self._log(f"release {path}")

    def poll(self, fh: int, notify: Callable[[], None] | None) -> int:
        if self.handles[fh] != "/pipe":
            return select.POLLIN | select.POLLOUT
        with self.pipe.changed:
            if self.pipe.data:
                return select.POLLIN
            if notify is not None:
                self.pipe.notify.append(notify)
            return 0

    def mkdir(self, path: str, mode: int, caller: Caller) -> None:
        if os.path.dirname(path) != "/instances":
            raise error(errno.EPERM)
        if path in self.directories:
            raise error(errno.EEXIST)
        self.directories.add(path)
        self.files[f"{path}/trace"] = FakeFile(b"instance\n")

    def rmdir(self, path: str, caller: Caller) -> None:
        if os.path.dirname(path) != "/instances":
            raise error(errno.EPERM)
        self.directories.discard(path)
        self.files.pop(f"{path}/trace", None)

    def truncate(self, path: str, size: int, caller: Caller) -> None:
        self._file(path)
        self._log(f"truncate {path} {size}")

    def close(self) -> None:
        self.closed = True
