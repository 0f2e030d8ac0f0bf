"""Events that the guest records, also as a decoder of the tests' own reads their pages."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from tests.kernel.client import Client, Process
from tracefs.events import Events
from tracefs.events.print_fmt import compile_print_fmt
from tracefs.kernel.boot import System

EVENT = re.compile(
    r" *(?P<comm>.+)-(?P<pid>\d+) +\[(\d+)\] (?P<flags>\S+) +[\d.]+: (?P<name>\w+): (?P<text>.*)"
)
FIELD = re.compile(r"\tfield:(.*);\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);")


def events(client: Client, name: str = "", path: str = "trace") -> list[re.Match[str]]:
    """The events in a trace file, of one name or all."""
    matches = (EVENT.match(line) for line in client.cat(path).splitlines() if line[:1] != "#")
    found = [match for match in matches if match is not None]
    return [match for match in found if not name or match["name"] == name]


def pages(client: Client, cpu: int) -> Iterator[bytes]:
    """The whole pages of a CPU's buffer."""
    flags = os.O_RDONLY | os.O_NONBLOCK
    with client.open(f"per_cpu/cpu{cpu}/trace_pipe_raw", flags) as file:
        try:
            while page := file.read(4096):
                yield page
        except BlockingIOError:
            return


def entries(page: bytes) -> Iterator[bytes]:
    """The data of each event of a page."""
    at, end = 16, 16 + (struct.unpack_from("<Q", page, 8)[0] & 0xFFFFF)
    while at < end:
        (word,) = struct.unpack_from("<I", page, at)
        kind = word & 31
        at += 4
        if kind == 29:
            if not word >> 5:
                return
            at += struct.unpack_from("<I", page, at)[0]
        elif kind in (30, 31):
            at += 4
        else:
            size = 4 * kind
            if not kind:
                size = struct.unpack_from("<I", page, at)[0] - 4
                at += 4
            yield page[at : at + size]
            at += size


def decoder(client: Client, event: str) -> tuple[int, Callable[[bytes], dict[str, object]]]:
    """An event's type, and a function that takes its entries apart as its format file says."""
    text = client.cat(f"events/{event}/format")
    fields = FIELD.findall(text)
    match = re.search(r"^ID: (\d+)$", text, re.M)
    assert match is not None

    def decode(data: bytes) -> dict[str, object]:
        found: dict[str, object] = {}
        for declared, offset, size, signed in fields:
            raw = data[int(offset) : int(offset) + int(size)]
            name = declared.split()[-1].partition("[")[0]
            number = int.from_bytes(raw, "little", signed=signed == "1")
            if declared.startswith("__data_loc"):
                found[name] = data[number & 0xFFFF :][: number >> 16].partition(b"\0")[0]
            else:
                found[name] = raw.partition(b"\0")[0] if "[" in declared else number
        return found

    return int(match[1]), decode


def test_switches_are_recorded_where_the_format_says(client: Process) -> None:
    client.echo(1, "events/sched/sched_switch/enable")
    client.workload("fork", 3)
    client.echo(0, "events/sched/sched_switch/enable")
    text = events(client, "sched_switch")
    kind, decode = decoder(client, "sched/sched_switch")
    for cpu in range(2):
        raw = [decode(data) for page in pages(client, cpu) for data in entries(page)]
        assert {entry["common_type"] for entry in raw} <= {kind}
        shown = [match["text"] for match in text if match[3] == f"{cpu:03d}"]
        assert len(raw) == len(shown) > 0
        for entry, line in zip(raw, shown, strict=True):
            start = f"prev_comm={entry['prev_comm'].decode()} prev_pid={entry['prev_pid']} "  # type: ignore[attr-defined]
            assert line.startswith(start), (line, entry)
            assert f" next_pid={entry['next_pid']} next_prio={entry['next_prio']}" in line
        # Who leaves is who came.
        for before, after in pairwise(raw):
            assert before["next_pid"] == after["prev_pid"]


def test_processes(client: Process) -> None:
    for name in ("sched_process_fork", "sched_process_exit", "sched_process_free"):
        client.echo(1, f"events/sched/{name}/enable")
    client.echo(1, "events/task/task_newtask/enable")
    client.workload("fork", 2)
    client.echo(0, "events/enable")
    forks = [re.search(r"child_pid=(\d+)", m["text"]) for m in events(client, "sched_process_fork")]
    children = [int(match[1]) for match in forks if match is not None]
    assert len(children) == 2
    for name in ("sched_process_exit", "sched_process_free", "task_newtask"):
        pids = [int(re.search(r"pid=(\d+)", m["text"])[1]) for m in events(client, name)]  # type: ignore[index]
        assert pids == children, name


