"""irqsoff, preemptoff and preemptirqsoff on the booted guest: sections of a known length."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.kernel.client import Client, Process, refused
from tests.kernel.conftest import make_system
from tracefs.kernel.boot import System

MODULE = "preemptirq_delay_test"
WHERE = "execute_preemptirqtest"


@pytest.fixture(scope="module")
def machine() -> Iterator[System]:
    """A machine whose time is that of its instructions: a section takes as long as it says."""
    system = make_system(seed=4)
    yield system
    system.service.close()


@pytest.fixture
def client(machine: System) -> Iterator[Process]:
    """A process; the tracer is nop and the options are as they were at the end."""
    process = Process(machine.service)
    yield process
    process.echo(0, "tracing_thresh")
    process.echo(1, "tracing_on")
    process.echo("nop", "current_tracer")
    process.echo(1, "options/function-trace")
    process.echo(0, "options/display-graph")
    unload(process)
    process.end()


class Latency(NamedTuple):
    """What a latency trace says."""

    latency: int
    entries: int
    cpu: int
    task: str
    start: str
    end: str
    lines: list[str]
    stack: list[str]


def read(client: Client) -> Latency:
    """The trace, taken apart."""
    text = client.cat("trace")
    found = re.search(
        r"# latency: (\d+) us, #(\d+)/\d+, CPU#(\d+) .*\n.*\n#    \| task: (\S+)-\d+ .*\n.*\n"
        r"#  => started at: (\S+)\n#  => ended at:   (\S+)\n#\n#\n",
        text,
    )
    assert found is not None, text[:500]
    latency, entries, cpu, task, start, end = found.groups()
    body = [line for line in text.splitlines() if not line.startswith("#")]
    return Latency(
        int(latency),
        int(entries),
        int(cpu),
        task,
        start,
        end,
        [line for line in body if not line.startswith(" => ")],
        [line[4:] for line in body if line.startswith(" => ")],
    )


def unload(client: Client) -> None:
    """Remove the module."""
    with contextlib.suppress(OSError):
        client.echo(MODULE, ".machine/rmmod")


def load(client: Client, mode: str, delay: int, tries: int = 6, by: Client | None = None) -> None:
    """A section of that length; again, if another CPU's maximum has disturbed it, as on 6.1.

    ``by`` is who measures. The module stays, so that its symbols are known.
    """
    for _ in range(tries):
        unload(client)
        client.echo(f"{MODULE} test_mode={mode} delay={delay}", ".machine/insmod")
        if int((by or client).cat("tracing_max_latency")) >= delay:
            break


@pytest.mark.parametrize(
    ("tracer", "mode", "hook"),
    [
        ("irqsoff", "irq", "tracer_hardirqs_on"),
        ("preemptoff", "preempt", "tracer_preempt_on"),
        ("preemptirqsoff", "irq", "tracer_hardirqs_on"),
        ("preemptirqsoff", "preempt", "tracer_preempt_on"),
    ],
)
def test_the_longest_section(client: Process, tracer: str, mode: str, hook: str) -> None:
    client.echo(tracer, "current_tracer")
    load(client, mode, 600)
    client.echo(0, "tracing_on")
    assert 600 <= int(client.cat("tracing_max_latency")) <= 620
    found = read(client)
    assert 600 <= found.latency <= 620
    assert (found.task, found.start, found.end) == (f"{mode}_test", WHERE, WHERE)
    assert found.entries == len(found.lines)
    first, *_, last, after, stack = found.lines
    flags = "d...." if mode == "irq" else "...1."
    for line in (first, last, after, stack):
        assert line.startswith(f"{mode}_test"[:8])
        assert f"  {found.cpu}{flags} " in line
    assert re.search(rf" [01]us.: {WHERE}$", first)
    assert re.search(rf" 6[012]\dus.: {WHERE}$", last)
    assert re.search(rf" 6[012]\dus.: {hook} <-{WHERE}$", after)
    assert re.search(r" 6[012]\dus : <stack trace>$", stack)
    assert found.stack == ["preemptirqtest_0", "preemptirq_delay_run", "kthread", "ret_from_fork"]
    assert f"kthread_should_stop <-{WHERE}" in found.lines[1]


@pytest.mark.parametrize(("tracer", "mode"), [("irqsoff", "preempt"), ("preemptoff", "irq")])
def test_other_sections_do_not_count(client: Process, tracer: str, mode: str) -> None:
    client.echo(tracer, "current_tracer")
    load(client, mode, 600, tries=2)
    client.echo(0, "tracing_on")
    assert 0 < int(client.cat("tracing_max_latency")) < 600


def test_a_longer_one_takes_its_place(client: Process) -> None:
    client.echo("irqsoff", "current_tracer")
    load(client, "irq", 400)
    assert 400 <= read(client).latency <= 420
    load(client, "irq", 800)
    load(client, "irq", 600)
    found = read(client)
    assert 800 <= found.latency <= 820
    # What older maxima have left in the pages is not shown.
    assert re.search(rf" [01]us.: {WHERE}$", found.lines[0])
    assert found.entries == len(found.lines)
    client.echo(0, "tracing_max_latency")
    load(client, "irq", 600)
    assert 600 <= read(client).latency <= 620


def test_without_functions(client: Process) -> None:
    client.echo(0, "options/function-trace")
    client.echo("irqsoff", "current_tracer")
    assert client.cat("enabled_functions") == ""
    load(client, "irq", 400)
    found = read(client)
    assert [re.sub(r".*us.: ", "", line) for line in found.lines] == [
        WHERE,
        WHERE,
        f"tracer_hardirqs_on <-{WHERE}",
        "<stack trace>",
    ]
    client.echo(1, "options/function-trace")
    assert client.cat("enabled_functions") != ""
    load(client, "irq", 600)
    assert len(read(client).lines) > 100


def test_above_the_threshold_the_last_one_is_kept(client: Process) -> None:
    client.echo(500, "tracing_thresh")
    client.echo("irqsoff", "current_tracer")
    load(client, "irq", 800)
    load(client, "irq", 600)
    load(client, "irq", 400)
    assert 600 <= read(client).latency <= 620


def test_nothing_is_measured_while_tracing_is_off(client: Process) -> None:
    client.echo(0, "tracing_on")
    client.echo("irqsoff", "current_tracer")
    load(client, "irq", 400, tries=1)
    assert client.cat("tracing_max_latency") == "0\n"
    assert client.cat("trace") == "# tracer: irqsoff\n#\n"
    client.echo(1, "tracing_on")
    load(client, "irq", 400)
    assert read(client).latency >= 400


def test_the_maximum_stands_while_it_is_read(client: Process) -> None:
    client.echo("irqsoff", "current_tracer")
    load(client, "irq", 400)
    with client.open("trace"):
        load(client, "irq", 800, tries=2)
    assert 400 <= read(client).latency <= 420


def test_options_are_forced_and_given_back(client: Process) -> None:
    client.echo(0, "options/overwrite")
    client.echo("irqsoff", "current_tracer")
    forced = ("overwrite", "latency-format", "pause-on-trace")
    assert [client.cat(f"options/{name}") for name in forced] == ["1\n"] * 3
    with refused(errno.EINVAL):
        client.echo(0, "options/overwrite")
    with refused(errno.EBUSY):
        client.echo(1, "snapshot")
    with refused(errno.EBUSY):
        client.cat("snapshot")
    client.echo("nop", "current_tracer")
    assert [client.cat(f"options/{name}") for name in forced] == ["0\n"] * 3
    assert "Snapshot is freed" in client.cat("snapshot")
    client.echo(1, "options/overwrite")


def test_one_array_at_a_time(client: Process) -> None:
    client.service.mkdir("/instances/a", 0o755, client.caller)
    other = client.instance("a")
    before = client.cat("tracing_max_latency")
    other.echo("irqsoff", "current_tracer")
    with refused(errno.EBUSY):
        client.echo("preemptoff", "current_tracer")
    assert client.cat("current_tracer") == "nop\n"
    load(client, "irq", 400, by=other)
    assert 400 <= read(other).latency <= 420
    assert client.cat("tracing_max_latency") == before
    client.service.rmdir("/instances/a", client.caller)
    client.echo("preemptoff", "current_tracer")
    load(client, "preempt", 400)
    assert 400 <= read(client).latency <= 420


OUTLINE = re.compile(
    r" *(\d+) us \|   \d\) .{14} \|  d\.\.\.\. \|   +([\d.]+) us +\|  ([\w]+)(?: \[\w+\])?\(\);"
)
COLUMNS = """\
#   REL TIME      CPU  TASK/PID       ||||     DURATION                  FUNCTION CALLS
#      |          |     |    |        ||||      |   |                     |   |   |   |
"""


def test_as_an_outline(client: Process) -> None:
    """display-graph begins anew, with function_graph's columns, also while the tracer runs."""
    client.echo("irqsoff", "current_tracer")
    load(client, "irq", 600)
    client.echo(1, "options/display-graph")
    assert int(client.cat("tracing_max_latency")) < 600
    load(client, "irq", 400)
    client.echo(0, "tracing_on")
    text = client.cat("trace")
    assert text.startswith("# tracer: irqsoff\n#\n# irqsoff latency trace v1.1.5 on")
    assert COLUMNS in text
    lines = text.split(COLUMNS)[1].splitlines()
    calls = [found.groups() for line in lines if (found := OUTLINE.fullmatch(line))]
    assert len(calls) > 100
    assert calls[0][2] == calls[-2][2] == WHERE
    assert calls[0][1] == calls[-2][1] == "0.000"
    assert calls[-1][2] == "tracer_hardirqs_on"
    assert {name for _, _, name in calls[1:-2]} == {"kthread_should_stop"}
    times = [int(time) for time, _, _ in calls]
    assert times == sorted(times)
    assert times[0] <= 1
    assert 400 <= times[-1] <= 420
    assert all(float(duration) > 0 for _, duration, _ in calls[1:-2])
    client.echo(0, "options/display-graph")
    client.echo(1, "tracing_on")
    load(client, "irq", 400)
    assert f"kthread_should_stop <-{WHERE}" in client.cat("trace")


def test_an_outline_leaves_functions_alone_without_function_trace(client: Process) -> None:
    client.echo(0, "options/function-trace")
    client.echo(1, "options/display-graph")
    client.echo("irqsoff", "current_tracer")
    load(client, "irq", 400)
    text = client.cat("trace")
    assert "kthread_should_stop" not in text
    assert text.count(f"  {WHERE} [{MODULE}]();\n") == 2
    client.echo(1, "options/function-trace")
    load(client, "irq", 600)
    assert "kthread_should_stop();" in client.cat("trace")
    with refused(errno.EBUSY):
        client.echo(1, "function_profile_enabled")
