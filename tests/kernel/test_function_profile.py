"""function_profile_enabled and trace_stat on the booted guest."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.kernel.client import Client, Process, refused
from tracefs.kernel.boot import System

HEADER = """\
  Function                               Hit    Time            Avg             s^2
  --------                               ---    ----            ---             ---
"""
LINE = re.compile(r"  (\S+) +(\d+)    ([\d.]+) us +([\d.]+) us +([\d.]+) us +")


class Function(NamedTuple):
    """A line: microseconds."""

    hits: int
    time: float
    average: float
    variance: float


@pytest.fixture(autouse=True)
def _off(system: System) -> Iterator[None]:
    yield
    client = Client(system.service)
    client.echo(0, "function_profile_enabled")
    client.echo(1, "options/graph-time")


def read(client: Client, cpu: int) -> dict[str, Function]:
    """What trace_stat tells of a CPU, the longest first."""
    text = client.cat(f"trace_stat/function{cpu}")
    assert text.startswith(HEADER)
    found = {}
    for line in text.removeprefix(HEADER).splitlines():
        match = LINE.fullmatch(line)
        assert match is not None, line
        name, hits, *numbers = match.groups()
        found[name] = Function(int(hits), *map(float, numbers))
    return found


def hits(client: Client, name: str) -> int:
    """How often a function was called on both CPUs."""
    return sum(read(client, cpu)[name].hits for cpu in (0, 1) if name in read(client, cpu))


def test_calls_are_counted_and_timed(client: Process) -> None:
    assert client.ls("trace_stat") == ["function0", "function1"]
    assert client.cat("trace_stat/function0") == HEADER
    client.echo("vfs_read vfs_write ksys_read", "set_ftrace_filter")
    client.echo(1, "function_profile_enabled")
    assert client.cat("function_profile_enabled") == "1\n"
    for _ in range(6):
        client.cat("current_tracer")
    client.echo(0, "function_profile_enabled")
    assert hits(client, "vfs_read") == hits(client, "ksys_read") >= 12
    found = read(client, 0)
    assert set(found) <= {"vfs_read", "vfs_write", "ksys_read"}
    times = [function.time for function in found.values()]
    assert times == sorted(times, reverse=True)
    for function in found.values():
        assert function.average == pytest.approx(function.time / function.hits, abs=0.01)
    both = [read(client, cpu) for cpu in (0, 1)]
    for here in both:
        if "vfs_read" in here:
            assert here["ksys_read"].time > here["vfs_read"].time
    before = both
    client.cat("current_tracer")
    assert [read(client, cpu) for cpu in (0, 1)] == before  # it is off
    client.echo(1, "function_profile_enabled")
    client.echo(0, "function_profile_enabled")
    assert hits(client, "vfs_read") == 0  # and begins anew


def test_without_graph_time_a_function_is_charged_for_itself(client: Process) -> None:
    client.echo("vfs_read ksys_read", "set_ftrace_filter")
    client.echo(0, "options/graph-time")
    client.echo(1, "function_profile_enabled")
    for _ in range(8):
        client.cat("set_ftrace_filter")  # vfs_read takes long, ksys_read itself does not
    client.echo(0, "function_profile_enabled")
    for found in (read(client, 0), read(client, 1)):
        if "vfs_read" in found:
            assert found["ksys_read"].time < found["vfs_read"].time


def test_the_variance(system: System, client: Process) -> None:
    client.echo("vfs_read", "set_ftrace_filter")
    client.echo(1, "function_profile_enabled")
    for _ in range(9):
        client.cat("available_tracers")
    client.echo(0, "function_profile_enabled")
    backend = system.kernel.traces.backend
    for cpu in (0, 1):
        for record in backend.profiler.records(cpu):
            # From the sums of times and of squares, which the guest has kept.
            square = record.hits * record.time_squared - record.time**2
            assert square >= 0
            if record.hits > 1:
                expected = square / (record.hits * (record.hits - 1)) / 1e6
                assert read(client, cpu)["vfs_read"].variance == pytest.approx(expected, 0.01, 0.01)


def test_only_slow_functions(client: Process) -> None:
    client.echo(1, "function_profile_enabled")
    client.workload("vfs", 5)
    client.echo(0, "function_profile_enabled")
    everything = read(client, 0) | read(client, 1)
    client.echo(100, "tracing_thresh")
    slow = read(client, 0) | read(client, 1)
    client.echo(0, "tracing_thresh")
    assert len(slow) < len(everything)
    assert all(function.average >= 100 for function in slow.values())


def test_one_user_of_returns_at_a_time(client: Process) -> None:
    client.echo(1, "function_profile_enabled")
    with refused(errno.EBUSY):
        client.echo("function_graph", "current_tracer")
    client.echo("function", "current_tracer")
    client.echo("vfs_read", "set_ftrace_filter")
    client.echo("", "trace")
    client.cat("current_tracer")
    client.echo(0, "function_profile_enabled")
    assert {line.function for line in client.trace()} == {"vfs_read"}
    client.echo("function_graph", "current_tracer")
    with refused(errno.EBUSY):
        client.echo(1, "function_profile_enabled")
    assert client.cat("function_profile_enabled") == "0\n"
    client.echo("", "trace")
    client.cat("current_tracer")
    assert "vfs_read();" in client.cat("trace")
