"""The machine's own files: what they tell, and that they are no part of what is traced."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from tests.kernel.client import Process, refused
from tracefs.kernel.boot import System

Spawn = Callable[..., Process]

WORKLOADS = ("calls", "deep", "fork", "irqsoff", "pipe", "random", "slab", "sort", "string", "vfs")


def test_the_machines_files_are_not_traced(client: Process) -> None:
    client.cat("tracing_on")
    client.echo("vfs_open vfs_read vfs_write iterate_dir", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    client.put("", "trace")
    client.cat("tracing_on")
    count = len(client.trace())
    assert count
    client.cat(".machine/cpus")
    client.ls(".machine")
    client.ls(".machine/proc")
    after = client.trace()
    assert not [line for line in after[count:] if line.function == "iterate_dir"]


def test_cpus_are_described(client: Process) -> None:
    text = client.cat(".machine/cpus")
    assert text.count("online=1") == 2
    assert "rip=0xffffffff" in text


def test_text_is_disassembled_as_it_is_now(client: Process) -> None:
    first = client.cat(".machine/text/vfs_read").splitlines()[0]
    assert "nop" in first
    client.echo("vfs_read", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    assert "call" in client.cat(".machine/text/vfs_read").splitlines()[0]
    client.echo("nop", "current_tracer")
    assert client.cat(".machine/text/vfs_read").splitlines()[0] == first
    with refused(errno.ENOENT):
        client.cat(".machine/text/no_such_function")


def test_records_show_bytes_and_flags(client: Process) -> None:
    def record() -> str:
        lines = client.cat(".machine/records").splitlines()
        return next(line for line in lines if line.endswith(" vfs_read"))

    before = record()
    client.echo("vfs_read", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    assert record() != before
    client.echo("nop", "current_tracer")
    assert record() == before


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_has_the_same_result_traced(client: Process, name: str) -> None:
    plain = client.workload(name, 3)
    client.echo("function", "current_tracer")
    assert client.workload(name, 3) == plain
    client.echo("nop", "current_tracer")
    assert client.workload(name, 3) == plain
    assert plain != client.workload(name, 4) or name == "fork"


def test_a_workload_that_sleeps_takes_its_time(system: System, client: Process) -> None:
    began = system.machine.clock.now()
    client.workload("sleep", 3, 20_000)
    assert 60e6 <= system.machine.clock.now() - began < 1e9


def test_unknown_workloads_are_refused(client: Process) -> None:
    with refused(errno.ENOENT):
        client.echo("no_such_workload 1", ".machine/workload")
    with refused(errno.EINVAL):
        client.echo("calls", ".machine/workload")


def test_nmis_while_idle_and_while_tracing(client: Process) -> None:
    assert client.workload("calls", 1)
    client.echo("", ".machine/nmi")
    client.echo("function", "current_tracer")
    for _ in range(5):
        client.echo("", ".machine/nmi")
        client.echo(1, ".machine/nmi")
    client.echo(0, "tracing_on")
    assert any("n" in line.flags.lower() or "z" in line.flags.lower() for line in client.trace())
    with refused(errno.EINVAL):
        client.echo(2, ".machine/nmi")


def test_the_schedule_of_a_live_machine_is_empty(client: Process) -> None:
    assert client.cat(".machine/schedule") == ""
