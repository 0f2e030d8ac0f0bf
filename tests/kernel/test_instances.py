"""Instances: many at once, each for itself, and nothing left of those that were removed."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack

import pytest

from tests.kernel.client import Client, Process, refused
from tracefs.kernel.boot import System

NAMES = [f"number {n}" for n in range(60)]


def make(client: Client, name: str) -> Client:
    """mkdir, and what is in it."""
    client.service.mkdir(f"/instances/{name}", 0o755, client.caller)
    return client.instance(name)


def remove(client: Client, name: str) -> None:
    """rmdir."""
    client.service.rmdir(f"/instances/{name}", client.caller)


def test_many_trace_for_themselves(client: Process) -> None:
    instances = [make(client, name) for name in NAMES]
    for n, instance in enumerate(instances):
        instance.echo(("vfs_read", "vfs_write")[n % 2], "set_ftrace_filter")
        instance.echo("function", "current_tracer")
        instance.echo(NAMES[n], "trace_marker")
    client.workload("vfs", 1)
    for n, instance in enumerate(instances):
        instance.echo("nop" if n % 3 else "function", "current_tracer")
        text = instance.cat("trace")
        if n % 3:
            assert "entries-written: 0/0 " in text
            continue
        assert f"tracing_mark_write: {NAMES[n]}\n" in text
        functions = {line.split(" <-")[0].split()[-1] for line in text.splitlines() if "<-" in line}
        assert functions == {("vfs_read", "vfs_write")[n % 2]}
    assert "vfs_write" not in client.cat("trace")
    for name in NAMES:
        remove(client, name)
    assert client.ls("instances") == []
    assert client.cat("enabled_functions") == ""


def test_a_removed_one_leaves_nothing(system: System, client: Process) -> None:
    def use(name: str) -> None:
        instance = make(client, name)
        instance.echo("vfs_*", "set_ftrace_filter")
        instance.echo("*read*", "set_ftrace_notrace")
        instance.echo("vfs_open:traceoff:3", "set_ftrace_filter", append=True)
        instance.echo(client.pid, "set_ftrace_pid")
        instance.echo("function", "current_tracer")
        instance.echo(1, "snapshot")
        instance.echo(1, "events/sched/enable")
        client.workload("vfs", 1)
        instance.echo(100, "per_cpu/cpu1/buffer_size_kb")
        remove(client, name)

    use("before")  # what the kernel keeps for any later one
    free = system.machine.memory.pages.free
    for n in range(5):
        use(f"{n}")
    assert system.machine.memory.pages.free == free
    assert client.cat("enabled_functions") == ""
    assert client.cat("events/sched/enable") == "0\n"


@pytest.mark.parametrize("path", ["tracing_on", "options/raw", "events/enable", "trace_marker"])
def test_an_open_file_keeps_its_instance(client: Process, path: str) -> None:
    instance = make(client, "held")
    flags = os.O_WRONLY if path == "trace_marker" else os.O_RDWR
    with ExitStack() as stack:
        for _ in range(2):
            file = stack.enter_context(instance.open(path, flags))
        with refused(errno.EBUSY):
            remove(client, "held")
        file.write(b"1")
    remove(client, "held")
