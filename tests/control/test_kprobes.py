"""kprobe_events, kprobe_profile, dynamic_events, and the events that they make."""

from __future__ import annotations

import errno

import pytest

from tests.control.client import Client, refused
from tests.control.fake import FakeKernel


def add(top: Client, text: str, name: str = "kprobe_events") -> None:
    """``echo TEXT >> NAME``."""
    top.echo(text, name, append=True)


def test_an_event_appears_and_goes(top: Client, kernel: FakeKernel) -> None:
    add(top, "p:myread vfs_read file=%di n=+8($arg2):u8")
    add(top, "r5:grp/ret do_exit $retval")
    lines = "p:kprobes/myread vfs_read file=%di n=+8($arg2):u8\nr5:grp/ret do_exit arg1=$retval\n"
    assert top.cat("kprobe_events") == top.cat("dynamic_events") == lines
    assert top.cat("events/kprobes/myread/id") == "24\n"
    assert top.cat("events/grp/ret/format").endswith(
        "\tfield:unsigned long __probe_func;\toffset:8;\tsize:8;\tsigned:0;\n"
        "\tfield:unsigned long __probe_ret_ip;\toffset:16;\tsize:8;\tsigned:0;\n"
        "\tfield:u64 arg1;\toffset:24;\tsize:8;\tsigned:0;\n\n"
        'print fmt: "(%lx <- %lx) arg1=0x%Lx", REC->__probe_func, REC->__probe_ret_ip, REC->arg1\n'
    )
    assert "kprobes:myread\n" in top.cat("available_events")
    top.echo("", "kprobe_events")
    assert top.cat("kprobe_events") == ""
    with refused(errno.ENOENT):
        top.cat("events/kprobes/myread/id")
    assert all(probe.freed for probe in kernel.events.probes.made)


def test_an_enabled_one_is_busy(top: Client, kernel: FakeKernel) -> None:
    add(top, "p:a vfs_read")
    add(top, "p:b do_exit")
    top.echo("1", "events/kprobes/a/enable")
    assert [probe.armed for probe in kernel.events.probes.made] == [True, False]
    with refused(errno.EBUSY):
        top.echo("", "kprobe_events")
    with refused(errno.EBUSY):
        add(top, "-:a")
    assert len(top.cat("kprobe_events").splitlines()) == 2
    top.echo("0", "events/kprobes/a/enable")
    add(top, "-:a")
    assert top.cat("kprobe_events") == "p:kprobes/b do_exit\n"


def test_several_probes_of_an_event(top: Client, kernel: FakeKernel) -> None:
    add(top, "p:t vfs_read")
    add(top, "p:t do_exit")
    with refused(errno.EEXIST):
        add(top, "r:t do_exit")
    with refused(errno.EEXIST):
        add(top, "p:t vfs_read a=%di")
    with refused(errno.EEXIST):
        add(top, "p:t vfs_read")
    top.echo("1", "events/kprobes/t/enable")
    assert all(probe.armed for probe in kernel.events.probes.made)
    top.echo("0", "events/kprobes/t/enable")
    add(top, "-:t vfs_read")
    assert top.cat("kprobe_events") == "p:kprobes/t do_exit\n"
    add(top, "-:t")
    assert top.cat("kprobe_events") == ""
    log = top.cat("error_log")
    assert (
        "Probe type is different from existing probe\n  Command: r:t do_exit\n           ^" in log
    )
    assert "  Command: p:t vfs_read a=%di\n                        ^\n" in log
    assert "There is already the exact same probe event" in log


@pytest.mark.parametrize(
    ("line", "number", "text", "at"),
    [
        ("p:t vfs_read%foo", errno.EINVAL, "Invalid probed address suffix", 12),
        ("p:t notrace_function", errno.ENOENT, "Invalid probed address or symbol", 4),
        ("p:t vfs_read+3", errno.EILSEQ, "Probe point is not an instruction boundary", 4),
        ("p:t vfs_read a=$argX", errno.EINVAL, "Invalid $-variable specified", 15),
        ("p:sched/sched_switch vfs_read", errno.EEXIST, "Given group/event name is", 0),
    ],
)
def test_errors_are_logged(top: Client, line: str, number: int, text: str, at: int) -> None:
    with refused(number):
        add(top, line)
    log = top.cat("error_log")
    assert f"trace_kprobe: error: {text}" in log
    assert f"  Command: {line}\n{' ' * (11 + at)}^\n" in log
    assert top.cat("kprobe_events") == ""


@pytest.mark.parametrize("line", ["x vfs_read", "p", "p:t", "-", "-:", "!p:t vfs_read"])
def test_commands_that_are_none(top: Client, line: str) -> None:
    with refused(errno.EINVAL):
        add(top, line)
    assert "trace_kprobe" not in top.cat("error_log")


def test_lines_and_comments(top: Client) -> None:
    add(top, "p:a vfs_read\n# p:b do_exit\n\np:c do_exit # trailing")
    assert top.cat("kprobe_events") == "p:kprobes/a vfs_read\np:kprobes/c do_exit\n"
    with refused(errno.ENOENT):
        add(top, "-:b")
    with refused(errno.EINVAL):
        add(top, "x" * 5000)


def test_a_module_that_is_not_there_is_waited_for(top: Client, kernel: FakeKernel) -> None:
    add(top, "p:later nosuch:function")
    assert top.cat("kprobe_events") == "p:kprobes/later nosuch:function\n"
    assert kernel.events.probes.made == []
    top.echo("1", "events/kprobes/later/enable")


def test_a_line_removes_what_it_made(top: Client) -> None:
    add(top, "p:a vfs_read x=%di", "dynamic_events")
    with refused(errno.ENOENT):
        add(top, "!p:a do_exit", "dynamic_events")
    add(top, "!p:a vfs_read x=%di", "dynamic_events")
    add(top, "p:mine/ vfs_read", "dynamic_events")
    assert top.cat("dynamic_events") == "p:mine/p_vfs_read_0 vfs_read\n"
    add(top, "-:mine/", "dynamic_events")
    assert top.cat("dynamic_events") == ""


def test_the_profile(top: Client, kernel: FakeKernel) -> None:
    add(top, "p:a vfs_read")
    kernel.events.probes.made[0].hits = 5
    assert top.cat("kprobe_profile") == f"  {'a':<44} {5:15d} {0:15d}\n"
