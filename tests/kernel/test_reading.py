"""Reads that wait: woken by data, by an end, by signals; polls."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable

import pytest

from tests.kernel.client import OpenFile, Process, parse, refused
from tracefs.kernel.boot import System

Spawn = Callable[..., Process]


class Reading(threading.Thread):
    """A read in a thread of its own."""

    def __init__(self, file: OpenFile, size: int = 65536) -> None:
        super().__init__(daemon=True)
        self.file = file
        self.size = size
        self.data: bytes | None = None
        self.error: OSError | None = None
        self.interrupt = False
        self.start()

    def run(self) -> None:
        try:
            self.data = self.file.read(self.size, lambda: self.interrupt)
        except OSError as problem:
            self.error = problem

    def waits(self, system: System) -> bool:
        """True once it sleeps."""
        end = time.monotonic() + 5
        while time.monotonic() < end and self.is_alive():
            if any(task.blocked for task in system.syscalls.tasks.values()):
                return True
            time.sleep(0.002)
        return False

    def result(self) -> bytes:
        """What it returned."""
        self.join(5)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error
        assert self.data is not None
        return self.data


def test_data_wakes_a_reader(system: System, spawn: Spawn) -> None:
    reader, writer = spawn(), spawn()
    with reader.open("trace_pipe") as file:
        reading = Reading(file)
        assert reading.waits(system)
        began = time.monotonic()
        writer.echo("hello", "trace_marker")
        assert b"hello" in reading.result()
        assert time.monotonic() - began < 0.2


def test_turning_tracing_off_ends_the_file(system: System, spawn: Spawn) -> None:
    reader, writer = spawn(), spawn()
    with reader.open("trace_pipe") as file:
        writer.echo("hello", "trace_marker")
        assert b"hello" in file.read()
        reading = Reading(file)
        assert reading.waits(system)
        writer.echo(0, "tracing_on")
        assert reading.result() == b""


def test_a_signal_ends_a_read(system: System, spawn: Spawn) -> None:
    reader, other = spawn(), spawn()
    with reader.open("trace_pipe") as file:
        reading = Reading(file)
        assert reading.waits(system)
        reading.interrupt = True
        with refused(errno.EINTR):
            reading.result()
        # and the task can read again
        other.echo("later", "trace_marker")
        assert b"later" in file.read()


def test_a_killed_reader_leaves_nothing(system: System, spawn: Spawn) -> None:
    reader, other = spawn(), spawn()
    with reader.open("trace_pipe") as file:
        reading = Reading(file)
        assert reading.waits(system)
        reader.end()
        assert other.cat("tracing_on") == "1\n"  # while the read is still there
        reading.interrupt = True
        with refused(errno.EINTR):
            reading.result()
    other.cat("tracing_on")
    assert reader.pid not in {task.pid for task in system.syscalls.tasks.values()}


def test_a_read_without_waiting_is_eagain(client: Process) -> None:
    with client.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK) as file, refused(errno.EAGAIN):
        file.read()


def test_a_nonblocking_reader_sees_no_end(client: Process) -> None:
    with client.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK) as file:
        client.echo("x", "trace_marker")
        assert b"x" in file.read()
        client.echo(0, "tracing_on")
        with refused(errno.EAGAIN):
            file.read()


def test_many_readers_wait_at_once(system: System, spawn: Spawn) -> None:
    client = spawn()
    names = [f"i{n}" for n in range(12)]
    for name in names:
        client.service.mkdir(f"/instances/{name}", 0o755, client.caller)
    readers = [spawn() for _ in names]
    files = [
        reader.open(f"instances/{name}/trace_pipe")
        for reader, name in zip(readers, names, strict=True)
    ]
    readings = [Reading(file) for file in files]
    end = time.monotonic() + 5
    while sum(task.blocked for task in system.syscalls.tasks.values()) < len(names):
        assert time.monotonic() < end
        time.sleep(0.005)
    assert client.cat("tracing_on") == "1\n"
    for name in reversed(names):
        client.echo(name, f"instances/{name}/trace_marker")
    for reading, name in zip(readings, names, strict=True):
        assert name.encode() in reading.result()
    for file in files:
        file.close()


def test_poll_tells_of_data_once(client: Process, spawn: Spawn) -> None:
    calls: list[int] = []
    with client.open("trace_pipe") as file:
        assert not file.poll(lambda: calls.append(1)) & 1
        spawn().cat("tracing_on")
        assert calls == []
        client.echo("x", "trace_marker")
        assert calls == [1]
        client.echo("y", "trace_marker")
        assert calls == [1]
        assert file.poll(lambda: calls.append(2)) & 1
        file.read()
        assert not file.poll() & 1
    assert calls == [1]


def test_closing_the_service_ends_a_read(boot: Callable[..., System]) -> None:
    system = boot()
    process = Process(system.service)
    try:
        reading = Reading(process.open("trace_pipe"))
        assert reading.waits(system)
        system.service.close()
        with pytest.raises(OSError, match=r"\[Errno 4\]"):
            reading.result()
        with refused(errno.EIO):
            process.echo(1, "tracing_on")
    finally:
        process.end()


def test_a_released_file_is_closed_before_the_next_call(system: System, spawn: Spawn) -> None:
    one, two = spawn(), spawn()
    one.cat("tracing_on")
    one.echo("__x64_sys_openat __x64_sys_close", "set_ftrace_filter")
    one.echo("function", "current_tracer")
    one.put("", "trace")
    with one.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK):
        pass
    with two.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK) as file:  # and it is not busy
        lines = [parse(line) for line in file.read().decode().splitlines()]
    calls = [(line.pid, line.function) for line in lines]
    assert calls[-3:] == [
        (one.pid, "__x64_sys_openat"),
        (one.pid, "__x64_sys_close"),
        (two.pid, "__x64_sys_openat"),
    ]


def test_a_released_file_is_closed_when_nothing_else_happens(
    system: System, client: Process
) -> None:
    with client.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK):
        pass
    top = system.kernel.traces.top
    end = time.monotonic() + 5
    while top.pipes and time.monotonic() < end:
        time.sleep(0.005)
    assert not top.pipes
