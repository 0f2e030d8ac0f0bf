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
    """Two processes; which system they use is for the test to say."""
    service = boot(cpus=1).service
    made = [Process(service), Process(service)]
    yield made
    for process in made:
        process.end()


def session(system: System, pids: list[int]) -> str:
    """What two clients do, and the trace of it."""
    one, two = (Client(system.service, pid) for pid in pids)
    one.echo("function", "current_tracer")
    two.cat("current_tracer")
    sums = [one.workload("vfs", 1), two.workload("fork", 1), one.workload("sleep", 2)]
    system.service.mkdir("/instances/i", 0o755, one.caller)
    inside = two.instance("i")
    inside.echo("*lock*", "set_ftrace_filter")
    inside.echo("function", "current_tracer")
    sums.append(two.workload("pipe", 1))
    one.echo("", ".machine/nmi")
    short = os.posix_spawn("/bin/sleep", ["sleep", "1000"], os.environ)
    Client(system.service, short).cat("tracing_on")
    os.kill(short, 9)
    os.waitpid(short, 0)
    one.ls("options")
    one.echo("dummy", ".machine/insmod")
    one.echo("dummy", ".machine/rmmod")
    one.echo(0, "tracing_on")
    inside.echo(0, "tracing_on")
    assert all(each.startswith("0x") for each in sums)
    text = one.cat("trace") + inside.cat("trace") + one.cat(".machine/dmesg")
    return text.replace(f"-{short} ", "-SHORT ").replace(f" {short} ", " SHORT ")


def masked(text: str) -> str:
    """Without the pids of clients."""
    return re.sub(r"-\d{4,} ", "-PID ", re.sub(r" +(?=\S+-\d+ )", " ", text))


def closed(system: System, pids: list[int]) -> tuple[str, list[tuple[int, int]]]:
    """A session's text and schedule, with the system closed after it."""
    try:
        return session(system, pids), list(system.machine.schedule)
    finally:
        system.service.close()


@pytest.mark.parametrize("seed", [7, 8])
def test_a_seed_repeats_itself(processes: list[Process], seed: int) -> None:
    pids = [process.pid for process in processes]
    first, schedule = closed(make_system(seed=seed), pids)
    again, same = closed(make_system(seed=seed), pids)
    assert len(first.splitlines()) > 1000
    assert masked(again) == masked(first)
    assert same == schedule


def test_another_seed_is_another_run(processes: list[Process]) -> None:
    pids = [process.pid for process in processes]
    texts = [masked(closed(make_system(seed=seed), pids)[0]) for seed in (1, 2)]
    assert texts[0] != texts[1]


def test_a_recorded_schedule_replays(
    processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = [process.pid for process in processes]
    text, schedule = closed(make_system(seed=3), pids)
    monkeypatch.setattr("tracefs.machine.schedule._LOG2_MAX", 9)  # what it would draw itself
    other, _ = closed(make_system(seed=3), pids)
    assert masked(other) != masked(text)
    again, same = closed(make_system(seed=3, replay=Schedule(schedule)), pids)
    assert masked(again) == masked(text)
    assert same == schedule


def test_other_processes_make_no_difference(processes: list[Process]) -> None:
    strangers = [Process(process.service) for process in processes]
    try:
        texts = [
            masked(closed(make_system(seed=11), [each.pid for each in group])[0])
            for group in (processes, strangers)
        ]
    finally:
        for process in strangers:
            process.end()
    assert texts[0] == texts[1]


@pytest.mark.parametrize("seed", range(20, 24))
@pytest.mark.parametrize("cpus", [2, 4])
def test_interrupts_at_any_instruction_do_no_harm(
    processes: list[Process], seed: int, cpus: int
) -> None:
    text, _ = closed(make_system(seed=seed, cpus=cpus), [each.pid for each in processes])
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
