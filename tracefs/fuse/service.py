"""What the FUSE server asks of the file system that it serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol


class Caller(NamedTuple):
    """Who asks: a thread of the client, as the mount's namespaces see it."""

    pid: int
    """The thread's id; 0 if it lives in a pid namespace that the mount cannot see."""
    uid: int
    gid: int


class Attr(Protocol):
    """What stat(2) tells of a file."""

    @property
    def mode(self) -> int:
        """Type and permission bits."""
        ...

    @property
    def nlink(self) -> int: ...

    @property
    def size(self) -> int:
        """Bytes; 0 where the content is made by reading it."""
        ...

    @property
    def ino(self) -> int:
        """Inode number, the same for as long as the file exists."""
        ...

    @property
    def mtime_ns(self) -> int: ...


class Service(Protocol):
    """A file system. Paths are absolute in it, ``/`` is its root.

    Every method may be called from several threads at a time and raises OSError with the errno that
    the client shall see.
    """

    def name(self, pid: int) -> bytes | None:
        """What a known client's program is called, as in its ``comm``; None of other processes."""
        ...

    def getattr(self, path: str) -> Attr:
        """The attributes of a file (ENOENT)."""
        ...

    def readdir(self, path: str, caller: Caller) -> list[str]:
        """The names in a directory in the order that clients see, without ``.`` and ``..``."""
        ...

    def open(self, path: str, flags: int, caller: Caller) -> int:
        """Open a file and return its handle; ``flags`` are open(2)'s, O_TRUNC among them."""
        ...

    def seekable(self, fh: int) -> bool:
        """False if lseek(2) and pread(2) of the open file shall answer ESPIPE."""
        ...

    def flushes(self, fh: int) -> bool:
        """False if close(2) of the open file need not wait for ``flush``, which then never comes.

        Kernels before 5.18, and libfuse before 3.11, let it come all the same.
        """
        ...

    def read(
        self,
        fh: int,
        size: int,
        offset: int,
        caller: Caller,
        interrupted: Callable[[], bool],
        nonblock: bool,
    ) -> bytes:
        """At most ``size`` bytes, none at the end of the file.

        A read that waits asks ``interrupted`` every 20 ms, in the thread that called it, and
        answers EINTR once it is true; with ``nonblock`` it answers EAGAIN instead of waiting.
        """
        ...

    def write(self, fh: int, data: bytes, offset: int, caller: Caller) -> int:
        """How many of the bytes were taken."""
        ...

    def flush(self, fh: int, caller: Caller) -> None:
        """A descriptor of the open file is being closed; may come more than once."""
        ...

    def release(self, fh: int) -> None:
        """The last descriptor is gone. close(2) does not wait for this."""
        ...

    def poll(self, fh: int, notify: Callable[[], None] | None) -> int:
        """The poll(2) events that are true now; ``notify`` is called once when they change."""
        ...

    def mkdir(self, path: str, mode: int, caller: Caller) -> None:
        """Make a directory (EPERM where none can be made)."""
        ...

    def rmdir(self, path: str, caller: Caller) -> None:
        """Remove a directory (EPERM, EBUSY)."""
        ...

    def truncate(self, path: str, size: int, caller: Caller) -> None:
        """truncate(2) and ftruncate(2) of a file."""
        ...

    def close(self) -> None:
        """The mount is gone: end what still waits, free everything."""
        ...
