"""Clients are tasks: names, parents, ends, CPUs, threads, descriptors."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

import pytest

from tests.kernel.client import Client, Process, refused, wait_for_name
from tracefs.kernel.boot import System
from tracefs.kernel.clients import NR_CLONE_CLIENT, NR_EXIT_GROUP
from tracefs.kernel.syscalls import HC_USER, Task
from tracefs.machine import Cpu

Spawn = Callable[..., Process]

PF_KTHREAD = 0x00200000


def field(system: System, task: Task, name: str) -> int:
    """A 64-bit field of a task_struct."""
    return system.memory.u64(task.addr + system.abi.offset("task_struct", name))


def task_of(system: System, pid: int) -> Task:
    """A client's task."""
    return next(task for task in system.syscalls.tasks.values() if task.pid == pid)


def comm(system: System, task: Task) -> bytes:
    """A task's name in the guest."""
    offset = system.abi.offset("task_struct", "comm")
    return system.memory.read(task.addr + offset, 16).split(b"\0")[0]


def guest_pids(system: System) -> set[int]:
    """All processes of the guest, but its kernel threads, whose workers come and go."""
    memory, offset = system.memory, system.abi.offset("task_struct", "tasks")
    flags = system.abi.offset("task_struct", "flags")
    first = system.symbol("init_task")
    pids, at = set(), memory.u64(first + offset) - offset
    while at != first:
        if not memory.u32(at + flags) & PF_KTHREAD:
            pids.add(memory.u32(at + system.abi.offset("task_struct", "pid")))
        at = memory.u64(at + offset) - offset
    return pids


def test_a_client_is_a_task_with_its_pid_and_name(system: System, client: Process) -> None:
    client.cat("current_tracer")
    task = task_of(system, client.pid)
    assert task.pid == client.pid
    assert comm(system, task) == b"sleep"
    assert client.pid in guest_pids(system)


def test_a_pid_that_the_guest_has_taken(system: System, client: Process) -> None:
    """A process of the guest's own bears it: the new client's task gets another number."""
    client.cat("current_tracer")
    taken = 3_999_999
    with system.machine.lock:
        parent = task_of(system, client.pid)
        assert system.syscalls.run(parent, NR_CLONE_CLIENT, taken, 0, 0) == taken
        child = system.syscalls.find(taken)
    assert Client(system.service, taken).cat("tracing_on") == "1\n"
    with system.machine.lock:
        known = system.clients.get(taken)
        assert known is not None
        assert known.task is not child
        system.clients.exit(known)
        system.syscalls.start(child, NR_EXIT_GROUP, 0)


def test_a_clients_name_is_known(system: System, client: Process) -> None:
    assert system.service.name(client.pid) is None
    client.cat("current_tracer")
    assert system.service.name(client.pid) == b"sleep"


def test_a_new_name_is_an_execve(system: System, spawn: Spawn) -> None:
    process = spawn("read _; exec sleep 1000")
    process.cat("current_tracer")
    assert comm(system, task_of(system, process.pid)) == b"sh"
    observer = spawn()
    observer.echo("bprm_execve", "set_ftrace_filter")
    observer.echo("function", "current_tracer")
    process.say("go")
    wait_for_name(process.pid, "sleep")
    process.cat("current_tracer")
    assert comm(system, task_of(system, process.pid)) == b"sleep"
    assert [line.pid for line in observer.trace()] == [process.pid]
    process.end()
    observer.cat("tracing_on")
    assert f"{process.pid} sleep\n" in observer.cat("saved_cmdlines")


