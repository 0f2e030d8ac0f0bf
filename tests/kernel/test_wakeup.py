"""wakeup, wakeup_rt and wakeup_dl on the booted guest."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.kernel.client import Client, Process
from tracefs.kernel.boot import System

NR_SCHED_SETSCHEDULER, NR_SETPRIORITY, NR_SETAFFINITY = 144, 141, 203
NORMAL, FIFO = 0, 1
TRIES = 300

WAKE = re.compile(r" *(\d+):( *\d+):R   \+ \[(\d+)\] +(\d+):( *\d+):(\w) (\S+)")
SWITCH = re.compile(r" *(\d+):( *\d+):(\w) ==> \[(\d+)\] +(\d+):( *\d+):R (\S+)")


@pytest.fixture(autouse=True)
def _defaults(system: System) -> Iterator[None]:
    yield
    client = Client(system.service)
    client.echo("nop", "current_tracer")
    client.echo(1, "tracing_on")
    client.echo(1, "options/function-trace")


def set_policy(system: System, pid: int, policy: int, priority: int) -> None:
    """What chrt does, for a task of the guest."""
    with system.machine.lock:
        buffer = system.init.user_buf
        system.memory.write(buffer, priority.to_bytes(4, "little"))
        assert system.syscalls.run(system.init, NR_SCHED_SETSCHEDULER, pid, policy, buffer) == 0


def pin(system: System, *processes: Process) -> None:
    """Let them share one CPU: who is not needed sleeps, who is gets woken."""
    with system.machine.lock:
        buffer = system.init.user_buf
        for process in processes:
            system.memory.write(buffer, (1).to_bytes(8, "little"))
            assert system.syscalls.run(system.init, NR_SETAFFINITY, process.pid, 8, buffer) == 0


def work(client: Process, others: list[Process], tracer: str) -> int:
    """Make the client sleep and be woken until the tracer has a latency; it, in microseconds."""
    client.echo(tracer, "current_tracer")
    for _ in range(TRIES):
        for process in (*others, client):
            process.cat("current_tracer")
        latency = int(client.cat("tracing_max_latency"))
        if latency:
            break
    client.echo(0, "tracing_on")
    return int(client.cat("tracing_max_latency"))


@pytest.fixture
def others(system: System, client: Process) -> Iterator[list[Process]]:
    """Two processes that share a CPU with the client."""
    made = [Process(system.service) for _ in range(2)]
    for process in (client, *made):
        process.cat("current_tracer")
    pin(system, client, *made)
    yield made
    for process in made:
        process.end()


@pytest.mark.parametrize("tracer", ["wakeup", "wakeup_rt"])
def test_a_real_time_task(
    system: System, client: Process, others: list[Process], tracer: str
) -> None:
    set_policy(system, client.pid, FIFO, 5)
    latency = work(client, others, tracer)
    assert latency > 0
    text = client.cat("trace")
    head = re.search(
        rf"# {tracer} latency trace v1\.1\.5 on .*\n.*\n# latency: (\d+) us, #(\d+)/\2, CPU#(\d) .*"
        r"\n.*\n#    \| task: (\S+)-(\d+) \(uid:0 nice:(-?\d+) policy:(\d) rt_prio:(\d+)\)\n"
        r".*\n#\n",
        text,
    )
    assert head is not None, text[:600]
    lines = [line for line in text.splitlines() if not line.startswith(("#", " =>"))]
    assert int(head[1]) == latency
    assert int(head[2]) == len(lines)
    if int(head[5]) == client.pid:
        assert head.groups()[5:] == ("0", "1", "5")
    bodies = [re.sub(r".*us.: ", "", line) for line in lines]
    times = [int(found[1]) for line in lines if (found := re.search(r" (\d+)us.: ", line))]
    assert times == sorted(times)
    wake = WAKE.fullmatch(bodies[0])
    assert wake is not None, bodies[0]
    assert int(wake[4]) == int(head[5])
    assert int(wake[5]) < int(wake[2])  # more urgent than who ran there
    assert bodies[1] == "<stack trace>"
    assert bodies[2] == "0"
    switch = SWITCH.fullmatch(bodies[-2])
    assert switch is not None, bodies[-2]
    assert int(switch[5]) == int(head[5])
    assert bodies[-1] == "<stack trace>"
    assert times[-2] <= latency + 1
    assert " => __ftrace_trace_stack\n => probe_wakeup\n => ttwu_do_wakeup\n" in text
    assert "schedule" in text.rsplit("<stack trace>", 1)[1]
    assert any(" <-" in body for body in bodies)


def test_other_tasks_only_with_wakeup(
    system: System, client: Process, others: list[Process]
) -> None:
    """A nice task is more urgent than others, but not a real-time one."""
    with system.machine.lock:
        pid = client.pid
        assert system.syscalls.run(system.init, NR_SETPRIORITY, 0, pid, (1 << 64) - 20) == 0
    assert work(client, others, "wakeup") > 0
    head = re.search(
        r"task: \S+-\d+ \(uid:0 nice:(-?\d+) policy:0 rt_prio:0\)", client.cat("trace")
    )
    assert head is not None
    assert int(head[1]) < 0


def test_no_deadline_task(system: System, client: Process) -> None:
    client.cat("current_tracer")
    set_policy(system, client.pid, FIFO, 99)
    client.echo("wakeup_dl", "current_tracer")
    for _ in range(20):
        client.cat("current_tracer")
    client.echo(0, "tracing_on")
    assert client.cat("tracing_max_latency") == "0\n"
    assert client.cat("trace") == "# tracer: wakeup_dl\n#\n"


def test_without_functions(system: System, client: Process, others: list[Process]) -> None:
    set_policy(system, client.pid, FIFO, 5)
    client.echo(0, "options/function-trace")
    assert work(client, others, "wakeup_rt") > 0
    text = client.cat("trace")
    assert " <-" not in text
    assert "  + [" in text
    assert "==> [" in text


def test_as_an_outline(system: System, client: Process, others: list[Process]) -> None:
    set_policy(system, client.pid, FIFO, 5)
    client.echo(1, "options/display-graph")
    assert work(client, others, "wakeup_rt") > 0
    text = client.cat("trace")
    client.echo(0, "options/display-graph")
    assert "#   REL TIME      CPU  TASK/PID       ||||     DURATION " in text
    line = r"^ +\d+ us \|   0\) .{14} \|  .{5} \| .*us +\|  \w+"
    assert re.search(line, text, re.MULTILINE)
    assert re.search(r"/\* +\d+:120:R ==> \[000\] +\d+: 94:R \S+ \*/", text)


def test_it_is_forgotten_with_the_tracer(system: System, client: Process) -> None:
    client.echo("wakeup", "current_tracer")
    assert client.cat("options/latency-format") == "1\n"
    assert client.cat("options/pause-on-trace") == "0\n"
    client.echo("nop", "current_tracer")
    assert client.cat("options/latency-format") == "0\n"
    symbol, memory = system.symbol, system.memory
    assert memory.word(symbol("wakeup_task")) == 0
    assert memory.u32(symbol("wakeup_tracer_enabled")) == 0
