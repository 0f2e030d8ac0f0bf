"""Processes that use the mount: live children of the tests, and what their system calls become."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from tracefs.kernel.service import MountService

READ_SIZE = 131072


@dataclass(frozen=True)
class Caller:
    """Who asks, as the FUSE layer tells the service."""

    pid: int
    uid: int = 0
    gid: int = 0


class Line(NamedTuple):
    """An event of the function tracer, as text shows it."""

    comm: str
    pid: int
    cpu: int
    flags: str
    time: float
    function: str
    parent: str


_LINE = re.compile(r" *(.*)-(\d+) +\[(\d+)\] (\S+) +([\d.]+): (\S+)(?: \[\w+\])? <-(\S+)")


def parse(line: str) -> Line:
    """A line of the function tracer."""
    match = _LINE.match(line)
    assert match is not None, line
    comm, pid, cpu, flags, stamp, function, parent = match.groups()
    return Line(comm, int(pid), int(cpu), flags, float(stamp), function, parent)


class OpenFile:
    """A descriptor with its position."""

    def __init__(self, client: Client, path: str, flags: int) -> None:
        self.client = client
        self.service = client.service
        self.flags = flags
        self.position = 0
        self.fh = self.service.open(client.path(path), flags, client.caller)

    def read(
        self,
        size: int = READ_SIZE,
        interrupted: Callable[[], bool] = lambda: False,
        by: Client | None = None,
    ) -> bytes:
        """read(2), by another process that has inherited the descriptor if given."""
        caller = (by or self.client).caller
        nonblock = bool(self.flags & os.O_NONBLOCK)
        data = self.service.read(self.fh, size, self.position, caller, interrupted, nonblock)
        self.position += len(data)
        return data

    def write(self, data: bytes, by: Client | None = None) -> int:
        """write(2)."""
        caller = (by or self.client).caller
        count = self.service.write(self.fh, data, self.position, caller)
        self.position += count
        return count

    def poll(self, notify: Callable[[], None] | None = None) -> int:
        """poll(2)."""
        return self.service.poll(self.fh, notify)

    def close(self) -> None:
        """close(2) of the last descriptor."""
        if self.service.flushes(self.fh):
            self.service.flush(self.fh, self.client.caller)
        self.service.release(self.fh)

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Client:
    """A process (by default this one would be a stranger: 0) and its files below ``root``."""

    def __init__(self, service: MountService, pid: int = 0, root: str = "") -> None:
        self.service = service
        self.caller = Caller(pid)
        self.pid = pid
        self.root = root

    def path(self, name: str) -> str:
        """The absolute path in the mount."""
        return f"{self.root}/{name}"

    def open(self, path: str, flags: int = os.O_RDONLY) -> OpenFile:
        """open(2)."""
        return OpenFile(self, path, flags)

    def cat(self, path: str, size: int = READ_SIZE) -> str:
        """The file's text."""
        with self.open(path) as file:
            parts = []
            while data := file.read(size):
                parts.append(data)
        return b"".join(parts).decode("latin-1")

    def put(self, text: str, path: str, append: bool = False) -> None:
        """``printf text > path``."""
        flags = os.O_WRONLY | (os.O_APPEND if append else os.O_TRUNC)
        with self.open(path, flags) as file:
            data = text.encode("latin-1")
            while data:
                data = data[file.write(data) :]

    def echo(self, text: object, path: str, append: bool = False) -> None:
        """``echo text > path``."""
        self.put(f"{text}\n", path, append)

    def ls(self, path: str = "") -> list[str]:
        """The names in a directory."""
        return self.service.readdir(self.path(path), self.caller)

    def trace(self, path: str = "trace") -> list[Line]:
        """The events in a trace file."""
        return [parse(line) for line in self.cat(path).splitlines() if not line.startswith("#")]

    def workload(self, name: str, count: int = 1, argument: int = 0) -> str:
        """Run a workload; its result, as text."""
        self.echo(f"{name} {count} {argument}", ".machine/workload")
        return self.cat(".machine/workload").split("result ")[1].split(",")[0]

    def instance(self, name: str) -> Client:
        """The same process in an instance's directory."""
        return Client(self.service, self.pid, f"{self.root}/instances/{name}")


def wait_for_name(pid: int, name: str = "") -> None:
    """Wait for the end of an exec: spawning is over a moment before the name changes.

    Without ``name`` another than this process's will do, where it does change.
    """
    mine = Path("/proc/self/comm").read_text()
    path = Path(f"/proc/{pid}/comm")
    end = time.monotonic() + (5 if name else 0.1)
    while time.monotonic() < end:
        now = path.read_text()
        if now == f"{name}\n" or (not name and now != mine):
            return
        time.sleep(0.0005)


class Process(Client):
    """A child process that only lives: ``sleep``, or a command of the shell."""

    def __init__(self, service: MountService, command: str = "") -> None:
        words = ["sh", "-c", command] if command else ["sleep", "1000"]
        self.child = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        wait_for_name(self.child.pid)
        super().__init__(service, self.child.pid)

    def line(self) -> str:
        """The next line that it prints."""
        assert self.child.stdout is not None
        return self.child.stdout.readline().strip()

    def say(self, text: str) -> None:
        """A line for its standard input."""
        assert self.child.stdin is not None
        print(text, file=self.child.stdin, flush=True)

    def end(self) -> None:
        """Kill it and wait: its exit is seen by whoever looks next."""
        self.child.kill()
        for stream in (self.child.stdin, self.child.stdout):
            if stream is not None:
                stream.close()
        self.child.wait()


@contextmanager
def refused(*numbers: int) -> Iterator[None]:
    """A context that must end with an OSError of one of those errnos."""
    with pytest.raises(OSError) as caught:  # noqa: PT011 (the errno is looked at)
        yield
    assert caught.value.errno in numbers, caught.value
