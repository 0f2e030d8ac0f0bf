"""Commands in set_ftrace_filter on the booted guest."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from tests.kernel.client import Client, Process, refused
from tracefs.kernel.boot import System

ALL = "#### all functions enabled ####\n"


@pytest.fixture(autouse=True)
def _clean(system: System) -> Iterator[None]:
    """No probe and no snapshot is left."""
    yield
    system.kernel.traces.top.function_probes.clear()
    Client(system.service).echo(0, "snapshot")


@pytest.fixture(params=["top", "instance"])
def here(request: pytest.FixtureRequest, client: Process) -> Client:
    """The top directory, and an instance's."""
    if request.param == "top":
        return client
    client.service.mkdir("/instances/p", 0o755, client.caller)
    return client.instance("p")


def probes(here: Client) -> list[str]:
    """What set_ftrace_filter lists behind its functions."""
    text = here.cat("set_ftrace_filter")
    return [line for line in text.splitlines() if ":" in line]


def test_traceoff_and_traceon(here: Client) -> None:
    here.echo("vfs_read:traceoff", "set_ftrace_filter")
    here.cat("buffer_percent")
    assert here.cat("tracing_on") == "0\n"
    assert here.cat("set_ftrace_filter") == ALL + "vfs_read:traceoff:unlimited\n"
    here.echo("!vfs_read:traceoff", "set_ftrace_filter")
    assert here.cat("set_ftrace_filter") == ALL
    here.echo("vfs_read:traceon", "set_ftrace_filter")
    assert here.cat("tracing_on") == "1\n"
    here.echo("!vfs_read:traceon", "set_ftrace_filter")
    here.echo(0, "tracing_on")
    assert here.cat("tracing_on") == "0\n"


def test_a_count_goes_down_when_tracing_changes(here: Client) -> None:
    here.echo("vfs_open:traceoff:3", "set_ftrace_filter")
    for _ in range(2):
        assert probes(here) == ["vfs_open:traceoff:count=2"]
    for left in (1, 0, 0):
        here.echo(1, "tracing_on")
        assert probes(here) == [f"vfs_open:traceoff:count={left}"]
    assert here.cat("tracing_on") == "1\n"


def test_where_the_sites_call(client: Process) -> None:
    client.echo("vfs_read:traceoff", "set_ftrace_filter")
    line = client.cat("enabled_functions")
    assert line.startswith("vfs_read (1)      \ttramp: 0xffffffffc")
    name = "function_trace_probe_call+0x0/0x"
    assert f"({name}" in line
    assert f"->{name}" in line
    client.echo("!vfs_read:traceoff", "set_ftrace_filter")
    assert client.cat("enabled_functions") == ""


def test_beside_the_function_tracer(client: Process) -> None:
    client.echo("vfs_read:traceoff:1", "set_ftrace_filter")
    client.echo("vfs_read", "set_ftrace_filter", append=True)
    client.echo("function", "current_tracer")  # the newest is called first
    client.cat("buffer_percent")
    assert client.cat("tracing_on") == "0\n"
    lines = [line for line in client.cat("trace").splitlines() if "vfs_read <-ksys_read" in line]
    assert len(lines) == 1
    assert "ftrace_ops_list_func" in client.cat("enabled_functions")