def test_system_calls_and_allocations(client: Process) -> None:
    client.echo(1, "events/raw_syscalls/enable")
    client.echo(1, "events/kmem/enable")
    client.cat("tracing_on")
    client.echo(0, "events/enable")
    calls = [match["text"] for match in events(client) if match["name"].startswith("sys_")]
    opened = next(i for i, call in enumerate(calls) if call.startswith("NR 257 ("))
    assert re.fullmatch(r"NR 257 = \d+", calls[opened + 1])
    names = {match["name"] for match in events(client)}
    assert {"kmem_cache_alloc", "kmem_cache_free"} <= names
    alloc = next(match for match in events(client, "kmem_cache_alloc"))
    assert re.fullmatch(
        r"call_site=\w+\+0x\w+/0x\w+ ptr=[0-9a-f]{16} bytes_req=\d+ bytes_alloc=\d+ "
        r"gfp_flags=GFP_KERNEL\S* node=-1 accounted=(true|false)",
        alloc["text"],
    )


def test_modules(client: Process) -> None:
    client.echo(1, "events/module/enable")
    client.echo("dummy", ".machine/insmod")
    client.echo("dummy", ".machine/rmmod")
    client.echo(0, "events/enable")
    assert [match["text"].strip() for match in events(client, "module_load")] == ["dummy"]
    assert [match["text"] for match in events(client, "module_free")] == ["dummy"]


def test_every_event_has_a_format_and_can_be_enabled(client: Process, system: System) -> None:
    names = client.cat("available_events").split()
    assert len(names) == len(set(names)) > 20
    ids = set()
    for name in names:
        path = "events/" + name.replace(":", "/")
        text = client.cat(f"{path}/format")
        assert text.startswith(f"name: {name.partition(':')[2]}\n")
        ids.add(client.cat(f"{path}/id"))
        fields = [(int(offset), int(size)) for _, offset, size, _ in FIELD.findall(text)]
        assert all(a + b <= c for (a, b), (c, _) in pairwise(fields))
        call = system.kernel.traces.events
        assert call is not None
        assert call.entry_type(int(client.cat(f"{path}/id"))) is not None
    assert len(ids) == len(names)
    client.echo(1, "events/enable")
    assert client.cat("events/enable") == "1\n"
    assert sorted(client.cat("set_event").split()) == sorted(names)
    client.workload("vfs", 2)
    client.echo(0, "events/enable")
    known = {name.partition(":")[2] for name in names}
    lines = [line for line in client.cat("trace").splitlines() if line[:1] != "#"]
    matches = [EVENT.match(line) for line in lines if not re.search(r": sys_\w+(\(| -> )", line)]
    assert all(match and match["name"] in known for match in matches)
    assert len(matches) > 50


def test_a_tracepoint_that_nobody_wants_calls_nobody(client: Process, system: System) -> None:
    point = system.symbol("__tracepoint_sys_enter")
    assert system.memory.word(point) == 0
    client.echo(1, "events/raw_syscalls/sys_enter/enable")
    assert system.kallsyms.name(system.memory.word(point)) == "trace_event_probe_sys_enter"
    client.echo(0, "events/raw_syscalls/sys_enter/enable")
    assert system.memory.word(point) == 0


def test_arrays_record_for_themselves(client: Process, system: System) -> None:
    for name in ("a", "b"):
        system.service.mkdir(f"/instances/{name}", 0o750, client.caller)
    a, b = client.instance("a"), client.instance("b")
    a.echo(1, "events/sched/sched_process_fork/enable")
    client.workload("fork")
    b.echo(1, "events/sched/sched_process_fork/enable")
    client.workload("fork")
    a.echo(0, "events/enable")
    client.workload("fork")
    counts = [len(events(each, "sched_process_fork")) for each in (client, a, b)]
    assert counts == [0, 2, 2]
    system.service.rmdir("/instances/b", client.caller)  # while enabled
    client.workload("fork")
    assert len(events(a, "sched_process_fork")) == 2


