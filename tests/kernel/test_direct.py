"""Direct calls: modules whose code the sites of other functions call straight."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable

import pytest

from tests.kernel.client import Client, Process, refused
from tracefs.kernel.boot import System

WAKE = "wake_up_process"
DIRECT = "(1) R   D\ttramp: ftrace_regs_caller+0x0/0x"
LIST = "(2) R   D ->arch_ftrace_ops_list_func+0x0/0x"


def site(system: System, function: str = WAKE) -> int:
    """The call site of a function."""
    address = system.kallsyms.addr(function)
    assert address is not None
    return system.ftrace.location(address)


def called(system: System, function: str = WAKE) -> str:
    """What the bytes of its site call."""
    target = system.arch.call_target(site(system, function))
    return "nothing" if target is None else system.kallsyms.format(target)


def enabled(client: Process) -> list[str]:
    """The lines of enabled_functions."""
    return client.cat("enabled_functions").splitlines()


def messages(client: Process) -> list[str]:
    """What stands behind the time stamps."""
    lines = client.cat("trace").splitlines()
    return [line.split(": ", 1)[1] for line in lines if not line.startswith("#")]


def test_the_site_calls_the_module(system: System, client: Process) -> None:
    client.echo("ftrace_direct", ".machine/insmod")
    assert called(system).startswith("my_tramp+0x0/")
    one, two = enabled(client)
    assert one.startswith(f"{WAKE} {DIRECT}")
    assert "(call_direct_funcs+0x0/0x" in one
    assert re.fullmatch(r"\tdirect-->my_tramp\+0x0/0x\w+ \[ftrace_direct\]", two)
    client.workload("sleep", 3, 1000)
    assert any(re.fullmatch(r"my_direct_func: waking up .+-\d+", m) for m in messages(client))
    client.echo("ftrace_direct", ".machine/rmmod")
    assert called(system) == "nothing"
    assert enabled(client) == []


def test_the_wrong_address_is_not_taken(system: System, client: Process) -> None:
    client.echo("ftrace_direct", ".machine/insmod")
    table = dict(system.ftrace.direct)
    assert list(table) == [site(system)]
    with refused(errno.EEXIST):
        client.echo("ftrace_direct", ".machine/insmod")
    assert system.ftrace.direct == table
    client.echo("ftrace_direct", ".machine/rmmod")
    assert system.ftrace.direct == {}


@pytest.mark.parametrize("tracer", ["function", "function_graph"])
@pytest.mark.parametrize("tracer_first", [True, False])
@pytest.mark.parametrize("module_ends_first", [True, False])
def test_beside_a_tracer(
    system: System, client: Process, tracer: str, tracer_first: bool, module_ends_first: bool
) -> None:
    module = ("ftrace_direct", ".machine/insmod"), ("ftrace_direct", ".machine/rmmod")
    tracing = (tracer, "current_tracer"), ("nop", "current_tracer")
    first, second = (tracing, module) if tracer_first else (module, tracing)
    ends = (module, tracing) if module_ends_first else (tracing, module)
    client.echo(WAKE, "set_ftrace_filter")
    client.echo(*first[0])
    client.echo(*second[0])
    assert called(system).startswith("ftrace_regs_caller")
    line, direct = enabled(client)
    assert line.startswith(f"{WAKE} {LIST}")
    assert direct.startswith("\tdirect-->my_tramp")
    client.workload("sleep", 3, 1000)
    client.echo("0", "tracing_on")
    text = client.cat("trace")
    assert "waking up" in text
    assert {"function": f"{WAKE} <-", "function_graph": f"{WAKE}() {{"}[tracer] in text
    client.echo(*ends[0][1])
    assert called(system) != "nothing"
    client.echo(*ends[1][1])
    assert called(system) == "nothing"
    assert enabled(client) == []


def test_registers_and_flags_survive(system: System, client: Process) -> None:
    """What the traced function gets, and what its caller has kept in registers, is as without."""
    plain = client.workload("vfs", 5)
    client.echo("ftrace_direct_too", ".machine/insmod")
    client.echo("filp_close", "set_ftrace_filter")
    assert client.workload("vfs", 5) == plain
    client.echo("function", "current_tracer")
    assert client.workload("vfs", 5) == plain
    assert any("my_direct_func: closing file=" in m for m in messages(client))
    client.echo("nop", "current_tracer")
    client.echo("ftrace_direct_too", ".machine/rmmod")


def test_ftrace_cannot_be_turned_off_meanwhile(system: System, client: Process) -> None:
    switch = ".machine/proc/sys/kernel/ftrace_enabled"
    client.echo("ftrace_direct", ".machine/insmod")
    with refused(errno.EBUSY):
        client.echo("0", switch)
    client.echo("ftrace_direct", ".machine/rmmod")
    client.echo("0", switch)
    with refused(errno.EBUSY):
        client.echo("ftrace_direct", ".machine/insmod")
    assert called(system) == "nothing"
    assert "ftrace_direct" not in client.cat(".machine/proc/modules")
    client.echo("1", switch)


def test_modify(system: System, client: Process) -> None:
    client.echo("ftrace_direct_modify", ".machine/insmod")
    first = called(system, "schedule")
    assert first.startswith("my_tramp1")
    for _ in range(20000):
        if called(system, "schedule") != first:
            break
        client.workload("sleep", 1)
    assert called(system, "schedule").startswith("my_tramp2")
    client.workload("sleep", 1)
    assert messages(client)[-1] == "my_direct_func2: my direct func2"
    client.echo("ftrace_direct_modify", ".machine/rmmod")
    assert called(system, "schedule") == "nothing"


def test_several_functions(system: System, client: Process) -> None:
    client.echo("ftrace_direct_multi", ".machine/insmod")
    assert {called(system, f).split("+")[0] for f in (WAKE, "schedule")} == {"my_tramp"}
    client.workload("sleep", 3, 1000)
    ips = {int(m.split()[-1], 16) for m in messages(client) if m.startswith("my_direct_func: ip ")}
    ends = {site(system, f) + 5 for f in (WAKE, "schedule")}
    assert ips == ends
    client.echo("ftrace_direct_multi", ".machine/rmmod")
    assert {called(system, f) for f in (WAKE, "schedule")} == {"nothing"}
    client.echo("ftrace_direct_multi", ".machine/insmod")
    client.echo("ftrace_direct_multi", ".machine/rmmod")


def test_trace_printk_takes_the_buffer_into_use(boot: Callable[..., System]) -> None:
    fresh = Client(boot().service)
    assert fresh.cat("buffer_size_kb").startswith("7 (")
    fresh.echo("trace_printk", ".machine/insmod")
    assert fresh.cat("buffer_size_kb") == "1410\n"


def test_trace_printk(system: System, client: Process) -> None:
    client.echo("trace_printk", ".machine/insmod")
    said = [message.partition(": ")[2] for message in messages(client)]
    ways = [
        "This is a static string that will use trace_bputs",
        "This is a dynamic string that will use trace_puts",
        "(irq) This is a static string that will use trace_bputs",
        "(irq) This is a dynamic string that will use trace_puts",
        "(irq) This is a static string that will use trace_bprintk()",
        "(irq) This is a dynamic string that will use trace_printk",
        "This is a static string that will use trace_bprintk()",
        "This is a dynamic string that will use trace_printk",
    ]
    assert said == ways
    formats = client.cat("printk_formats").splitlines()
    assert any(f.endswith(': "This is a %s that will use trace_bprintk()\\n"') for f in formats)
    client.echo("printk-msg-only", "trace_options")
    lines = [line for line in client.cat("trace").splitlines() if not line.startswith("#")]
    assert lines == ways
    client.echo("noprintk-msg-only", "trace_options")
    client.echo("trace_printk", ".machine/rmmod")
    # The texts outlive the module, and a second load uses them again.
    assert [message.partition(": ")[2] for message in messages(client)] == ways
    client.echo("trace_printk", ".machine/insmod")
    assert client.cat("printk_formats").splitlines() == formats
    client.echo("notrace_printk", "trace_options")
    client.echo("", "trace")
    client.echo("trace_printk", ".machine/rmmod")
    client.echo("trace_printk", ".machine/insmod")
    assert messages(client) == []
    client.echo("trace_printk", "trace_options")
    client.echo("trace_printk", ".machine/rmmod")
