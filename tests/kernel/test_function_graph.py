"""The function graph tracer on the booted guest: calls balance, nest, and return where due."""

from __future__ import annotations

import re
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from typing import NamedTuple

import pytest

from tests.kernel.client import Client, Process
from tests.kernel.conftest import make_system
from tracefs.kernel.boot import System
from tracefs.ring import Event, Iterator

Spawn = Callable[..., Process]
Boot = Callable[..., System]
WORKLOADS = [("calls", 5, 0), ("vfs", 2, 0), ("fork", 2, 0), ("pipe", 3, 0), ("slab", 20, 0)]
ENTRY, EXIT = 11, 10
HARDIRQ = 0x08
SYSINFO = 99
SIZE = 16 * 1024


class Call(NamedTuple):
    """An event of the tracer."""

    ts: int
    cpu: int
    kind: int
    flags: int
    pid: int
    func: int
    depth: int
    overrun: int = 0
    calltime: int = 0
    rettime: int = 0

    @property
    def task(self) -> int:
        """Which stack it is on: idle tasks share pid 0."""
        return self.pid or -1 - self.cpu


def decoded(system: System) -> list[Call]:
    """What the buffer holds, in time order; nothing was lost."""
    buffer = system.kernel.traces.top.buffer
    assert not buffer.overruns()
    calls = []
    for event in Iterator(buffer):
        assert isinstance(event, Event)
        kind, flags, _, pid = struct.unpack_from("<HBBi", event.data)
        fields = struct.unpack_from("<Qi" if kind == ENTRY else "<QiIQQ", event.data, 8)
        assert kind in (ENTRY, EXIT)
        calls.append(Call(event.ts, event.cpu, kind, flags, pid, *fields))
    return calls


def names(system: System, calls: list[Call]) -> set[str]:
    return {system.kallsyms.name(call.func) for call in calls}


def field(system: System, task: int, name: str) -> int:
    value = system.memory.u32(task + system.abi.offset("task_struct", name))
    return value - (value >> 31 << 32)


def record(client: Client, work: Callable[[], object]) -> None:
    """Trace what ``work`` does."""
    client.echo(SIZE, "buffer_size_kb")
    client.echo("function_graph", "current_tracer")
    work()
    client.echo(0, "tracing_on")


@pytest.fixture
def client(spawn: Spawn, system: System) -> Generator[Process, None, None]:
    client = spawn()
    yield client
    client.echo("nop", "current_tracer")
    for name in ("set_graph_function", "set_graph_notrace"):
        client.echo("", name)
    for name in ("max_graph_depth", "tracing_thresh"):
        client.echo(0, name)
    for name in ("funcgraph-irqs", "sleep-time"):
        client.echo(1, f"options/{name}")
    client.echo(1408, "buffer_size_kb")


def check_stacks(calls: list[Call]) -> None:
    """Each exit is that of the innermost open entry of its task, at its depth.

    A task may have slept in functions that were entered in an earlier session.
    """
    stacks: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        stack = stacks[call.task]
        if call.kind == ENTRY:
            assert not stack or call.depth == stack[-1].depth + 1, call
            stack.append(call)
        elif stack:
            entry = stack.pop()
            assert (entry.func, entry.depth) == (call.func, call.depth), (entry, call)
            assert entry.ts >= call.calltime
            assert call.calltime <= call.rettime <= call.ts


def check_nesting(calls: list[Call], deeper: bool = True) -> None:
    """Of two calls of a task, one is inside of the other and deeper, or they are apart."""
    tasks: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        if call.kind == EXIT:
            tasks[call.task].append(call)
    for done in tasks.values():
        open_calls: list[Call] = []
        for call in sorted(done, key=lambda each: (each.calltime, -each.rettime, each.depth)):
            while open_calls and open_calls[-1].rettime <= call.calltime:
                open_calls.pop()
            if open_calls:
                outer = open_calls[-1]
                assert call.rettime <= outer.rettime, (outer, call)
                inside = call.depth > outer.depth or call.calltime == outer.calltime
                assert inside or not deeper, (outer, call)
            open_calls.append(call)


