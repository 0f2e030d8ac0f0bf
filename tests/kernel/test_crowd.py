"""Many clients at once, each doing everything: nothing is lost, nothing hangs."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import threading
import time
import traceback
from collections.abc import Callable

import pytest

from tests.kernel.client import Client, Process
from tracefs.kernel.boot import System

Spawn = Callable[..., Process]
SECONDS = 3.0
EXPECTED = {errno.EBUSY, errno.EAGAIN}
"""A pipe is open elsewhere; nothing to read."""


def _short_lived(client: Client) -> None:
    process = Process(client.service)
    try:
        process.workload("calls", 5)
    finally:
        process.end()


def _pipe(client: Client) -> None:
    with client.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK) as file:
        file.read()


ACTIONS: list[Callable[[Client, random.Random], object]] = [
    lambda client, draw: client.cat("trace"),
    lambda client, draw: client.echo(draw.choice(["vfs_*", "*lock*", ""]), "set_ftrace_filter"),
    lambda client, draw: client.echo(draw.choice(["function", "nop"]), "current_tracer"),
    lambda client, draw: client.workload(
        draw.choice(["calls", "fork", "pipe", "vfs", "slab", "sleep"]), draw.randrange(1, 20)
    ),
    lambda client, draw: client.ls(draw.choice(["", "options", "per_cpu"])),
    lambda client, draw: client.echo("hello", "trace_marker"),
    lambda client, draw: _short_lived(client),
    lambda client, draw: _pipe(client),
    lambda client, draw: client.echo("", ".machine/nmi"),
]


@pytest.mark.parametrize("seed", [1])
def test_a_crowd_is_served(system: System, spawn: Spawn, seed: int) -> None:
    end = time.monotonic() + SECONDS
    failures: list[str] = []
    served = [0] * 6

    def use(number: int) -> None:
        client = processes[number]
        draw = random.Random(f"{seed} {number}")
        while time.monotonic() < end:
            try:
                with contextlib.suppress(BlockingIOError):
                    draw.choice(ACTIONS)(client, draw)
                served[number] += 1
            except OSError as problem:
                if problem.errno not in EXPECTED:
                    failures.append(traceback.format_exc())
            except Exception:
                failures.append(traceback.format_exc())
                return

    processes = [spawn() for _ in served]
    threads = [
        threading.Thread(target=use, args=(number,), daemon=True) for number in range(len(served))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 20)
    assert not [thread for thread in threads if thread.is_alive()]
    assert not failures, failures[0]
    assert min(served) >= 3, served
    assert system.machine.dead is None
    assert not [task for task in system.syscalls.tasks.values() if task.calling]
