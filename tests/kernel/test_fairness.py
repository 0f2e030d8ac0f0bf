"""Long calls: other clients do not wait for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tests.kernel.client import Process
from tracefs.kernel.boot import System

Spawn = Callable[..., Process]
SECONDS = 1.0


class Work(threading.Thread):
    """A workload that goes on for a while."""

    def __init__(self, process: Process, name: str, count: int) -> None:
        super().__init__(daemon=True)
        self.process = process
        self.words = name, count
        self.result = ""
        self.start()

    def run(self) -> None:
        self.result = self.process.workload(*self.words)


def timed(process: Process, count: int) -> float:
    """Seconds for some rounds of the workload "calls"."""
    began = time.monotonic()
    process.workload("calls", count)
    return time.monotonic() - began


def rate(process: Process) -> int:
    """How many rounds of the workload "calls" fill the time."""
    count = 2000
    while True:
        took = min(timed(process, count) for _ in range(3))  # a busy host makes it look slow
        if took > 0.05:
            return int(count * SECONDS / took)
        count *= 4


@pytest.mark.parametrize("workers", [1, 3])
def test_a_workload_does_not_lock_others_out(system: System, spawn: Spawn, workers: int) -> None:
    other = spawn()
    count = rate(other) // workers
    expected = other.workload("calls", count)
    works = [Work(spawn(), "calls", count) for _ in range(workers)]
    time.sleep(0.05)
    answers = 0
    while all(work.is_alive() for work in works):
        assert other.cat("current_tracer") == "nop\n"
        answers += 1
        time.sleep(0.01)
    for work in works:
        work.join(20)
    # Locked out, it would get its first answer when the workloads are done.
    assert answers > 1
    assert {work.result for work in works} == {expected}
    assert system.machine.dead is None


def test_events_are_read_while_a_workload_makes_them(system: System, spawn: Spawn) -> None:
    one, two = spawn(), spawn()
    count = rate(one) // 4
    one.echo("workload_top", "set_ftrace_filter")
    one.echo("function", "current_tracer")
    with two.open("trace_pipe") as pipe:
        work = Work(one, "calls", count)
        assert b"workload_top" in pipe.read()
        assert work.is_alive()
        one_more = two.cat("current_tracer")
        assert one_more == "function\n"
        work.join(20)
    assert system.machine.dead is None


def test_new_clients_come_and_go_meanwhile(system: System, spawn: Spawn) -> None:
    first = spawn()
    work = Work(first, "calls", rate(spawn()))
    time.sleep(0.02)
    served = 0
    while work.is_alive():
        process = spawn()
        assert process.cat("tracing_on") == "1\n"
        process.end()
        served += 1
    work.join(20)
    assert served >= 3
    assert work.result.startswith("0x")
    assert system.machine.dead is None
