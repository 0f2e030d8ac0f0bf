"""The function tracer on the booted guest: what is recorded is what was asked for, and true."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import struct
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernel.client import Client, Process, refused
from tracefs.ftrace.records import COUNT_MASK
from tracefs.kernel.boot import System

Spawn = Callable[..., Process]
Sites = dict[int, str]


def sites(system: System) -> Sites:
    """What stands at each call site: "nop", or the target of a call, as Capstone reads it."""
    from capstone import CS_ARCH_X86, CS_MODE_64, Cs

    decoder = Cs(CS_ARCH_X86, CS_MODE_64)
    found = {}
    for ip in system.ftrace.records.ips.tolist():
        code = system.memory.read(ip, 5)
        (instruction,) = decoder.disasm(code, ip)
        assert instruction.size == 5, (hex(ip), code)
        assert instruction.mnemonic in ("nop", "call"), instruction
        found[ip] = "nop" if instruction.mnemonic == "nop" else instruction.op_str
    return found


def patched(system: System, found: Sites) -> set[str]:
    """Names of the functions whose sites call something."""
    names = (system.kallsyms.format(ip) for ip, what in found.items() if what != "nop")
    return {name.split("+")[0] for name in names}


def raw_events(system: System, cpu: int) -> set[tuple[int, int]]:
    """(ip, parent) of the events in a CPU's buffer, from its pages."""
    from tracefs.ring import FunctionBatch, Iterator

    events: set[tuple[int, int]] = set()
    for batch in Iterator(system.kernel.traces.top.buffer, [cpu]):
        for event in batch.events() if isinstance(batch, FunctionBatch) else [batch]:
            assert event.type == 1
            events.add(struct.unpack_from("<QQ", event.data, 8))
    return events


def test_every_event_is_a_sites_and_its_parent_is_kernel_text(
    system: System, client: Process
) -> None:
    client.echo("function", "current_tracer")
    client.workload("fork", 3)
    client.workload("vfs", 3)
    client.echo(0, "tracing_on")
    known = set(client.cat("available_filter_functions").split())
    names = {line.split()[2] for line in client.cat(".machine/proc/kallsyms").splitlines()}
    lines = client.trace()
    assert len(lines) > 2000
    assert {line.function for line in lines} <= known
    assert {line.parent for line in lines} <= names
    ips = set(system.ftrace.records.ips.tolist())
    for cpu in (0, 1):
        for ip, parent in raw_events(system, cpu):
            assert ip in ips
            assert system.memory.is_executable(parent)
            assert system.kallsyms.lookup(parent) is not None


def test_the_tracing_code_itself_never_appears(system: System, client: Process) -> None:
    client.echo("function", "current_tracer")
    client.workload("fork", 2)
    client.echo(0, "tracing_on")
    functions = {line.function for line in client.trace()}
    own = re.compile(r"ring_buffer|^rb_|function_trace|trace_save|tracing_|^ftrace_|_host_op")
    assert not [name for name in functions if own.search(name)]
    assert not [
        name for name in client.cat("available_filter_functions").split() if own.search(name)
    ]
    assert "host_return" not in names_of(system, functions)


def names_of(system: System, functions: set[str]) -> set[str]:
    """Those that are symbols."""
    return {name for name in functions if system.kallsyms.addr(name) is not None}


def test_only_what_is_filtered_appears(client: Process) -> None:
    client.echo("vfs_read *_open", "set_ftrace_filter")
    client.echo("security_file_open", "set_ftrace_notrace")
    wanted = set(client.cat("set_ftrace_filter").split()) - {"security_file_open"}
    client.echo("function", "current_tracer")
    client.cat("tracing_on")
    client.workload("vfs", 2)
    seen = {line.function for line in client.trace()}
    assert seen <= wanted
    assert {"vfs_read", "vfs_open"} <= seen


def test_only_what_is_not_left_out_appears(client: Process) -> None:
    client.echo("*lock* *rcu*", "set_ftrace_notrace")
    client.echo("function", "current_tracer")
    client.workload("vfs", 2)
    client.echo(0, "tracing_on")
    seen = {line.function for line in client.trace()}
    assert len(seen) > 50
    assert not [name for name in seen if "lock" in name or "rcu" in name]


