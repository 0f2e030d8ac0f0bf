"""snapshot: a second buffer that changes places with the first."""

from __future__ import annotations

import errno
import os

import pytest

from tests.control.client import Client, refused
from tests.control.fake import FakeKernel
from tracefs.control import Tree
from tracefs.control.handle import POLLIN
from tracefs.trace.array import TraceArray

HEAD = """\
# tracer: nop
#
#
# * Snapshot is {} *
#
# Snapshot commands:
"""
HELP = """\
# echo 0 > snapshot : Clears and frees snapshot buffer
# echo 1 > snapshot : Allocates snapshot buffer, if not already allocated.
#                      Takes a snapshot of the main buffer.
# echo 2 > snapshot : Clears snapshot buffer (but does not allocate or free)
#                      (Doesn't have to be '2' works with any number that
#                       is not a '0' or '1')
"""
CPU_HELP = """\
# echo 0 > snapshot : Invalid for per_cpu snapshot file.
# echo 1 > snapshot : Allocates snapshot buffer, if not already allocated.
#                      Takes a snapshot of the main buffer for this cpu.
# echo 2 > snapshot : Clears this cpu's snapshot buffer (but does not allocate)
#                      (Doesn't have to be '2' works with any number that
#                       is not a '0' or '1')
"""


def marks(text: str) -> list[str]:
    """The markers in a trace."""
    return [line.split("write: ")[1] for line in text.splitlines() if "_mark_write: " in line]


def test_help(here: Client) -> None:
    assert here.cat("snapshot") == HEAD.format("freed") + HELP
    assert here.cat("per_cpu/cpu1/snapshot") == HEAD.format("freed") + CPU_HELP
    here.echo("1", "snapshot")
    assert here.cat("snapshot") == HEAD.format("allocated") + HELP
    assert here.cat("per_cpu/cpu1/snapshot") == HEAD.format("allocated") + CPU_HELP


def test_the_buffers_change_places(here: Client) -> None:
    here.echo("before", "trace_marker")
    here.echo("1", "snapshot")
    assert marks(here.cat("snapshot")) == ["before"]
    assert "entries-written: 1/1 " in here.cat("snapshot")
    assert marks(here.cat("trace")) == []
    here.echo("after", "trace_marker")
    here.echo("1", "snapshot")
    assert marks(here.cat("snapshot")) == ["after"]
    assert marks(here.cat("trace")) == ["before"]


def test_per_cpu(here: Client, kernel: FakeKernel) -> None:
    for cpu in (0, 1):
        kernel.backend.cpu = cpu
        here.echo(f"cpu {cpu}", "trace_marker")
    here.echo("1", "snapshot")
    assert marks(here.cat("per_cpu/cpu0/snapshot")) == ["cpu 0"]
    here.echo("2", "per_cpu/cpu0/snapshot")
    assert "allocated" in here.cat("per_cpu/cpu0/snapshot")
    assert marks(here.cat("snapshot")) == ["cpu 1"]


def test_numbers(here: Client, tr: TraceArray) -> None:
    here.echo("x", "trace_marker")
    here.echo("2", "snapshot")
    assert not tr.snapshot.allocated
    here.echo("1", "snapshot")
    here.echo("7", "snapshot")
    assert tr.snapshot.allocated
    assert marks(here.cat("snapshot")) == marks(here.cat("trace")) == []
    here.echo("0", "snapshot")
    assert not tr.snapshot.allocated


@pytest.mark.parametrize("text", ["-1", "foo", "", "0x1"])
def test_no_numbers(here: Client, text: str) -> None:
    assert here.fails(text, "snapshot") == "EINVAL"


def test_one_cpu_alone_is_exchanged(here: Client, kernel: FakeKernel) -> None:
    for cpu in (0, 1):
        kernel.backend.cpu = cpu
        here.echo(f"cpu {cpu}", "trace_marker")
    here.echo("1", "per_cpu/cpu1/snapshot")
    assert marks(here.cat("snapshot")) == ["cpu 1"]
    assert marks(here.cat("trace")) == ["cpu 0"]
    for file, value in (("tracing_on", 0), ("tracing_cpumask", 1)):
        before = here.cat(file)
        here.echo(f"{value}", file)
        here.echo("1", "per_cpu/cpu1/snapshot")  # not while nothing is recorded there
        here.put(file, before.encode())
        assert marks(here.cat("snapshot")) == ["cpu 1"]


def test_only_the_main_file_frees(here: Client) -> None:
    assert here.fails("0", "per_cpu/cpu0/snapshot") == "EINVAL"


def test_truncating_empties_nothing(here: Client) -> None:
    here.echo("x", "trace_marker")
    here.open("snapshot", os.O_WRONLY | os.O_TRUNC).close()
    assert marks(here.cat("trace")) == ["x"]


def test_reading_needs_a_descriptor_for_reading(here: Client) -> None:
    file = here.open("snapshot", os.O_WRONLY)
    with refused(errno.EBADF):
        file.read(1)


def test_raw(here: Client) -> None:
    raw = here.open("per_cpu/cpu0/snapshot_raw")
    with pytest.raises(BlockingIOError):
        raw.read(4096)
    here.echo("x", "trace_marker")
    with pytest.raises(BlockingIOError):
        raw.read(4096)
    here.echo("1", "snapshot")
    assert raw.read(4096).startswith(b"page")
    assert raw.handle.poll() & POLLIN  # whatever there is
    raw.close()


def test_another_clock_empties_it(here: Client) -> None:
    here.echo("x", "trace_marker")
    here.echo("1", "snapshot")
    here.echo("global", "trace_clock")
    assert "allocated" in here.cat("snapshot")


def test_an_array_that_goes_frees_it(tree: Tree, kernel: FakeKernel) -> None:
    inside = Client(tree, "/instances/i")
    inside.echo("1", "snapshot")
    found = kernel.traces.find("i")
    assert found is not None
    tree.resolve("/instances").rmdir("i")
    assert not found.snapshot.allocated
