"""A guest that dies: the mount stays readable, what would change it is EIO, nothing hangs."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.kernel.client import Process, refused
from tests.kernel.test_reading import Reading
from tracefs.kernel.boot import System

Boot = Callable[..., System]


@pytest.fixture
def doomed(boot: Boot) -> System:
    """A system of its own whose watchdog is impatient."""
    return boot(hang_seconds=0.3)


@pytest.fixture
def processes(doomed: System) -> Iterator[list[Process]]:
    """Three that use it."""
    made = [Process(doomed.service) for _ in range(3)]
    yield made
    for process in made:
        process.end()


@pytest.mark.parametrize("how", ["oops", "hang"])
def test_a_dead_kernel_stays_readable(
    doomed: System, processes: list[Process], how: str, capfd: pytest.CaptureFixture[str]
) -> None:
    one, two, _ = processes
    one.echo("workload_*", "set_ftrace_filter")
    one.echo("function", "current_tracer")
    one.workload("calls", 2)
    reader = two.open("trace")
    before = reader.read()
    marker = two.open("trace_marker", os.O_WRONLY)
    began = time.monotonic()
    with refused(errno.EIO):
        one.workload(how)
    assert time.monotonic() - began < 5
    assert doomed.machine.dead is not None

    # told of, where one looks
    place = {"oops": "workload_write_null+0x", "hang": "workload_loop+0x"}[how]
    said = capfd.readouterr().err
    assert f"IP: {place}" in said
    assert "rip=0x" in said
    assert "? __x64_sys_run_workload+0x" in said
    log = two.cat(".machine/dmesg")
    assert place in log
    assert "guest crash: " in log
    if how == "oops":
        assert "BUG: kernel NULL pointer dereference, address: 0000000000000000" in log
        assert f"RIP: {place}" in log
        assert f"PID: {one.pid} Comm: sleep" in log
        assert "[<" not in log

    # readable
    assert two.cat("current_tracer") == "function\n"
    after = two.cat("trace")
    assert next(line for line in before.decode().splitlines() if line[0] != "#") in after
    assert place.split("+")[0] in after
    reader.position = 0
    assert reader.read().startswith(b"# tracer: function")
    assert "current_tracer" in two.ls()
    assert "workload_leaf" in two.cat("set_ftrace_filter")
    assert two.cat(".machine/cpus").count("online=1") == 2
    with two.open("trace_pipe") as pipe:
        while pipe.read():
            pass  # it ends

    # what would change it
    for path in ("current_tracer", "tracing_on", "trace", ".machine/insmod", ".machine/nmi"):
        with refused(errno.EIO):
            two.echo("nop", path)
    with refused(errno.EIO):
        marker.write(b"late")
    with refused(errno.EIO):
        two.service.mkdir("/instances/late", 0o755, two.caller)
    reader.close()
    marker.close()


def test_a_waiting_reader_does_not_wait_for_a_dead_kernel(
    doomed: System, processes: list[Process]
) -> None:
    one, two, three = processes
    three.cat("tracing_on")
    reading = Reading(two.open("trace_pipe"))
    assert reading.waits(doomed)
    with refused(errno.EIO):
        one.workload("oops")
    assert reading.result() == b""


def test_many_clients_survive_a_crash(doomed: System, processes: list[Process]) -> None:
    one, two, three = processes
    stop = threading.Event()
    problems: list[OSError] = []

    def use(process: Process) -> None:
        while not stop.is_set():
            try:
                assert process.cat("current_tracer") == "nop\n"
                process.echo("1", "tracing_on")
            except OSError as problem:
                problems.append(problem)
                time.sleep(0.01)

    threads = [threading.Thread(target=use, args=(each,)) for each in (two, three)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    with refused(errno.EIO):
        one.workload("oops")
    time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert {problem.errno for problem in problems} == {errno.EIO}


def test_a_dead_machine_can_be_closed(doomed: System, processes: list[Process]) -> None:
    with refused(errno.EIO):
        processes[0].workload("oops")
    doomed.service.close()


@pytest.mark.parametrize(("wanted", "dumped"), [(0, False), (1, True), (2, True)])
def test_ftrace_dump_on_oops(
    doomed: System, processes: list[Process], wanted: int, dumped: bool
) -> None:
    one, two, _ = processes
    one.echo(wanted, ".machine/proc/sys/kernel/ftrace_dump_on_oops")
    one.echo("workload_*", "set_ftrace_filter")
    one.echo("function", "current_tracer")
    with refused(errno.EIO):
        one.workload("oops")
    log = two.cat(".machine/dmesg")
    assert ("Dumping ftrace buffer:" in log) == dumped
    assert ("workload_write_null <-" in log) == dumped
    assert log.splitlines()[-1].endswith("what it has recorded can still be read")
