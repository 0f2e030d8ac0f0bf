"""Booted systems. One serves all tests of a worker that leave it as they found it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.client import Client, Process
from tracefs.kernel.boot import System

IMAGE = os.environ.get("TRACEFS_TEST_IMAGE")
"""Another image than the built one, for work on the guest."""


def make_system(**options: Any) -> System:
    """Boot."""
    return System(directory=Path(IMAGE) if IMAGE else None, **options)


@pytest.fixture
def boot() -> Iterator[Callable[..., System]]:
    """Boots systems that are closed after the test."""
    made: list[System] = []

    def make(**options: Any) -> System:
        made.append(make_system(**options))
        return made[-1]

    yield make
    for system in made:
        system.service.close()


@pytest.fixture(scope="session")
def shared() -> Iterator[list[System]]:
    """The systems that tests have shared, the last one current."""
    made: list[System] = []
    yield made
    for system in made:
        system.service.close()


@pytest.fixture
def system(shared: list[System]) -> Iterator[System]:
    """A live system with two CPUs, as it is after booting."""
    if not shared or shared[-1].machine.dead is not None:
        shared.append(make_system())
    system = shared[-1]
    yield system
    reset(system)


def reset(system: System) -> None:
    """Make a system as it was."""
    traces = system.kernel.traces
    client = Client(system.service)
    if system.ftrace.dead or system.machine.dead is not None:
        return
    for name in traces.names():
        client.echo("nop", f"instances/{name}/current_tracer")
        system.service.rmdir(f"/instances/{name}", client.caller)
    client.echo("nop", "current_tracer")
    for name in ("set_ftrace_filter", "set_ftrace_notrace"):
        client.echo("", name)
    client.echo(0, "events/enable")
    for name in (
        "set_ftrace_pid",
        "set_ftrace_notrace_pid",
        "set_event_pid",
        "set_event_notrace_pid",
    ):
        client.put("", name)
    client.echo(1, "tracing_on")
    client.echo(1, ".machine/proc/sys/kernel/ftrace_enabled")
    for name in ("dummy",):
        with contextlib.suppress(OSError):
            client.echo(name, ".machine/rmmod")
    client.put("", "trace")


@pytest.fixture
def spawn(system: System) -> Iterator[Callable[..., Process]]:
    """Starts processes that use the shared system; they end with the test."""
    made: list[Process] = []

    def make(command: str = "") -> Process:
        made.append(Process(system.service, command))
        return made[-1]

    yield make
    for process in made:
        process.end()


@pytest.fixture
def client(spawn: Callable[..., Process]) -> Process:
    """A process that uses the shared system."""
    return spawn()
