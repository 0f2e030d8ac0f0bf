"""Names of the mount in the guest's dentry cache: made at first use, kept, and never in the way."""

from __future__ import annotations

import errno
from collections.abc import Callable

from tests.kernel.client import Client, Process, refused
from tests.kernel.test_clients import task_of
from tracefs.kernel.boot import System
from tracefs.kernel.files import MOUNT_POINT

NR_STAT = 4


def test_a_name_is_made_once(client: Process) -> None:
    client.echo("d_alloc_parallel vfs_open", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    client.put("", "trace")
    for _ in range(3):
        client.cat("buffer_percent")
    functions = [line.function for line in client.trace()]
    assert functions.count("d_alloc_parallel") <= 1  # none if another test was here before
    assert functions.count("vfs_open") == 3 + 1  # and trace itself


def test_an_instances_names_go_with_it(client: Process) -> None:
    for _ in range(2):
        client.service.mkdir("/instances/foo", 0o755, client.caller)
        with refused(errno.EEXIST):
            client.service.mkdir("/instances/foo", 0o755, client.caller)
        assert client.cat("instances/foo/tracing_on") == "1\n"
        assert "tracing_on" in client.service.readdir("/instances/foo", client.caller)
        client.service.rmdir("/instances/foo", client.caller)
        with refused(errno.ENOENT):
            client.cat("instances/foo/tracing_on")


def test_what_could_not_be_made_is_not_remembered(boot: Callable[..., System]) -> None:
    client = Client(boot().service)  # whose kernel does not know the name yet
    with refused(errno.EPERM):
        client.service.mkdir("/available_tracers", 0o755, client.caller)
    assert "nop" in client.cat("available_tracers")


def test_a_name_taken_for_a_file_can_be_a_directory(system: System, client: Process) -> None:
    client.cat("tracing_on")
    task = task_of(system, client.pid)
    name = MOUNT_POINT + b"/options\0"
    with system.machine.lock:
        system.memory.write(task.user_buf, name)
        room = task.user_buf + len(name)
        assert system.syscalls.run(task, NR_STAT, task.user_buf, room) == 0
    assert "overwrite" in client.service.readdir("/options", client.caller)
    assert client.cat("options/overwrite") == "1\n"
