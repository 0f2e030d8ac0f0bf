"""Events of kprobes: what they fetch, beside other users of the same sites."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
from collections.abc import Iterator

import pytest

from tests.kernel.client import Process, refused
from tracefs.kernel.boot import System

ENABLE = "events/kprobes/enable"


@pytest.fixture(autouse=True)
def no_probes(system: System, client: Process) -> Iterator[None]:
    """Leave no probe behind."""
    yield
    with contextlib.suppress(OSError):
        client.echo("ftrace_direct", ".machine/rmmod")
    client.echo("nop", "current_tracer")
    client.echo(0, "events/enable")
    client.echo("", "kprobe_events")


def define(client: Process, *lines: str) -> None:
    """Make these probes, and no others."""
    client.echo("\n".join(lines), "kprobe_events")


def site(system: System, function: str) -> bytes:
    """The bytes at a function's begin."""
    address = system.kallsyms.addr(function)
    assert address is not None
    return system.memory.read(address, 5)


def wake(client: Process, *wanted: str) -> str:
    """The trace, once tasks have been woken and all of that is in it: not every round wakes one."""
    for _ in range(200):
        client.workload("pipe", 3)
        text = client.cat("trace")
        if all(seen in text for seen in wanted):
            return text
    raise AssertionError(f"{wanted} not in {text}")


def hits(client: Process, event: str) -> list[str]:
    """What an event's lines say."""
    return re.findall(rf": {event}: (.*)", client.cat("trace"))


def test_a_probe_at_an_entry_rides_on_ftrace(system: System, client: Process) -> None:
    nop = site(system, "vfs_open")
    define(client, "p:open vfs_open")
    assert site(system, "vfs_open") == nop
    client.echo(1, ENABLE)
    assert site(system, "vfs_open")[0] == 0xE8
    (line,) = client.cat("enabled_functions").splitlines()
    assert re.match(r"vfs_open \(1\) R .*tramp: .*\(kprobe_ftrace_handler\+0x0/", line)
    client.workload("vfs", 2)
    assert hits(client, "open")[0].startswith("(vfs_open+0x0/0x")
    client.echo(0, ENABLE)
    assert site(system, "vfs_open") == nop
    assert client.cat("enabled_functions") == ""


def test_values_are_the_true_ones(system: System, client: Process) -> None:
    """The same value in each form; a string is the path that the call was given."""
    define(
        client,
        "p:open do_sys_openat2 dfd=$arg1:s32 x=$arg1:x32 reg=%di:s32 path=+0($arg2):string"
        " user=+0(%si):ustring first=+0($arg2):u8 four=+0($arg2):x8[4] low=%di:b8@0/16"
        " comm=$comm caller=$stack0:symbol sp=$stack top=+0($stack):x64 same=$stack0"
        ' imm=\\-3:s32 text=\\"a" bad=+0(\\0):string func=@kprobe_ftrace_ops:symbol',
    )
    client.echo(1, "events/kprobes/open/enable")
    client.cat("buffer_size_kb")
    (line,) = [h for h in hits(client, "open") if "buffer_size_kb" in h]
    values = dict(re.findall(r' (\w+)=("[^"]*"|\S+)', line))
    path = "/sys/kernel/tracing/buffer_size_kb"
    assert values["dfd"] == values["reg"] == "-100"
    assert values["x"] == f"{-100 & 0xFFFFFFFF:#x}"
    assert values["low"] == f"{-100 & 0xFF}"
    assert values["path"] == values["user"] == f'"{path}"'
    assert values["first"] == str(ord("/"))
    assert values["four"] == "{" + ",".join(f"{ord(c):#x}" for c in path[:4]) + "}"
    assert values["comm"] == '"sleep"'
    assert re.match(r"(do_sys_open|__x64_sys_openat)\+0x", values["caller"])
    assert values["top"] == values["same"]
    assert (values["imm"], values["text"]) == ("-3", '"a"')
    assert values["bad"] == "(fault)"
    assert values["func"].startswith("kprobe_ftrace_handler+0x0/")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_beside_a_direct_call_and_a_tracer(
    system: System, client: Process, order: tuple[int, ...]
) -> None:
    nop = site(system, "wake_up_process")
    client.echo("wake_up_process", "set_ftrace_filter")
    define(client, "p:kwake wake_up_process task=$arg1")
    users = (
        (("ftrace_direct", ".machine/insmod"), ("ftrace_direct", ".machine/rmmod"), "waking up"),
        (("1", ENABLE), ("0", ENABLE), "kwake: (wake_up_process"),
        (("function", "current_tracer"), ("nop", "current_tracer"), "wake_up_process <-"),
    )
    for index in order:
        client.echo(*users[index][0])
    wake(client, *(seen for _, _, seen in users))
    for index in order:
        client.echo(*users[index][1])
    assert site(system, "wake_up_process") == nop


