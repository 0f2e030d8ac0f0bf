"""A machine with a seed: the same operations give the same trace, byte for byte."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

import pytest

from tests.kernel.client import Client, Process
from tests.kernel.conftest import make_system
from tracefs.kernel.boot import System
from tracefs.machine.schedule import Schedule

Boot = Callable[..., System]


@pytest.fixture
def processes(boot: Boot) -> Iterator[list[Process]]:
    """Three processes; which system they use is for the test to say."""
    service = boot(cpus=1).service
    made = [Process(service) for _ in range(3)]
    yield made
    for process in made:
        process.end()


class Ends:
    """Stands in for pidfds, so that the same process can end in each session."""

    def __init__(self) -> None:
        self._open: dict[int, int] = {}

    def watch(self, pid: int) -> int:
        """What is readable when the process has ended."""
        reading, writing = os.pipe()
        if pid in self._open:
            os.close(self._open[pid])
        self._open[pid] = writing
        return reading

    def end(self, pid: int) -> None:
        """Now it has."""
        os.close(self._open.pop(pid))

    def close(self) -> None:
        """Release the rest."""
        for pid in list(self._open):
            self.end(pid)


@pytest.fixture(autouse=True)
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    """Lets tests say when a process has ended."""
    made = Ends()
    monkeypatch.setattr("tracefs.kernel.clients._pidfd", made.watch)
    yield made
    made.close()


def session(system: System, pids: list[int], ends: Ends) -> str:
    """What three clients do, and the trace of it."""
    one, two, short = (Client(system.service, pid) for pid in pids)
    one.echo("function", "current_tracer")
    two.cat("current_tracer")
    sums = [one.workload("vfs", 1), two.workload("fork", 1), one.workload("sleep", 2)]
    system.service.mkdir("/instances/i", 0o755, one.caller)
    inside = two.instance("i")
    inside.echo("*lock*", "set_ftrace_filter")
    inside.echo("function", "current_tracer")
    sums.append(two.workload("pipe", 1))
    one.echo("", ".machine/nmi")
    short.cat("tracing_on")
    ends.end(short.pid)
    one.ls("options")
    one.echo("dummy", ".machine/insmod")
    one.echo("dummy", ".machine/rmmod")
    one.echo(0, "tracing_on")
    inside.echo(0, "tracing_on")
    assert all(each.startswith("0x") for each in sums)
    return one.cat("trace") + inside.cat("trace") + one.cat(".machine/dmesg")


def closed(system: System, pids: list[int], ends: Ends) -> tuple[str, list[tuple[int, int]]]:
    """A session's text and schedule, with the system closed after it."""
    try:
        return session(system, pids, ends), list(system.machine.schedule)
    finally:
        system.service.close()


@pytest.mark.parametrize("seed", [7, 8])
def test_a_seed_repeats_itself(processes: list[Process], ends: Ends, seed: int) -> None:
    pids = [process.pid for process in processes]
    first, schedule = closed(make_system(seed=seed), pids, ends)
    again, same = closed(make_system(seed=seed), pids, ends)
    assert len(first.splitlines()) > 1000
    assert again == first
    assert same == schedule


def named_cat(path: str) -> int:
    """Stands in for the comm of a process that there is not."""
    comm = os.memfd_create("comm")
    os.write(comm, b"cat\n")
    return comm


def test_pids_make_no_difference(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for themselves: the same session by other processes, with pids of any size."""
    monkeypatch.setattr("tracefs.kernel.clients._open", named_cat)
    runs = []
    for pids in ([3_100_000, 3_100_001, 3_100_002], [4_000_000, 317, 70_001]):
        text, schedule = closed(make_system(seed=9), pids, ends)
        for number, pid in enumerate(pids):
            text = re.sub(rf"(?<=cat-){pid} *", f"{number} ", text)
        runs.append((text, schedule))
    assert "cat-0 " in runs[0][0]
    assert runs[0] == runs[1]


def test_another_seed_is_another_run(processes: list[Process], ends: Ends) -> None:
    pids = [process.pid for process in processes]
    texts = [closed(make_system(seed=seed), pids, ends)[0] for seed in (1, 2)]
    assert texts[0] != texts[1]


def test_a_recorded_schedule_replays(
    processes: list[Process], ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = [process.pid for process in processes]
    text, schedule = closed(make_system(seed=3), pids, ends)
    monkeypatch.setattr("tracefs.machine.schedule._LOG2_MAX", 9)  # what it would draw itself
    other, _ = closed(make_system(seed=3), pids, ends)
    assert other != text
    again, same = closed(make_system(seed=3, replay=Schedule(schedule)), pids, ends)
    assert again == text
    assert same == schedule


@pytest.mark.parametrize("seed", range(20, 24))
@pytest.mark.parametrize("cpus", [2, 4])
def test_interrupts_at_any_instruction_do_no_harm(
    processes: list[Process], ends: Ends, seed: int, cpus: int
) -> None:
    text, _ = closed(make_system(seed=seed, cpus=cpus), [each.pid for each in processes], ends)
    assert "BUG" not in text
    assert "WARNING" not in text


def test_the_schedule_is_a_file(processes: list[Process]) -> None:
    system = make_system(seed=5)
    try:
        lines = Client(system.service, processes[0].pid).cat(".machine/schedule").splitlines()
        assert len(lines) > 100
        assert all(re.fullmatch(r"[01] -?\d+", line) for line in lines)
    finally:
        system.service.close()
