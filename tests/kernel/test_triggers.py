"""Triggers that the guest runs when events happen."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from tests.kernel.client import Process, refused
from tests.kernel.test_events import events

FORK = "events/sched/sched_process_fork"


@pytest.fixture(autouse=True)
def _no_triggers_stay(client: Process) -> Iterator[None]:
    yield
    for event in (FORK, "events/sched/sched_process_exit"):
        for line in client.cat(f"{event}/trigger").splitlines():
            if not line.startswith("#"):
                client.echo("!" + line.partition(":unlimited")[0], f"{event}/trigger")
    assert client.cat("set_event") == ""


def test_traceoff_and_traceon(client: Process) -> None:
    client.echo("traceoff", f"{FORK}/trigger")
    assert client.cat("tracing_on") == "1\n"
    client.workload("fork")
    assert client.cat("tracing_on") == "0\n"
    assert events(client) == []  # the event itself is not recorded
    client.echo("!traceoff", f"{FORK}/trigger")
    client.echo("traceon", f"{FORK}/trigger")
    client.workload("fork")
    assert client.cat("tracing_on") == "1\n"


def test_only_changes_count(client: Process) -> None:
    client.echo("traceoff:2", f"{FORK}/trigger")
    client.workload("fork", 3)
    assert client.cat(f"{FORK}/trigger") == "traceoff:count=1\n"
    client.echo(1, "tracing_on")
    client.workload("fork")
    assert client.cat("tracing_on") == "0\n"
    client.echo(1, "tracing_on")
    client.workload("fork")
    assert client.cat("tracing_on") == "1\n"
    assert client.cat(f"{FORK}/trigger") == "traceoff:count=0\n"


def test_filters_decide_also_while_tracing_is_off(client: Process) -> None:
    client.echo("traceoff if parent_pid == 0", f"{FORK}/trigger")
    client.workload("fork")
    assert client.cat("tracing_on") == "1\n"
    client.echo("!traceoff", f"{FORK}/trigger")
    client.echo(0, "tracing_on")
    client.echo(f"traceon if parent_pid == {client.pid}", f"{FORK}/trigger")
    client.workload("fork")
    assert client.cat("tracing_on") == "1\n"
    client.echo(0, "tracing_on")
    client.echo("!traceon", f"{FORK}/trigger")
    client.echo("traceon if parent_pid == 0", f"{FORK}/trigger")
    client.workload("fork")
    assert client.cat("tracing_on") == "0\n"


def test_stacktrace(client: Process) -> None:
    client.echo("stacktrace:2", f"{FORK}/trigger")
    client.workload("fork", 3)
    lines = client.cat("trace").splitlines()
    starts = [at for at, line in enumerate(lines) if line.endswith(": <stack trace>")]
    assert len(starts) == 2
    for at in starts:
        stack = [line.removeprefix(" => ") for line in lines[at + 1 : at + 4]]
        if stack[1] == "__traceiter_sched_process_fork":  # there while anybody else has a probe
            del stack[1]
        assert stack[:2] == ["trace_event_raw_event_sched_process_fork", "kernel_clone"]


def test_snapshot(client: Process) -> None:
    client.echo("snapshot:1", f"{FORK}/trigger")
    client.echo("before", "trace_marker")
    client.workload("fork", 2)
    client.echo("after", "trace_marker")
    assert "before" in client.cat("snapshot")
    assert "before" not in client.cat("trace")
    assert "after" in client.cat("trace")
    assert client.cat(f"{FORK}/trigger") == "snapshot:count=0\n"
    client.echo(0, "snapshot")


def test_events_that_enable_others(client: Process) -> None:
    other = "events/raw_syscalls/sys_enter/enable"
    client.echo("enable_event:raw_syscalls:sys_enter:1", f"{FORK}/trigger")
    assert client.cat(other) == "0*\n"
    client.cat("tracing_on")
    assert events(client, "sys_enter") == []
    client.workload("fork")
    assert client.cat(other) == "1*\n"
    client.cat("tracing_on")
    assert events(client, "sys_enter")
    client.echo("disable_event:raw_syscalls:sys_enter", "events/sched/sched_process_exit/trigger")
    client.workload("fork")
    assert client.cat(other) == "0*\n"
    client.echo("!disable_event:raw_syscalls:sys_enter", "events/sched/sched_process_exit/trigger")
    client.echo("!enable_event:raw_syscalls:sys_enter", f"{FORK}/trigger")
    assert client.cat(other) == "0\n"


def test_the_event_is_recorded_beside(client: Process) -> None:
    client.echo(1, f"{FORK}/enable")
    client.echo("stacktrace if child_pid == 0", f"{FORK}/trigger")
    client.workload("fork", 2)
    assert len(events(client, "sched_process_fork")) == 2
    assert "<stack trace>" not in client.cat("trace")
    client.echo(0, f"{FORK}/enable")
    client.workload("fork", 2)
    assert len(events(client, "sched_process_fork")) == 2


def test_functions_that_enable_events(client: Process) -> None:
    other = "events/raw_syscalls/sys_enter/enable"
    client.echo("kernel_clone:enable_event:raw_syscalls:sys_enter", "set_ftrace_filter")
    assert client.cat("set_ftrace_filter").endswith(
        "\nkernel_clone:enable_event:raw_syscalls:sys_enter:unlimited\n"
    )
    assert client.cat(other) == "0*\n"
    client.cat("tracing_on")
    assert events(client, "sys_enter") == []
    client.workload("fork")
    assert client.cat(other) == "1*\n"
    assert events(client, "sys_enter")
    client.echo("do_exit:disable_event:raw_syscalls:sys_enter:1", "set_ftrace_filter")
    client.workload("fork", 2)
    assert client.cat(other) == "1*\n"
    assert "do_exit:disable_event:raw_syscalls:sys_enter:count=0\n" in client.cat(
        "set_ftrace_filter"
    )
    with refused(errno.ENODEV):
        client.echo("!do_exit:disable_event:raw_syscalls:sys_enter", "set_ftrace_filter")
    client.echo("!do_exit:disable_event:raw_syscalls:sys_enter:0", "set_ftrace_filter")
    client.echo("!kernel_clone:enable_event:raw_syscalls:sys_enter", "set_ftrace_filter")
    assert client.cat(other) == "1\n"
    client.echo(0, other)
    assert client.cat("set_event") == ""


@pytest.mark.parametrize(
    "parameters", ["", ":sched", ":sched:nosuch", ":nosuch:nosuch", ":sched:sched_switch:x"]
)
def test_functions_know_events_by_name(client: Process, parameters: str) -> None:
    with refused(errno.EINVAL):
        client.echo(f"vfs_open:enable_event{parameters}", "set_ftrace_filter")
    assert "enable_event" not in client.cat("set_ftrace_filter")
    assert client.cat("set_event") == ""


def test_markers_trigger(client: Process) -> None:
    path = "events/ftrace/print/trigger"
    client.echo('traceoff if buf == "stop"', path)
    client.echo("stop", "trace_marker")  # with its newline
    assert client.cat("tracing_on") == "1\n"
    client.put("stop", "trace_marker")
    assert client.cat("tracing_on") == "0\n"
    client.echo(1, "tracing_on")
    client.echo("!traceoff", path)
    assert client.cat(path).startswith("# Available triggers:\n")
    client.put("stop", "trace_marker")
    assert client.cat("tracing_on") == "1\n"
