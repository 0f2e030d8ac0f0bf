"""A process of the command: its task in the guest, and its descriptors there."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.bridge.lines import Line, unescape

if TYPE_CHECKING:
    from tracefs.bridge.replay import Replay
    from tracefs.kernel.clients import Client

SECOND_ARGUMENT = 4096
AT_FDCWD = (1 << 64) - 100
_RESERVED = (b"/sys/kernel/tracing", b"/sys/kernel/debug/tracing")
HOST_NAME = 0x9D53 << 48
FILE = HOST_NAME | 1 << 46 | 0o100755
"""The sixth argument for a file: a size that no reader reaches the end of (outside.c)."""
DIRECTORY = HOST_NAME | 0o040755
KIND_ARGUMENT = 5
NR_CLOSE, NR_WAIT4, NR_CHDIR = 3, 61, 80
WNOHANG = 1


@dataclass(frozen=True, slots=True)
class Descriptor:
    """The guest's descriptor that stands for one outside."""

    number: int
    cloexec: bool = False


class Process:
    """The guest's side of a process. Calls that fail in the guest are of no consequence."""

    def __init__(
        self, replay: Replay, client: Client, descriptors: dict[int, Descriptor], cwd: bytes
    ) -> None:
        self._replay = replay
        self.client = client
        self.descriptors = descriptors
        self.cwd = cwd
        self.begun: Line | None = None
        self.parent = 0
        self.dead_children: list[int] = []

    # -- what calls are made of ---------------------------------------------------------------

    @property
    def first(self) -> int:
        """Where the task's memory for arguments begins."""
        return self.client.task.user_buf

    @property
    def second(self) -> int:
        """Its second half."""
        return self.client.task.user_buf + SECOND_ARGUMENT

    def put(self, path: bytes) -> int:
        """Put a path where the guest's call finds it; its address."""
        self._replay.memory.write(self.first, path[: SECOND_ARGUMENT - 1] + b"\0")
        return self.first

    def pair(self) -> tuple[int, int]:
        """The two numbers that pipe(2) has left."""
        return struct.unpack("<ii", self._replay.memory.read(self.first, 8))

    def run(self, nr: int, *arguments: int) -> int:
        """Run one of the task's system calls; its result."""
        return self._replay.run(self, nr, *arguments)

    def start(self, at: bytes, directory: bytes | None, path: bytes) -> int | None:
        """The guest's descriptor of the directory ``at`` that a path begins at.

        ``directory`` is what strace says it is. None where the guest has no such descriptor or
        already runs what is done there.
        """
        if at != b"AT_FDCWD":
            descriptor = self.descriptors.get(int(at))
            where = None if descriptor is None else descriptor.number
            base = unescape(directory or b"")
        else:
            where = AT_FDCWD
            if directory is not None and unescape(directory) != self.cwd:
                self.chdir(unescape(directory))
            base = self.cwd
        return None if is_reserved(os.path.join(base, path)) else where

    # -- descriptors --------------------------------------------------------------------------

    def keep(self, number: int, fd: int, *, cloexec: bool) -> None:
        """Remember the guest's descriptor (negative: there is none) for one outside."""
        if fd < 0:
            self.descriptors.pop(number, None)
        else:
            self.descriptors[number] = Descriptor(fd, cloexec)

    def forget(self, fd: int) -> None:
        """Close what should not have been opened."""
        if fd >= 0:
            self.run(NR_CLOSE, fd)

    # -- what a process does ------------------------------------------------------------------

    def fork(self, pid: int, line: Line) -> None:
        """It has a child."""
        self._replay.fork(self, pid, line)

    def execute(self, path: bytes) -> None:
        """It has become another program."""
        self._replay.execute(self, path)
        kept = {n: d for n, d in self.descriptors.items() if not d.cloexec}
        self.descriptors = kept

    def wait(self, pid: int) -> None:
        """It has learned that a child has ended."""
        if pid in self.dead_children:
            self.dead_children.remove(pid)
        self.run(NR_WAIT4, pid, 0, WNOHANG, 0)

    def kill(self, pid: int, signal: str) -> None:
        """It has sent a signal."""
        self._replay.killers[pid] = (self, signal)

    def chdir(self, path: bytes) -> None:
        """It has another current directory."""
        self.cwd = os.path.normpath(os.path.join(self.cwd, path))
        self.run(NR_CHDIR, self.put(path), 0, 0, 0, 0, DIRECTORY)


def narrow(kind: int) -> int:
    """FILE or DIRECTORY for a guest of 32 bits, where no size fits."""
    return (kind >> 32 & 0xFFFF0000) | (kind & 0xFFFF)


def is_reserved(path: bytes) -> bool:
    """True for the mount and what is below: that runs in the guest as the mount's operations."""
    whole = os.path.normpath(path)
    return any(whole == name or whole.startswith(name + b"/") for name in _RESERVED)