def check_balance(calls: list[Call], late: int = 0) -> None:
    """Every exit has its entry, but those few that an earlier session has hooked.

    What has no exit are functions that were not left.
    """
    count: Counter[tuple[int, int, int]] = Counter()
    for call in calls:
        count[call.pid, call.func, call.depth] += 1 if call.kind == ENTRY else -1
    assert sum(-left for left in count.values() if left < 0) <= late
    open_calls = [(pid, depth) for (pid, _, depth), left in count.items() for _ in range(left)]
    assert all(left == 1 for (pid, _), left in Counter(open_calls).items() if pid)


def test_calls_balance_and_nest(system: System, client: Process) -> None:
    sums = [client.workload(*work) for work in WORKLOADS]
    traced: list[str] = []
    record(client, lambda: traced.extend(client.workload(*work) for work in WORKLOADS))
    assert traced == sums
    calls = decoded(system)
    assert len(calls) > 5000
    check_stacks(calls)
    check_nesting(calls)
    check_balance(calls, late=50)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_interrupts_at_any_instruction(spawn: Spawn, seed: int) -> None:
    pid = spawn().pid
    system = make_system(seed=seed)
    try:
        client = Client(system.service, pid)
        sums = [client.workload(*work) for work in WORKLOADS[:4]]
        traced: list[str] = []

        def work() -> None:
            traced.extend(client.workload(*work) for work in WORKLOADS[:4])
            client.echo("", ".machine/nmi")

        record(client, work)
        assert traced == sums
        calls = decoded(system)
        assert any(call.flags & HARDIRQ for call in calls)
        check_nesting(calls, deeper=False)  # the depth is lowered before the time is taken
        check_balance(calls)
    finally:
        system.service.close()


def test_a_deep_recursion_overruns_the_stack(system: System, client: Process) -> None:
    plain = client.workload("deep", 2, 100)
    sums: list[str] = []
    record(client, lambda: sums.append(client.workload("deep", 2, 100)))
    calls = decoded(system)
    assert sums == [plain]
    assert max(call.depth for call in calls) == 49
    assert max(call.overrun for call in calls) > 50
    check_stacks(calls)


def test_max_graph_depth(system: System, client: Process) -> None:
    client.echo(2, "max_graph_depth")
    record(client, lambda: client.workload("vfs", 2))
    calls = decoded(system)
    assert {call.depth for call in calls} == {0, 1}
    check_stacks(calls)


def test_set_graph_function(system: System, client: Process) -> None:
    client.echo("vfs_read", "set_graph_function")
    record(client, lambda: client.workload("vfs", 3))
    calls = decoded(system)
    roots = {call.func for call in calls if (call.kind, call.depth) == (ENTRY, 0)}
    assert [system.kallsyms.name(func) for func in roots] == ["vfs_read"]
    assert {"rw_verify_area", "security_file_permission"} <= names(system, calls)
    check_stacks(calls)


def test_set_graph_notrace(system: System, client: Process) -> None:
    client.echo("rw_verify_area", "set_graph_notrace")
    record(client, lambda: client.workload("vfs", 3))
    calls = decoded(system)
    entered = Counter(system.kallsyms.name(call.func) for call in calls if call.kind == ENTRY)
    assert entered["vfs_write"] >= 3  # the silence ends with the function
    assert entered["vfs_read"] >= 3
    assert not {"rw_verify_area", "apparmor_file_permission"} & set(entered)
    check_nesting(calls)


def test_irqs_are_left_out(system: System, client: Process) -> None:
    client.echo(0, "options/funcgraph-irqs")
    record(client, lambda: client.workload("calls", 3000))
    calls = decoded(system)
    assert calls
    # irq_enter_rcu is entered before that context begins, and left in it.
    assert not any(call.flags & HARDIRQ for call in calls if call.kind == ENTRY)


def test_a_threshold_shows_slow_returns_only(system: System, client: Process) -> None:
    client.echo(50, "tracing_thresh")
    record(client, lambda: client.workload("vfs", 20))
    calls = decoded(system)
    assert calls
    assert {call.kind for call in calls} == {EXIT}
    assert min(call.rettime - call.calltime for call in calls) >= 50_000


@pytest.mark.parametrize("counted", [0, 1])
def test_sleep_time(boot: Boot, counted: int) -> None:
    system = boot(seed=1)  # where nothing else takes time
    client = Client(system.service)
    sleep_us = 100_000
    client.echo(counted, "options/sleep-time")
    client.echo("schedule*", "set_ftrace_filter")
    record(client, lambda: client.workload("sleep", 2, sleep_us))
    took = [
        call.rettime - call.calltime
        for call in decoded(system)
        if call.kind == EXIT and call.pid == system.init.pid
    ]
    assert took
    assert (max(took) > sleep_us * 500) == bool(counted)


