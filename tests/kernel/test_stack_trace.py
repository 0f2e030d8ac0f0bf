"""The stack tracer on the booted guest."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.kernel.client import Client, Process, refused
from tracefs.kernel.boot import System

ENABLED = ".machine/proc/sys/kernel/stack_tracer_enabled"
THREAD_SIZE = 16384
DISABLED = """\
        Depth    Size   Location    (0 entries)
        -----    ----   --------
#
#  Stack tracer disabled
#
# To enable the stack tracer, either add 'stacktrace' to the
# kernel command line
# or 'echo 1 > /proc/sys/kernel/stack_tracer_enabled'
#
"""


class Entry(NamedTuple):
    """A line."""

    depth: int
    size: int
    function: str
    offset: int


@pytest.fixture(autouse=True)
def _off(system: System) -> Iterator[None]:
    yield
    client = Client(system.service)
    client.echo(0, ENABLED)
    client.echo(0, "stack_max_size")
    client.echo("", "stack_trace_filter")


def read(client: Client) -> list[Entry]:
    """The deepest stack."""
    head, _, *lines = client.cat("stack_trace").splitlines()
    count = re.fullmatch(r"        Depth    Size   Location    \((\d+) entries\)", head)
    assert count is not None, head
    assert len(lines) == int(count[1])
    found = []
    for number, line in enumerate(lines):
        match = re.fullmatch(r"( *\d+)\) +(\d+) +(\d+)   ([\w.]+)\+(0x\w+)/0x\w+", line)
        assert match is not None, line
        assert match[1] == f"{number:3d}"
        found.append(Entry(int(match[2]), int(match[3]), match[4], int(match[5], 16)))
    return found


def measure(client: Process, *functions: str) -> list[Entry]:
    """The deepest stack of some system calls, at these functions."""
    client.echo(" ".join(functions), "stack_trace_filter")
    client.echo(0, "stack_max_size")
    client.echo(1, ENABLED)
    client.cat("current_tracer")
    client.echo(0, ENABLED)
    return read(client)


def test_nothing_yet(boot: Callable[..., System]) -> None:
    client = Client(boot(seed=1).service)
    assert client.cat("stack_trace") == DISABLED
    assert client.cat("stack_max_size") == "0\n"
    assert client.cat("stack_trace_filter") == "#### all functions enabled ####\n"
    assert client.cat(ENABLED) == "0\n"
    with refused(errno.EINVAL):
        client.echo("foo", "stack_max_size")
    with refused(errno.EINVAL):
        client.echo("nosuch", "stack_trace_filter")


def test_the_stack_of_a_system_call(client: Process) -> None:
    found = measure(client, "vfs_read")
    assert [entry.function for entry in found] == [
        "vfs_read",
        "ksys_read",
        "do_syscall_64",
        "entry_SYSCALL_64_after_hwframe",
    ]
    assert found[0].offset == 5  # behind the call site, which is the first instruction
    assert client.cat("stack_max_size") == f"{found[0].depth}\n"
    depths = [entry.depth for entry in found]
    assert depths == sorted(depths, reverse=True)
    assert all(depth % 8 == 0 for depth in depths)
    assert [entry.size for entry in found] == [
        depth - outer for depth, outer in zip(depths, [*depths[1:], 0], strict=True)
    ]
    # What entry_64.S pushes: struct pt_regs, and the return address of its call.
    assert found[-1].size == 176


def test_only_deeper_stacks_are_kept(client: Process) -> None:
    shallow = measure(client, "ksys_read")
    assert shallow[0].function == "ksys_read"
    client.echo("vfs_read", "stack_trace_filter")
    client.echo(1, ENABLED)
    client.cat("current_tracer")
    assert read(client)[0].function == "vfs_read"
    assert read(client)[0].depth > shallow[0].depth
    client.echo("ksys_read", "stack_trace_filter")
    client.cat("current_tracer")
    assert read(client)[0].function == "vfs_read"
    client.echo(0, "stack_max_size")
    client.cat("current_tracer")
    assert read(client) == shallow


def test_all_functions(client: Process) -> None:
    client.echo(1, ENABLED)
    client.workload("vfs", 5)
    assert client.cat(ENABLED) == "1\n"
    client.echo(0, ENABLED)
    found = read(client)
    assert len(found) > 5
    assert found[0].depth < THREAD_SIZE
    assert all(entry.size > 0 for entry in found)
    assert client.cat("enabled_functions") == ""


@pytest.mark.parametrize("tracer", ["function", "function_graph"])
def test_beside_a_tracer(client: Process, tracer: str) -> None:
    """Each has its own filter; return addresses that are hooked are told as what they were."""
    client.echo("ksys_read vfs_read", "set_ftrace_filter")
    client.echo(tracer, "current_tracer")
    found = measure(client, "vfs_read")
    assert [entry.function for entry in found][:3] == ["vfs_read", "ksys_read", "do_syscall_64"]
    text = client.cat("trace")
    body = [line for line in text.splitlines() if not line.startswith("#")]
    assert body
    assert all(re.search(r"ksys_read|vfs_read|\}|^ -|=>|^$", line) for line in body)


def test_at_boot(boot: Callable[..., System]) -> None:
    client = Client(boot(append="stacktrace stacktrace_filter=vfs_read", seed=1).service)
    assert client.cat(ENABLED) == "1\n"
    client.cat("current_tracer")
    assert read(client)[0].function == "vfs_read"
