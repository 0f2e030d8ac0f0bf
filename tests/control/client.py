"""A process that uses the tree: files with positions, and a shell's cat and echo."""

from __future__ import annotations

import errno
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from tracefs.control import Handle, Tree


@dataclass
class Task:
    """A client's task."""

    pid: int = 111
    comm: str = "test"


class OpenFile:
    """A file descriptor: what the VFS adds to a handle."""

    def __init__(self, handle: Handle[Any], task: Task) -> None:
        self.handle = handle
        self.task = task
        self.position = 0

    def read(self, size: int) -> bytes:
        """read(2); BlockingIOError where it would wait."""
        if not self.handle.reading:
            raise OSError(errno.EBADF, "not open for reading")
        data = self.handle.read(size, self.position)
        self.position += len(data)
        return data

    def readall(self, size: int = 65536) -> list[bytes]:
        """What reads return until the end."""
        out = []
        while data := self.read(size):
            out.append(data)
        return out

    def write(self, data: bytes) -> int:
        """write(2)."""
        if not self.handle.writing:
            raise OSError(errno.EBADF, "not open for writing")
        count = self.handle.write(data, self.position, self.task)
        self.position += count
        return count

    def seek(self, position: int) -> None:
        """lseek(2)."""
        if not self.handle.seekable:
            raise OSError(errno.ESPIPE, "not seekable")
        self.position = position

    def close(self) -> None:
        """close(2) of the last descriptor."""
        self.handle.flush(self.task)
        self.handle.close()


class Client:
    """Opens files below ``root`` (a directory of the tree)."""

    def __init__(self, tree: Tree, root: str = "", pid: int = 111) -> None:
        self.tree = tree
        self.root = root
        self.task = Task(pid)

    def open(self, path: str, flags: int = os.O_RDONLY) -> OpenFile:
        """open(2)."""
        node = self.tree.resolve(f"{self.root}/{path}")
        return OpenFile(node.open(flags, self.task), self.task)

    def cat(self, path: str, size: int = 65536) -> str:
        """The file's text, as cat prints it."""
        file = self.open(path)
        try:
            return b"".join(file.readall(size)).decode("latin-1")
        finally:
            file.close()

    def put(self, path: str, data: bytes, append: bool = False) -> None:
        """``printf data > path``: write(2) until all is taken."""
        file = self.open(path, os.O_WRONLY | (os.O_APPEND if append else os.O_TRUNC))
        # A shell moves the descriptor to 1 and closes the first before it writes.
        file.handle.flush(self.task)
        try:
            while data:
                data = data[file.write(data) :]
        finally:
            file.close()

    def echo(self, text: str, path: str, append: bool = False) -> None:
        """``echo text > path``."""
        self.put(path, text.encode("latin-1") + b"\n", append)

    def fails(self, text: str, path: str) -> str:
        """The name of the errno with which ``echo text > path`` fails, "" if it succeeds."""
        try:
            self.echo(text, path)
        except OSError as problem:
            return errno.errorcode[problem.errno or 0]
        return ""


def refused(number: int) -> AbstractContextManager[Any]:
    """A context that must end with an OSError of that errno."""
    return pytest.raises(OSError, match=rf"\[Errno {number}\]")