def test_what_was_seen_of_a_process_holds_for_a_moment(
    system: System, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = spawn("read _; exec sleep 1000")
    monkeypatch.setattr(system.clients, "fresh_ns", 60 * 10**9)
    with process.open("current_tracer") as file:
        process.say("go")
        wait_for_name(process.pid, "sleep")
        file.read()
        assert comm(system, task_of(system, process.pid)) == b"sh"
    process.cat("current_tracer")  # an open always looks
    assert comm(system, task_of(system, process.pid)) == b"sleep"


def test_a_file_inherited_over_an_execve_is_read_under_the_new_name(
    system: System, spawn: Spawn
) -> None:
    process = spawn("read _; exec sleep 1000")
    with process.open("current_tracer") as file:
        process.say("go")
        wait_for_name(process.pid, "sleep")
        file.read()
        assert comm(system, task_of(system, process.pid)) == b"sleep"


def test_another_client_lets_the_ended_exit_at_once(system: System, spawn: Spawn) -> None:
    one, two = spawn(), spawn()
    with two.open("current_tracer") as file:
        one.cat("current_tracer")
        one.end()
        file.read()
        assert one.pid not in guest_pids(system)


def test_a_child_is_forked_from_its_parents_task(system: System, spawn: Spawn) -> None:
    parent = spawn("sleep 1000 & echo $!; read _; kill $!")
    parent.cat("current_tracer")
    child = Client(system.service, int(parent.line()))
    child.cat("current_tracer")
    mother = task_of(system, parent.pid)
    assert field(system, task_of(system, child.pid), "real_parent") == mother.addr
    parent.say("")
    parent.child.wait()


def test_an_ended_process_leaves_the_guest(system: System, spawn: Spawn) -> None:
    one, two = spawn(), spawn()
    one.cat("current_tracer")
    assert one.pid in guest_pids(system)
    one.end()
    two.cat("current_tracer")
    assert one.pid not in guest_pids(system)
    assert one.pid not in {task.pid for task in system.syscalls.tasks.values()}


def test_many_short_lived_clients_leave_nothing(system: System) -> None:
    observer = Client(system.service)
    pids: list[int] = []
    free: list[int] = []
    for _ in range(4):
        for _ in range(50):
            pid = os.posix_spawn("/bin/sleep", ["sleep", "1000"], os.environ)
            try:
                Client(system.service, pid).cat("tracing_on")
            finally:
                os.kill(pid, 9)
                os.waitpid(pid, 0)
        observer.cat("tracing_on")
        with system.machine.lock:
            system.clients.reap()
            system.machine.run(lambda: False)
            assert len(system.clients) == 0
            pids.append(len(guest_pids(system)))
            free.append(system.machine.cpus[0].call(system.symbol("nr_free_pages")))
    assert len(set(pids)) == 1
    # A task has a stack of 4 pages, a window of 2; the last wait for a grace period.
    for _ in range(1000):
        if free[-1] >= free[1] - 32:
            break
        with system.machine.lock:
            assert system.syscalls.timers.wait(give_way=True)
            system.machine.run(lambda: False)
            free.append(system.machine.cpus[0].call(system.symbol("nr_free_pages")))
    assert free[-1] >= free[1] - 32, free
    assert len(system.syscalls.tasks) <= 2


def test_affinity_follows_the_process(system: System, spawn: Spawn) -> None:
    process = spawn()
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2 or not {0, 1} <= set(available):
        pytest.skip("one CPU")
    for cpu in (1, 0, 1):
        os.sched_setaffinity(process.pid, {cpu})
        process.cat("current_tracer")
        task = task_of(system, process.pid)
        assert task.cpu is system.machine.cpus[cpu]
        assert field(system, task, "cpus_mask") == 1 << cpu


def test_two_clients_are_on_two_cpus(system: System, spawn: Spawn) -> None:
    one, two = spawn(), spawn()
    for cpu, process in enumerate((one, two)):
        os.sched_setaffinity(process.pid, {cpu})
        process.cat("tracing_on")
    one.echo("vfs_read", "set_ftrace_filter")
    one.echo("function", "current_tracer")
    for process in (one, two, one, two):
        process.cat("tracing_on")
    cpus = {(line.pid, line.cpu) for line in one.trace()}
    assert {(one.pid, 0), (two.pid, 1)} <= cpus


def test_an_inherited_descriptor_works_in_the_child(system: System, spawn: Spawn) -> None:
    one, two = spawn(), spawn()
    with one.open("tracing_on", os.O_RDWR) as file:
        two.cat("tracing_on")
        one.echo("vfs_read", "set_ftrace_filter")
        one.echo("function", "current_tracer")
        assert file.read(by=two) == b"1\n"
        assert file.write(b"0", by=two) == 1
    assert one.cat("tracing_on") == "0\n"
    assert {line.pid for line in one.trace()} >= {two.pid}


def test_a_thread_is_a_task_of_its_own(system: System, client: Process) -> None:
    code = (
        "import threading as t, time\n"
        "def f(): print(t.get_native_id(), flush=True); time.sleep(1000)\n"
        "t.Thread(target=f, daemon=True).start(); time.sleep(1000)"
    )
    process = Process(system.service, f"exec {sys.executable} -c '{code}'")
    try:
        thread = Client(system.service, int(process.line()))
        assert thread.cat("tracing_on") == "1\n"
        assert task_of(system, thread.pid).pid == thread.pid != process.pid
    finally:
        process.end()
    client.cat("tracing_on")
    assert thread.pid not in guest_pids(system)


def test_nobody_is_in_user_mode_with_preemption_off(system: System, spawn: Spawn) -> None:
    counts: list[int] = []
    handler = system.machine.hypercalls[HC_USER]
    hot, size = system.symbol("pcpu_hot"), system.abi.size("pcpu_hot")
    offset = system.abi.offset("pcpu_hot", "preempt_count")

    def look(cpu: Cpu) -> int | None:
        counts.append(system.memory.u32(hot + cpu.number * size + offset))
        return handler(cpu)

    system.machine.hypercalls[HC_USER] = look
    try:
        for _ in range(5):
            process = spawn()
            process.workload("fork", 2)
            process.workload("pipe", 2)
            process.ls()
            process.end()
    finally:
        system.machine.hypercalls[HC_USER] = handler
    assert len(counts) > 50
    assert set(counts) == {0}


def test_an_error_inside_an_operation_reaches_the_client(client: Process) -> None:
    with refused(errno.EINVAL):
        client.echo("no_such_tracer", "current_tracer")
    with refused(errno.EINVAL):
        client.echo(0, "buffer_size_kb")
    with refused(errno.ENOENT):
        client.cat("no_such_file")
    with refused(errno.EINVAL), client.open("trace_marker", os.O_RDWR) as file:
        file.read()
    with refused(errno.EBADF):
        client.service.read(10**6, 1, 0, client.caller, lambda: False, False)
    assert client.cat("current_tracer") == "nop\n"


def test_a_directory_is_listed_by_the_client(client: Process) -> None:
    client.echo("iterate_dir", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    assert "current_tracer" in client.ls()
    assert client.ls("per_cpu") == ["cpu0", "cpu1"]
    assert {line.pid for line in client.trace()} == {client.pid}


def test_directories_are_made_and_removed_by_the_client(client: Process) -> None:
    client.echo("vfs_mkdir vfs_rmdir", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    client.service.mkdir("/instances/mine", 0o755, client.caller)
    assert client.ls("instances") == ["mine"]
    with refused(errno.EEXIST):
        client.service.mkdir("/instances/mine", 0o755, client.caller)
    client.service.rmdir("/instances/mine", client.caller)
    with refused(errno.ENOENT):
        client.service.rmdir("/instances/mine", client.caller)
    with refused(errno.EPERM):
        client.service.mkdir("/elsewhere", 0o755, client.caller)
    assert client.ls("instances") == []
    functions = [line.function for line in client.trace()]
    assert functions[:1] == ["vfs_mkdir"]
    assert "vfs_rmdir" in functions


def test_a_stranger_is_served_by_init(system: System) -> None:
    stranger = Client(system.service)
    assert stranger.cat("current_tracer") == "nop\n"