@pytest.mark.parametrize("tracer", ["function", "function_graph"])
def test_registers_and_flags_survive(client: Process, tracer: str) -> None:
    plain = client.workload("vfs", 5)
    define(client, "p:close filp_close", "p:read vfs_read %di", "p:open do_sys_openat2 $stack0")
    client.echo(1, ENABLE)
    assert client.workload("vfs", 5) == plain
    client.echo(tracer, "current_tracer")
    assert client.workload("vfs", 5) == plain
    text = client.cat("trace")
    assert " read: (" in text
    assert "copy_from_kernel_nofault" not in text


def test_filters_triggers_and_instances_know_them(system: System, client: Process) -> None:
    define(client, "p:read vfs_read count=$arg3")
    client.echo("count == 64", "events/kprobes/read/filter")
    client.echo(1, "events/kprobes/read/enable")
    client.workload("vfs", 3)
    client.cat("trace")
    assert {h.split("=")[1] for h in hits(client, "read")} == {"0x40"}
    client.echo(0, "events/kprobes/read/enable")
    client.echo("traceoff:1", "events/kprobes/read/trigger")
    client.workload("vfs", 1)
    assert client.cat("tracing_on") == "0\n"
    client.echo("!traceoff", "events/kprobes/read/trigger")
    system.service.mkdir("/instances/k", 0o755, client.caller)
    client.echo("kprobes:read", "instances/k/set_event")
    client.workload("vfs", 1)
    assert " read: (vfs_read" in client.cat("instances/k/trace")
    with refused(errno.EBUSY):
        client.echo("", "kprobe_events")
    system.service.rmdir("/instances/k", client.caller)
    client.echo(1, "tracing_on")


def test_a_removed_event_leaves_nothing(client: Process) -> None:
    define(client, "p:read vfs_read", "p:grp/open vfs_open")
    number = client.cat("events/kprobes/read/id")
    client.echo(1, ENABLE)
    client.workload("vfs", 1)
    client.echo(0, ENABLE)
    assert " read: " in client.cat("trace")
    held = client.open("events/kprobes/read/enable", 1)
    with client.open("dynamic_events", os.O_WRONLY | os.O_APPEND) as appended:
        appended.write(b"-:read\n")
    assert " read: " not in client.cat("trace")
    with refused(errno.ENOENT):
        client.cat("events/kprobes/enable")
    with refused(errno.ENODEV):
        held.write(b"1")
    held.close()
    assert client.cat("kprobe_events") == "p:grp/open vfs_open\n"
    define(client, "p:other vfs_read")
    assert client.cat("events/kprobes/other/id") == number


def test_a_probe_waits_for_its_module(system: System, client: Process) -> None:
    define(client, "p:later dummy:dummy_init", "p:soon ftrace_direct:my_direct_func")
    client.echo(1, ENABLE)
    assert client.cat("enabled_functions") == ""
    client.echo("ftrace_direct", ".machine/insmod")
    wake(client, " soon: (my_direct_func+0x0/")
    client.echo("ftrace_direct", ".machine/rmmod")
    assert "my_direct_func" not in client.cat("enabled_functions")
    client.echo("ftrace_direct", ".machine/insmod")
    assert "my_direct_func" in client.cat("enabled_functions")
    client.echo("ftrace_direct", ".machine/rmmod")


def test_the_profile_counts(client: Process) -> None:
    define(client, "p:read vfs_read")
    client.echo(1, ENABLE)
    client.workload("vfs", 3)
    client.echo(0, ENABLE)
    event, count, missed = client.cat("kprobe_profile").split()
    assert (event, int(count), missed) == ("read", len(hits(client, "read")), "0")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("p:t nosuch", errno.ENOENT),
        ("p:t vfs_read+1", errno.EILSEQ),
        ("p:t kprobe_dispatcher", errno.EINVAL),
        ("p:t exc_int3", errno.EINVAL),
        ("p:t vfs_read @nosuch", errno.ENOENT),
        ("p:syscalls/sys_enter_open vfs_read", errno.EEXIST),
        ("x vfs_read", errno.EINVAL),
        ("-:nosuch", errno.ENOENT),
    ],
)
def test_refused(client: Process, line: str, number: int) -> None:
    with refused(number):
        client.echo(line, "kprobe_events")
    assert client.cat("kprobe_events") == ""