def test_pids_limit_tracing(client: Process, spawn: Spawn) -> None:
    other, third = spawn(), spawn()
    for each in (client, other, third):
        each.cat("tracing_on")
    client.echo(other.pid, "set_ftrace_pid")
    client.echo("function", "current_tracer")
    for each in (client, other, third) * 2:
        each.workload("vfs", 2)
    assert {line.pid for line in client.trace()} == {other.pid}
    client.echo(third.pid, "set_ftrace_pid", append=True)
    for each in (client, other, third):
        each.workload("vfs", 1)
    assert {line.pid for line in client.trace()} == {other.pid, third.pid}
    client.put("", "set_ftrace_pid")
    client.echo(other.pid, "set_ftrace_notrace_pid")
    client.put("", "trace")
    for each in (client, other, third):
        each.workload("vfs", 1)
    pids = {line.pid for line in client.trace()}
    assert {client.pid, third.pid} <= pids
    assert other.pid not in pids


def test_ftrace_enabled_restores_every_byte(system: System, client: Process) -> None:
    path = ".machine/proc/sys/kernel/ftrace_enabled"
    untraced = sites(system)
    client.echo("vfs_* *lock*", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    traced = sites(system)
    assert traced != untraced
    client.echo(0, path)
    assert sites(system) == untraced
    assert client.cat(path) == "0\n"
    client.put("", "trace")
    client.workload("vfs", 1)
    assert client.trace() == []
    client.echo(1, path)
    assert sites(system) == traced
    client.workload("vfs", 1)
    assert client.trace()
    client.echo("nop", "current_tracer")
    assert sites(system) == untraced


PATTERNS = st.sampled_from(
    ["vfs_*", "*lock*", "*read", "schedule", "*_open", "!vfs_*", "!*lock*", "do_*", "*irq*", "*"]
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["set_ftrace_filter", "set_ftrace_notrace"]), PATTERNS, st.booleans()
        ),
        min_size=1,
        max_size=6,
    )
)
def test_sites_are_what_the_records_say(system: System, edits: list[tuple[str, str, bool]]) -> None:
    client = Client(system.service)
    client.echo("function", "current_tracer")
    for name, pattern, append in edits:
        with contextlib.suppress(OSError):
            client.echo(pattern, name, append=append)
        records = system.ftrace.records
        calling = sites(system)
        enabled = {line.split()[0] for line in client.cat("enabled_functions").splitlines()}
        for ip, count in zip(records.ips.tolist(), records.flags.tolist(), strict=True):
            assert (calling[ip] != "nop") == bool(count & COUNT_MASK), hex(ip)
        assert patched(system, calling) == enabled
    for name in ("set_ftrace_filter", "set_ftrace_notrace"):
        client.echo("", name)


def test_time_never_goes_back_on_a_cpu(client: Process, spawn: Spawn) -> None:
    client.echo("function", "current_tracer")
    for _ in range(3):
        spawn().workload("fork", 2)
        client.echo("", ".machine/nmi")
    client.echo(0, "tracing_on")
    last: dict[int, float] = {}
    lines = client.trace()
    for line in lines:
        assert line.time >= last.get(line.cpu, 0.0), line
        last[line.cpu] = line.time
    assert [line.time for line in lines] == sorted(line.time for line in lines)


def stats(client: Client, cpu: int) -> dict[str, int]:
    """per_cpu/cpuN/stats, as far as they are whole numbers."""
    text = client.cat(f"per_cpu/cpu{cpu}/stats")
    pairs = (line.split(": ") for line in text.splitlines())
    return {name: int(value) for name, value in pairs if value.isdigit()}