def test_only_some_tasks(client: Process, spawn: Callable[..., Process]) -> None:
    other = spawn()
    client.echo(client.pid, "set_event_pid")
    client.echo(1, "events/raw_syscalls/sys_enter/enable")
    client.echo(1, "events/sched/sched_switch/enable")
    other.cat("tracing_on")
    client.cat("tracing_on")
    client.echo(0, "events/enable")
    assert {int(match["pid"]) for match in events(client, "sys_enter")} == {client.pid}
    for match in events(client, "sched_switch"):
        assert f"_pid={client.pid} " in match["text"]
    client.put("", "trace")
    client.put("", "set_event_pid")
    client.echo(client.pid, "set_event_notrace_pid")
    client.echo(1, "events/raw_syscalls/sys_enter/enable")
    other.cat("tracing_on")
    client.cat("tracing_on")
    client.echo(0, "events/enable")
    pids = {int(match["pid"]) for match in events(client, "sys_enter")}
    assert other.pid in pids
    assert client.pid not in pids


@pytest.mark.parametrize("follow", [True, False])
def test_children_follow_their_parent(client: Process, follow: bool) -> None:
    client.echo(int(follow), "options/event-fork")
    client.echo(client.pid, "set_event_pid")
    client.echo(1, "events/sched/sched_process_exit/enable")
    client.workload("fork", 2)
    client.echo(0, "events/enable")
    client.echo(0, "options/event-fork")
    assert len(events(client, "sched_process_exit")) == (2 if follow else 0)
    assert client.cat("set_event_pid") == f"{client.pid}\n"


def test_stacks_of_user_space(system: System, client: Process) -> None:
    client.echo(1, "options/userstacktrace")
    for event in ("sched_process_fork", "sched_switch"):
        client.echo(1, f"events/sched/{event}/enable")
    client.workload("fork")
    client.echo(0, "events/enable")
    client.echo(0, "options/userstacktrace")
    lines = client.cat("trace").splitlines()
    at = next(index for index, line in enumerate(lines) if ": sched_process_fork: " in line)
    assert lines[at + 1].endswith(": <user stack trace>")
    assert lines[at + 2] == f" =>  <{system.symbol('user_mode_begin'):016x}>"
    assert not lines[at + 3].startswith(" =>")
    at = next(index for index, line in enumerate(lines) if "prev_comm=swapper/" in line)
    assert lines[at + 1].endswith(": <user stack trace>")
    assert not lines[at + 2].startswith(" =>")  # a kernel thread has none


def test_stacks(client: Process) -> None:
    client.echo(1, "options/stacktrace")
    client.echo(1, "events/sched/sched_process_fork/enable")
    client.workload("fork")
    client.echo(0, "events/enable")
    client.echo(0, "options/stacktrace")
    lines = client.cat("trace").splitlines()
    at = next(index for index, line in enumerate(lines) if ": sched_process_fork: " in line)
    assert lines[at + 1].endswith(": <stack trace>")
    assert lines[at + 2] == " => kernel_clone"


@pytest.mark.parametrize(
    ("expression", "true"),
    [
        ("id == 257", lambda id, *_: id == 257),
        ("id != 257 && id > 2", lambda id, *_: id != 257 and id > 2),
        ("common_pid == {pid}", lambda id, pid, me: pid == me),
        ('comm == "sleep"', lambda *_: True),
        ('comm ~ "sl*" && !(comm ~ "*x*")', lambda *_: True),
        ('comm != "sleep"', lambda *_: False),
        ("id <= 3 || id >= 257", lambda id, *_: id <= 3 or id >= 257),
        ("CPU == 7", lambda *_: False),
    ],
)
def test_filters(
    client: Process, system: System, expression: str, true: Callable[..., bool]
) -> None:
    system.service.mkdir("/instances/all", 0o750, client.caller)
    everything = client.instance("all")
    path = "events/raw_syscalls/sys_enter"
    client.echo(expression.format(pid=client.pid), f"{path}/filter")
    for each in (client, everything):
        each.echo(client.pid, "set_event_pid")
        each.echo(1, f"{path}/enable")
    client.cat("tracing_on")
    client.ls("options")
    for each in (everything, client):
        each.echo(0, "events/enable")
    client.echo(0, f"{path}/filter")
    seen = [match["text"] for match in events(everything, "sys_enter")]
    wanted = [text for text in seen if true(int(text.split()[1]), client.pid, client.pid)]
    found = [match["text"] for match in events(client, "sys_enter")]
    at = found.index(wanted[0]) if wanted else 0
    assert len(seen) > 5
    assert found[at : at + len(wanted)] == wanted
    assert bool(found) == bool(wanted)