def test_stacktrace(here: Client) -> None:
    here.echo("vfs_read:stacktrace:2", "set_ftrace_filter")
    with here.open("buffer_percent") as file:
        for _ in range(4):
            file.read()
    assert probes(here) == ["vfs_read:stacktrace:count=0"]
    lines = [line for line in here.cat("trace").splitlines() if not line.startswith("#")]
    stack = ["vfs_read", "ksys_read", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"]
    assert [line.rpartition(": ")[2] for line in lines] == 2 * [
        "<stack trace>",
        *(f" => {name}" for name in stack),
    ]


def test_stacks_cost_nothing_while_tracing_is_off(here: Client) -> None:
    here.echo(0, "tracing_on")
    here.echo("vfs_read:stacktrace:2", "set_ftrace_filter")
    here.cat("buffer_percent")
    assert probes(here) == ["vfs_read:stacktrace:count=2"]


def test_snapshot(here: Client) -> None:
    here.echo("first", "trace_marker")
    here.echo("vfs_read:snapshot:1", "set_ftrace_filter")
    assert probes(here) == ["vfs_read:snapshot:count=0"]
    here.echo("!vfs_read:snapshot:0", "set_ftrace_filter")
    assert "first" in here.cat("snapshot")
    assert "first" not in here.cat("trace")


def test_dump(client: Process) -> None:
    client.echo("dumped line", "trace_marker")
    client.echo("vfs_read:dump", "set_ftrace_filter")
    client.cat("buffer_percent")
    assert probes(client) == ["vfs_read:dump:count=0"]
    assert client.cat("tracing_on") == "0\n"
    log = client.cat(".machine/dmesg").partition("Dumping ftrace buffer:\n")[2].splitlines()
    assert log[0].endswith("] " + "-" * 33)
    assert log[1].endswith(": tracing_mark_write: dumped line")
    assert log[2].endswith("] " + "-" * 33)
    assert "dumped line" not in client.cat("trace")


def test_cpudump_comes_every_time(client: Process) -> None:
    def dumps() -> int:
        return client.cat(".machine/dmesg").count("Dumping ftrace buffer:")

    before = dumps()
    client.echo("vfs_open:cpudump", "set_ftrace_filter")
    assert probes(client) == ["vfs_open:cpudump:unlimited"]
    client.echo("!vfs_open:cpudump", "set_ftrace_filter")
    assert probes(client) == []
    assert dumps() == before + 2
    assert "   (ftrace buffer empty)" in client.cat(".machine/dmesg")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("vfs_open:traceoff:x", errno.EINVAL),
        ("vfs_open:traceoff:-1", errno.EINVAL),
        ("vfs_open:traceoff:18446744073709551616", errno.ERANGE),
        ("vfs_open:nosuchcmd", errno.EINVAL),
        ("nosuch:traceoff", errno.EINVAL),
        ("nosuch:snapshot", errno.EINVAL),
        ("!vfs_open:traceoff", errno.ENODEV),
    ],
)
def test_errors(here: Client, text: str, number: int) -> None:
    with refused(number):
        here.echo(text, "set_ftrace_filter")
    assert here.cat("set_ftrace_filter") == ALL


def test_not_in_notrace(here: Client) -> None:
    for text in ("vfs_open:traceoff", "!vfs_open:traceoff"):
        with refused(errno.EINVAL):
            here.echo(text, "set_ftrace_notrace")


def test_removing_some(here: Client) -> None:
    here.echo("vfs_*:traceoff:0", "set_ftrace_filter")
    listed = probes(here)
    assert len(listed) > 20
    assert listed != sorted(listed)
    with refused(errno.ENODEV):
        here.echo("!vfs_r*:traceoff", "set_ftrace_filter")
    with refused(errno.EINVAL):
        here.echo("!nosuch*:traceoff:0", "set_ftrace_filter")
    here.echo("!vfs_r*:traceoff:0", "set_ftrace_filter")
    left = [line for line in listed if not line.startswith("vfs_r")]
    assert sorted(probes(here)) == sorted(left)
    here.echo("!*:traceoff:0", "set_ftrace_filter")
    assert probes(here) == []


def test_more_functions_join_with_their_own_count(here: Client) -> None:
    here.echo(0, "tracing_on")
    here.echo("vfs_open:traceoff:2", "set_ftrace_filter")
    here.echo("vfs_open:traceoff:9", "set_ftrace_filter")
    here.echo("vfs_mkdir:traceoff:9", "set_ftrace_filter")
    assert sorted(probes(here)) == ["vfs_mkdir:traceoff:count=9", "vfs_open:traceoff:count=2"]


def test_probes_stay_when_the_filter_is_emptied(here: Client) -> None:
    here.echo(0, "tracing_on")
    here.echo("vfs_open", "set_ftrace_filter")
    here.echo("vfs_open:stacktrace vfs_read:traceoff:5", "set_ftrace_filter", append=True)
    listed = "vfs_read:traceoff:count=5\nvfs_open:stacktrace:unlimited\n"
    assert here.cat("set_ftrace_filter") == "vfs_open\n" + listed
    here.echo("", "set_ftrace_filter")
    assert here.cat("set_ftrace_filter") == ALL + listed


def test_an_instance_takes_its_probes_along(client: Process) -> None:
    client.service.mkdir("/instances/p", 0o755, client.caller)
    here = client.instance("p")
    here.echo("vfs_open:snapshot", "set_ftrace_filter")
    here.echo("vfs_open:traceoff:5", "set_ftrace_filter")
    assert "vfs_open (2)" in client.cat("enabled_functions")
    client.service.rmdir("/instances/p", client.caller)
    assert client.cat("enabled_functions") == ""