def boundaries(system: System, function: str) -> list[int]:
    """Offsets of a function's instructions behind its site."""
    address = system.kallsyms.addr(function)
    symbol = system.kallsyms.lookup(address or 0)
    assert symbol is not None
    lines = system.arch.disassemble(symbol.addr, symbol.size)
    return [int(line.partition(":")[0], 16) - symbol.addr for line in lines][1:]


@pytest.mark.parametrize("function", ["vfs_read", "vfs_open", "vfs_write", "do_sys_openat2"])
def test_every_instruction_can_be_probed(system: System, client: Process, function: str) -> None:
    """Each is executed elsewhere, and the function does what it does without."""
    plain = client.workload("vfs", 5)
    code = system.memory.read(system.kallsyms.addr(function) or 0, 64)
    made = 0
    for offset in boundaries(system, function):
        with contextlib.suppress(OSError), client.open("kprobe_events", os.O_WRONLY | 0o2000) as f:
            made += f.write(f"p:i{offset} {function}+{offset}\n".encode()) > 0
    assert made > 10
    client.echo(1, ENABLE)
    assert client.workload("vfs", 5) == plain
    first, *_ = client.cat("kprobe_profile").splitlines()
    assert int(first.split()[1]) > 0
    assert f"({function}+0x5/0x" in client.cat("trace")
    client.echo(0, ENABLE)
    assert system.memory.read(system.kallsyms.addr(function) or 0, 64) == code
    assert client.workload("vfs", 5) == plain


def test_returns(system: System, client: Process) -> None:
    """The value is the function's, the place the caller's; several hook one another."""
    plain = client.workload("vfs", 5)
    define(
        client,
        "r:ret vfs_read got=$retval:s64",
        "r:sys ksys_read got=$retval:s64",
        "r5:again vfs_read%return $retval:s64",
        "p:in vfs_read",
    )
    assert client.cat("kprobe_events").startswith("r10:kprobes/ret vfs_read got=$retval:s64\n")
    client.echo(1, ENABLE)
    assert client.workload("vfs", 5) == plain
    client.echo(0, ENABLE)
    ends = hits(client, "ret"), hits(client, "again"), hits(client, "sys")
    assert len(ends[0]) == len(ends[1]) >= 5
    values = [[int(h.split("=")[1]) for h in some] for some in ends]
    assert values[0] == values[1]
    places = {h.split(" <- ")[0] for h in (*ends[0], *ends[1])}
    assert any(p.startswith("(ksys_read+0x") for p in places)
    assert "([unknown/kretprobe'd]" in places
    assert "<- vfs_read) got=" in ends[0][0]


@pytest.mark.parametrize("tracer", ["function", "function_graph"])
@pytest.mark.parametrize("tracer_first", [True, False])
def test_returns_beside_a_tracer(client: Process, tracer: str, tracer_first: bool) -> None:
    plain = client.workload("vfs", 5)
    define(client, "r:ret vfs_read $retval", "r:open do_sys_openat2 $retval:s32")
    begin = [(tracer, "current_tracer"), ("1", ENABLE)]
    for text, name in begin if tracer_first else reversed(begin):
        client.echo(text, name)
    assert client.workload("vfs", 5) == plain
    assert hits(client, "ret") or " ret: (" in client.cat("trace")
    client.echo(0, ENABLE)
    assert client.workload("vfs", 5) == plain


def test_more_calls_at_once_than_can_be_followed_are_missed(client: Process) -> None:
    define(client, "r1:deep __cond_resched", "r1:sched schedule")
    client.echo(1, ENABLE)
    for _ in range(20):
        client.workload("pipe", 5)
    client.echo(0, ENABLE)
    _, (event, count, missed) = map(str.split, client.cat("kprobe_profile").splitlines())
    assert event == "sched"
    assert int(count) + int(missed) > 0
    assert int(missed) > 0