def test_strings_are_compared_in_the_guest(client: Process) -> None:
    for text, count in (
        ('name == "dummy"', 1),
        ('name == "dumm"', 0),
        ('name ~ "du*"', 1),
        ('name ~ "*my"', 1),
        ('name ~ "*umm*"', 1),
        ('name ~ "d*y"', 1),
        ('name ~ "d[a-t]*y"', 0),
        ('name != "ext4"', 1),
        ('name ~ "!du*"', 0),
    ):
        client.echo(text, "events/module/module_load/filter")
        client.echo(1, "events/module/module_load/enable")
        client.echo("dummy", ".machine/insmod")
        client.echo("dummy", ".machine/rmmod")
        client.echo(0, "events/enable")
        assert len(events(client, "module_load")) == count, text
        client.put("", "trace")
    client.echo(0, "events/module/module_load/filter")


def test_what_is_filtered_away_leaves_no_trace(client: Process) -> None:
    client.echo("common_pid == 0 && common_pid == 1", "events/kmem/kmem_cache_alloc/filter")
    client.echo(1, "events/kmem/kmem_cache_alloc/enable")
    client.workload("vfs", 50)
    client.echo(0, "events/enable")
    client.echo(0, "events/kmem/kmem_cache_alloc/filter")
    assert events(client) == []
    for cpu in range(2):
        assert "entries: 0\noverrun: 0\n" in client.cat(f"per_cpu/cpu{cpu}/stats")


def test_entries_of_tracers_are_described(client: Process) -> None:
    client.echo("function", "current_tracer")
    client.cat("tracing_on")
    client.echo("mark", "trace_marker")
    client.echo(0, "tracing_on")
    kinds = dict(decoder(client, f"ftrace/{name}") for name in ("function", "print"))
    calls: list[dict[str, object]] = []
    marks: list[dict[str, object]] = []
    for cpu in range(2):
        for page in pages(client, cpu):
            for data in entries(page):
                kind = int.from_bytes(data[:2], "little")
                (calls if kind == 1 else marks).append(kinds[kind](data))
    assert len(calls) > 50
    assert {f"{call['ip']:x}"[:8] for call in calls} == {"ffffffff"}
    assert [mark["common_pid"] for mark in marks] == [client.pid]


def test_tracers_entries_are_listed_but_not_enabled(client: Process) -> None:
    names = client.ls("events/ftrace")
    assert {"function", "funcgraph_entry", "funcgraph_exit", "kernel_stack", "print"} <= set(names)
    for name in names:
        files = set(client.ls(f"events/ftrace/{name}"))
        assert files - {"format", "id"} == ({"trigger"} if name == "print" else set())
        assert client.cat(f"events/ftrace/{name}/format").startswith(f"name: {name}\nID: ")


def test_timers_and_work(client: Process) -> None:
    for system in ("timer", "workqueue"):
        client.echo(1, f"events/{system}/enable")
    for _ in range(100):
        client.workload("sleep", 5)
        if events(client, "workqueue_execute_end"):
            break
    client.echo(0, "events/enable")
    found = events(client)
    seen = {match["name"] for match in found}
    assert {"workqueue_queue_work", "workqueue_execute_start", "workqueue_execute_end"} <= seen
    assert {"hrtimer_start", "hrtimer_expire_entry", "hrtimer_expire_exit"} <= seen
    for match in events(client, "hrtimer_start"):
        assert re.search(r" mode=[A-Z|]+ was_armed=[01]$", match["text"]), match["text"]
    # What expires returns, on the same CPU, before another does.
    running: dict[str, str] = {}
    for match in found:
        if match["name"] == "hrtimer_expire_entry":
            assert match[3] not in running
            running[match[3]] = match["text"].split()[0]
        elif match["name"] == "hrtimer_expire_exit" and match[3] in running:
            assert running.pop(match[3]) == match["text"]