def test_every_event_is_counted(client: Process) -> None:
    client.echo("workload_leaf", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    client.workload("calls", 1000)
    client.echo(0, "tracing_on")
    numbers = [stats(client, cpu) for cpu in (0, 1)]
    assert sum(each["entries"] + each["overrun"] for each in numbers) == 4000
    assert Counter(line.function for line in client.trace()) == {"workload_leaf": 4000}


def test_what_does_not_fit_is_overrun(client: Process) -> None:
    client.echo(64, "buffer_size_kb")
    try:
        client.echo("workload_leaf", "set_ftrace_filter")
        client.echo("function", "current_tracer")
        client.workload("calls", 5000)
        client.echo(0, "tracing_on")
        numbers = [stats(client, cpu) for cpu in (0, 1)]
        assert sum(each["overrun"] for each in numbers) > 0
        assert sum(each["entries"] + each["overrun"] for each in numbers) == 20000
        assert len(client.trace()) == sum(each["entries"] for each in numbers)
    finally:
        client.echo(1408, "buffer_size_kb")


def test_instances_have_their_own_buffers_and_filters(system: System, client: Process) -> None:
    for name in ("a", "b"):
        client.service.mkdir(f"/instances/{name}", 0o755, client.caller)
    a, b = client.instance("a"), client.instance("b")
    a.echo("vfs_read", "set_ftrace_filter")
    b.echo("vfs_write", "set_ftrace_filter")
    a.echo("function", "current_tracer")
    b.echo("function", "current_tracer")
    assert len(set(sites(system).values())) == 3
    client.workload("vfs", 3)
    a.echo("nop", "current_tracer")
    b.echo("nop", "current_tracer")
    assert sites(system) == dict.fromkeys(sites(system), "nop")


def test_instances_record_their_own(client: Process) -> None:
    for name in ("a", "b"):
        client.service.mkdir(f"/instances/{name}", 0o755, client.caller)
    a, b = client.instance("a"), client.instance("b")
    a.echo("vfs_read", "set_ftrace_filter")
    b.echo("vfs_write vfs_read", "set_ftrace_filter")
    a.echo("function", "current_tracer")
    b.echo("function", "current_tracer")
    client.workload("vfs", 3)
    for each in (a, b):
        each.echo(0, "tracing_on")
    one, two = (Counter(line.function for line in each.trace()) for each in (a, b))
    assert set(one) == {"vfs_read"}
    assert set(two) == {"vfs_read", "vfs_write"}
    assert one["vfs_read"] >= 3
    assert two["vfs_read"] == one["vfs_read"] + 0 or two["vfs_read"] >= one["vfs_read"]
    assert client.trace() == []


def test_two_users_of_a_function_share_a_caller(system: System, client: Process) -> None:
    client.service.mkdir("/instances/a", 0o755, client.caller)
    a = client.instance("a")
    client.echo("workload_leaf", "set_ftrace_filter")
    a.echo("workload_leaf workload_mid", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    alone = {what for what in sites(system).values() if what != "nop"}
    a.echo("function", "current_tracer")
    leaf = system.kallsyms.addr("workload_leaf")
    assert leaf is not None
    shared = sites(system)[leaf]
    assert shared not in alone
    assert int(shared, 16) == system.arch.shared_caller(False)
    client.workload("calls", 100)
    client.echo(0, "tracing_on")
    a.echo(0, "tracing_on")
    assert Counter(line.function for line in client.trace()) == {"workload_leaf": 400}
    assert Counter(line.function for line in a.trace()) == {
        "workload_leaf": 400,
        "workload_mid": 100,
    }


def test_the_buffer_of_names_has_a_limit(client: Process) -> None:
    with refused(errno.EINVAL):
        client.echo(32769, "saved_cmdlines_size")
    with refused(errno.EINVAL):
        client.echo(0, "saved_cmdlines_size")
    client.echo(32768, "saved_cmdlines_size")
    client.echo(128, "saved_cmdlines_size")


def test_function_tracing_records_no_thread_groups(client: Process, spawn: Spawn) -> None:
    client.echo(1, "options/record-tgid")
    try:
        client.echo("vfs_read", "set_ftrace_filter")
        client.echo("function", "current_tracer")
        for _ in range(3):
            spawn().cat("tracing_on")
        text = [line for line in client.cat("trace").splitlines() if not line.startswith("#")]
        assert text
        assert all("(-------)" in line for line in text)
    finally:
        client.echo(0, "options/record-tgid")


def test_a_marker_is_written_by_its_writer(client: Process) -> None:
    client.echo("hello world", "trace_marker")
    (line,) = [line for line in client.cat("trace").splitlines() if not line.startswith("#")]
    assert line.endswith(": tracing_mark_write: hello world")
    assert f"-{client.pid} " in line
    with client.open("trace_marker", os.O_WRONLY) as file:
        assert file.write(b"x" * 5000) <= 5000