def test_who_sleeps_in_a_hooked_function_returns(system: System, spawn: Spawn) -> None:
    """Hooked in one session, returned in the next, or in none."""
    client, other = spawn(), spawn()
    for _ in range(3):
        client.echo("function_graph", "current_tracer")
        other.workload("fork", 1)
        client.echo("nop", "current_tracer")
        other.workload("sleep", 1, 1000)
    client.echo("function_graph", "current_tracer")
    assert "vfs_read" in client.cat("trace")
    client.echo("nop", "current_tracer")


def free_pages(system: System) -> int:
    """What sysinfo says is free, after the callbacks of RCU had time to run."""
    syscalls, init = system.syscalls, system.init
    with system.machine.lock:
        for _ in range(20):
            syscalls.timers.wait(give_way=False)
            system.machine.run(lambda: False)
        assert syscalls.run(init, SYSINFO, init.user_buf) == 0
        (free,) = struct.unpack_from("<q", system.memory.read(init.user_buf, 112), 40)
    return int(free) // 4096


def test_stacks_are_freed_with_their_tasks(system: System, client: Process) -> None:
    client.echo("schedule", "set_ftrace_filter")
    client.echo("function_graph", "current_tracer")
    client.workload("fork", 200)
    before = free_pages(system)
    for _ in range(6):
        client.workload("fork", 200)
    after = free_pages(system)
    client.echo("nop", "current_tracer")
    client.echo("", "set_ftrace_filter")
    # 1200 stacks take 600 pages; what slabs keep is less.
    assert before - after < 300


def test_a_child_begins_without_its_parents_calls(system: System, client: Process) -> None:
    record(client, lambda: client.workload("fork", 5))
    first: dict[int, Call] = {}
    for call in decoded(system):
        first.setdefault(call.pid, call)
    children = [
        call for call in first.values() if system.kallsyms.name(call.func) == "schedule_tail"
    ]
    assert len(children) >= 5
    assert {(call.kind, call.depth) for call in children} == {(ENTRY, 0)}


def test_beside_a_function_tracer_of_an_instance(system: System, client: Process) -> None:
    """Two users of a site: both are called, by the list function."""
    system.service.mkdir("/instances/beside", 0o755, client.caller)
    inside = client.instance("beside")
    inside.echo("function", "current_tracer")
    client.echo("vfs_*", "set_ftrace_filter")
    record(client, lambda: client.workload("vfs", 2))
    calls = decoded(system)
    shared = client.cat("enabled_functions").splitlines()
    assert any(re.match(r"vfs_read \(2\)", line) for line in shared)
    assert "vfs_read <-" in inside.cat("trace")
    # A task that slept since before the filter was set may still return from its schedule().
    entered = names(system, [call for call in calls if call.kind == ENTRY])
    assert (
        {"vfs_read", "vfs_write"}
        <= entered
        <= {name for name in entered if name.startswith("vfs_")}
    )
    check_stacks(calls)
    client.echo("", "set_ftrace_filter")


def test_pids(system: System, spawn: Spawn, client: Process) -> None:
    other = spawn()
    client.echo(other.pid, "set_ftrace_pid")
    record(client, lambda: (other.workload("vfs", 1), client.workload("vfs", 1)))
    calls = decoded(system)
    client.put("", "set_ftrace_pid")
    pids = Counter(call.pid for call in calls)
    assert pids.pop(other.pid) > 500
    assert client.pid not in pids
    # As in 6.1, whoever is switched away from is seen between the probe and the switch.
    assert sum(pids.values()) < 50


def test_trace_and_trace_pipe_show_the_same(system: System, client: Process) -> None:
    record(client, lambda: client.workload("calls", 50))
    text = client.cat("trace").split("|   |   |   |\n")[1]
    with client.open("trace_pipe") as pipe:
        piped = b"".join(pipe.read(4096) for _ in iter(lambda: pipe.poll() & 1, 0))
    assert piped.decode() == text
    assert text.count("{") > 50


def test_idle_tasks_are_traced(system: System, client: Process) -> None:
    record(client, lambda: client.workload("sleep", 3, 2000))
    calls = decoded(system)
    assert "arch_cpu_idle" in names(system, [call for call in calls if call.pid == 0])
    check_stacks(calls)