def test_system_calls_have_events_of_their_own(client: Process) -> None:
    openat = client.cat("events/syscalls/sys_enter_openat/format")
    assert "\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n" in openat
    assert 'print fmt: "dfd: 0x%08lx, filename: 0x%08lx, flags: 0x%08lx, mode: 0x%08lx", ' in openat
    kind, decode = decoder(client, "syscalls/sys_enter_openat")
    client.echo(1, "events/syscalls/sys_enter_openat/enable")
    client.echo(1, "events/syscalls/sys_exit_openat/enable")
    client.cat("tracing_on")
    client.echo(0, "events/syscalls/enable")
    lines = [line.partition(": ")[2] for line in client.cat("trace").splitlines()[-2:]]
    entered = re.fullmatch(r"sys_openat\(dfd: (\w+), filename: (\w+), .*mode: \w+\)", lines[0])
    assert entered is not None
    assert re.fullmatch(r"sys_openat -> 0x\w+", lines[1])
    raw = [decode(d) for cpu in range(2) for p in pages(client, cpu) for d in entries(p)]
    last = next(entry for entry in reversed(raw) if entry["common_type"] == kind)
    assert last["__syscall_nr"] == 257
    assert last["filename"] == int(entered[2], 16)


def test_names_that_system_calls_point_to_are_compared(client: Process) -> None:
    path = "events/syscalls/sys_enter_openat"
    for name, count in (("tracing_on", 1), ("tracing_cpumask", 0)):
        client.echo(f'filename ~ "*{name}"', f"{path}/filter")
        client.echo(1, f"{path}/enable")
        client.cat("tracing_on")
        client.echo(0, f"{path}/enable")
        assert client.cat("trace").count("sys_openat(") == count
        client.put("", "trace")
    client.echo(0, f"{path}/filter")


def test_interrupts_and_preemption(client: Process) -> None:
    client.echo(1, "events/preemptirq/enable")
    client.workload("vfs", 2)
    client.echo(0, "events/preemptirq/enable")
    found = [match for match in events(client) if match["name"].startswith(("irq_", "preempt_"))]
    for what in ("irq", "preempt"):
        for cpu in ("000", "001"):
            names = [m["name"] for m in found if m["name"].startswith(what) and m[3] == cpu]
            assert all(a != b for a, b in pairwise(names)), (what, cpu)
        assert {f"{what}_disable", f"{what}_enable"} <= {match["name"] for match in found}
    assert all(re.match(r"caller=[\w.]+\+0x\w+/0x\w+ parent=", match["text"]) for match in found)
    assert any("vfs_" in match["text"] or "_spin_" in match["text"] for match in found)


def test_events_are_comments_in_a_graph(client: Process) -> None:
    client.echo("kernel_clone", "set_ftrace_filter")
    client.echo("function_graph", "current_tracer")
    client.echo(1, "events/sched/sched_process_fork/enable")
    client.workload("fork")
    client.echo(0, "events/enable")
    lines = client.cat("trace").splitlines()
    at = next(at for at, line in enumerate(lines) if line.endswith("kernel_clone() {"))
    fork = next(line for line in lines[at:] if "sched_process_fork" in line)
    assert re.search(r"\| +/\* sched_process_fork: comm=.* child_pid=\d+ \*/$", fork)


def test_time_on_the_cpu_adds_up(client: Process) -> None:
    client.echo(1, "events/sched/sched_stat_runtime/enable")
    client.echo(1, "events/sched/sched_switch/enable")
    client.workload("fork", 3)
    client.echo(0, "events/enable")
    last: dict[str, int] = {}
    for match in events(client, "sched_stat_runtime"):
        found = re.fullmatch(
            r"comm=(.*) pid=(\d+) runtime=(\d+) \[ns\] vruntime=(\d+) \[ns\]", match["text"]
        )
        assert found is not None
        assert int(found[3]) > 0
        last[found[2]] = last.get(found[2], 0) + int(found[3])
    assert str(client.pid) in last


def test_the_kernel_log(client: Process) -> None:
    client.echo(1, "events/printk/console/enable")
    client.echo("dummy", ".machine/insmod")
    client.echo("dummy", ".machine/rmmod")
    client.echo(0, "events/enable")
    lines = [match["text"] for match in events(client, "console")]
    assert lines
    logged = client.cat(".machine/dmesg").splitlines()
    assert [line.partition("] ")[2] for line in logged[-len(lines) :]] == lines


def test_every_format_is_understood(system: System) -> None:
    table = system.kernel.traces.events
    assert isinstance(table, Events)
    calls = (*table.calls, *table.entries.values())
    for call in calls:
        compile_print_fmt(call.print_fmt, call.fields, table.guest.variable)  # or a FormatError
    assert len(calls) > 300


def test_trace_pipe_has_events(client: Process) -> None:
    client.echo(1, "events/sched/sched_process_fork/enable")
    client.workload("fork", 2)
    client.echo(0, "events/enable")
    with client.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK) as pipe:
        assert pipe.read().decode().count(": sched_process_fork: comm=") == 2
