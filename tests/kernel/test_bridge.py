"""Lines of strace put through to the guest: processes, descriptors, and nothing that harms it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernel.client import Client
from tests.kernel.conftest import IMAGE, make_system
from tests.kernel.test_clients import comm, guest_pids, task_of
from tracefs.bridge.bridge import Bridge
from tracefs.bridge.calls import NAMES
from tracefs.bridge.lines import Parser
from tracefs.bridge.replay import Replay
from tracefs.kernel.boot import System

PIDS = count(3_000_000, 10)
LIBRARY = "/lib/x86_64-linux-gnu/libc.so.6"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """A system of this module's own: its init task is prepared for the bridge."""
    system = make_system()
    yield system
    system.service.close()


class Told:
    """A guest that is told lines; ``{0}``, ``{1}``, ... in them are pids of this test's own."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.parser = Parser()
        self.replay = Replay(system.syscalls, system.clients, system.memory)
        self.first = next(PIDS)

    def pid(self, number: int) -> int:
        return self.first + number

    def tell(self, text: str) -> None:
        pids = [self.pid(number) for number in range(10)]
        text = "".join(f"{line.strip()}\n" for line in text.strip().splitlines())
        for number, pid in enumerate(pids):
            text = text.replace(f"<{number}>", str(pid))
        with self.system.machine.lock:
            for line in self.parser.feed(text.encode()):
                self.replay.put(line)
            self.system.syscalls.settle()

    def calls(self, functions: str, text: str) -> list[tuple[int, str]]:
        """Which of the functions ran meanwhile: (pid, name)."""
        client = Client(self.system.service)
        client.echo(functions, "set_ftrace_filter")
        client.echo("function", "current_tracer")
        self.tell(text)
        client.echo(0, "tracing_on")
        found = [(line.pid - self.first, line.function) for line in client.trace()]
        client.echo("nop", "current_tracer")
        client.echo("", "set_ftrace_filter")
        client.echo(1, "tracing_on")
        return [(number, name) for number, name in found if 0 <= number < 10]


@pytest.fixture
def told(system: System) -> Iterator[Told]:
    told = Told(system)
    yield told
    told.tell("".join(f"<{number}> +++ killed by SIGKILL +++\n" for number in range(10)))
    assert system.machine.dead is None
    assert not {told.pid(number) for number in range(10)} & guest_pids(system)


def test_fork_exec_exit(system: System, told: Told) -> None:
    told.tell('<0> execve("/usr/bin/bash", [...], 0x7ff /* 3 vars */) = 0')
    assert comm(system, task_of(system, told.pid(0))) == b"bash"
    told.tell("<0> clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = <1>")
    assert comm(system, task_of(system, told.pid(1))) == b"bash"
    told.tell('<1> execve("/bin/true", [...], 0x7ff /* 3 vars */) = 0')
    assert comm(system, task_of(system, told.pid(1))) == b"true"
    told.tell("<1> exit_group(0) = ?\n<1> +++ exited with 0 +++")
    assert told.pid(1) in guest_pids(system)  # a zombie until its parent waits
    told.tell("<0> wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = <1>")
    assert told.pid(1) not in guest_pids(system)


def test_the_chains_are_the_kernels(told: Told) -> None:
    told.tell('<0> execve("/bin/sh", [...], 0x7ff /* 3 vars */) = 0')
    functions = "kernel_clone begin_new_exec do_sys_openat2 do_exit wait_task_zombie"
    assert told.calls(
        functions,
        f"""
        <0> vfork( <unfinished ...>
        <1> execve("/bin/true", [...], 0x7ff /* 3 vars */ <unfinished ...>
        <0> <... vfork resumed>) = <1>
        <1> <... execve resumed>) = 0
        <1> openat(AT_FDCWD</tmp>, "{LIBRARY}", O_RDONLY|O_CLOEXEC) = 3<{LIBRARY}>
        <1> +++ exited with 1 +++
        <0> wait4(-1, [{{WIFEXITED(s) && WEXITSTATUS(s) == 1}}], 0, NULL) = <1>
        """,
    ) == [
        (0, "kernel_clone"),
        (1, "begin_new_exec"),
        (1, "do_sys_openat2"),
        (1, "do_exit"),
        (0, "wait_task_zombie"),
    ]


def test_a_child_may_end_before_the_line_that_made_it(system: System, told: Told) -> None:
    told.tell(
        """
        <0> close(9) = -1 EBADF (Bad file descriptor)
        <0> vfork( <unfinished ...>
        <1> execve("/bin/true", [...], 0x7ff /* 3 vars */) = 0
        <1> +++ exited with 0 +++
        <0> <... vfork resumed>) = <1>
        <0> wait4(<1>, NULL, 0, NULL) = <1>
        """
    )
    assert told.pid(1) not in guest_pids(system)
    assert told.pid(0) in guest_pids(system)


def test_children_that_nobody_waits_for_do_not_pile_up(system: System, told: Told) -> None:
    before = len(guest_pids(system))
    told.tell("<0> close(9) = -1 EBADF (Bad file descriptor)")
    for pid in range(3_900_000, 3_900_200):
        told.tell(f"<0> fork() = {pid}\n{pid} +++ exited with 0 +++")
    assert len(guest_pids(system)) <= before + 1 + 64


def test_a_thread_shares_descriptors(told: Told) -> None:
    flags = "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD"
    told.tell(
        f"""
        <0> clone3({{flags={flags}, exit_signal=0}} => {{parent_tid=[<1>]}}, 88) = <1>
        <1> openat(AT_FDCWD</>, "/etc/passwd", O_RDONLY) = 3</etc/passwd>
        """
    )
    reads = told.calls("vfs_read", '<0> read(3</etc/passwd>, ""..., 4096) = 1221')
    assert reads == [(0, "vfs_read")]


def test_descriptors(told: Told) -> None:
    """What a shell does for ``{ read x; } < file``."""
    told.tell(
        """
        <0> openat(AT_FDCWD</tmp>, "file", O_RDONLY) = 3</tmp/file>
        <0> fcntl(0</dev/null>, F_DUPFD_CLOEXEC, 10) = 10</dev/null>
        <0> dup2(3</tmp/file>, 0) = 0</tmp/file>
        <0> close(3</tmp/file>) = 0
        """
    )
    read = '<0> read(0</tmp/file>, ""..., 4096) = 3'
    assert told.calls("shmem_file_read_iter read_null", read) == [(0, "shmem_file_read_iter")]
    told.tell("<0> dup2(10</dev/null>, 0) = 0</dev/null>\n<0> close(10</dev/null>) = 0")
    assert told.calls("shmem_file_read_iter read_null", read) == [(0, "read_null")]


def test_exec_closes(told: Told) -> None:
    told.tell(
        """
        <0> openat(AT_FDCWD</tmp>, "kept", O_RDONLY) = 3</tmp/kept>
        <0> openat(AT_FDCWD</tmp>, "closed", O_RDONLY|O_CLOEXEC) = 4</tmp/closed>
        <0> fcntl(3</tmp/kept>, F_SETFD, 0) = 0
        <0> execve("/bin/cat", [...], 0x7ff /* 3 vars */) = 0
        """
    )
    assert told.calls("vfs_read", '<0> read(4<socket:[5]>, ""..., 9) = 9') == []
    assert told.calls("vfs_read", '<0> read(3</tmp/kept>, ""..., 9) = 9') == [(0, "vfs_read")]


def test_a_pipe_never_waits_and_never_kills(system: System, told: Told) -> None:
    told.tell("<0> pipe2([3<pipe:[1]>, 4<pipe:[1]>], 0) = 0")
    read = '<0> read(3<pipe:[1]>, ""..., 4096) = 5'
    assert told.calls("pipe_read", f"{read}\n" * 2) == [(0, "pipe_read")] * 2
    write = '<0> write(4<pipe:[1]>, ""..., 4096) = 4096'
    told.tell(f"{write}\n" * 40)
    told.tell(f"<0> close(3<pipe:[1]>) = 0\n{write}")
    assert told.pid(0) in guest_pids(system)


def test_what_is_done_in_the_mount_is_left_to_the_mount(told: Told) -> None:
    path = "/sys/kernel/tracing"
    told.tell("<0> close(9) = -1 EBADF (Bad file descriptor)")
    assert (
        told.calls(
            "do_sys_openat2 vfs_read vfs_write vfs_mkdir filp_close",
            f"""
            <0> openat(AT_FDCWD<{path}>, "trace", O_WRONLY) = 3<{path}/trace>
            <0> write(3<{path}/trace>, ""..., 5) = 5
            <0> close(3<{path}/trace>) = 0
            <0> openat(AT_FDCWD</tmp>, "/proc/self/../../{path}/trace", O_RDONLY) = 3<{path}/trace>
            <0> mkdir("{path}/instances/x", 0777) = 0
            <0> chdir("{path}/instances") = 0
            <0> mkdir("y", 0777) = 0
            """,
        )
        == []
    )


def test_names(told: Told) -> None:
    told.tell("<0> close(9) = -1 EBADF (Bad file descriptor)")
    calls = told.calls(
        "vfs_mkdir vfs_rmdir vfs_unlink vfs_statx do_faccessat set_fs_pwd iterate_dir",
        """
        <0> mkdir("/tmp/a/b", 0777) = 0
        <0> chdir("/tmp/a/b") = 0
        <0> newfstatat(AT_FDCWD</tmp/a/b>, ".", {st_mode=S_IFDIR|0755, st_size=6, ...}, 0) = 0
        <0> access("nosuch", R_OK) = -1 ENOENT (No such file or directory)
        <0> unlink("x") = 0
        <0> chdir("..") = 0
        <0> rmdir("b") = 0
        <0> openat(AT_FDCWD</tmp/a>, ".", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 3</tmp/a>
        <0> getdents64(3</tmp/a>, 0x55 /* 5 entries */, 32768) = 160
        """,
    )
    assert [name for _, name in calls if name != "set_fs_pwd"] == [
        "vfs_mkdir",
        "vfs_statx",
        "do_faccessat",
        "vfs_unlink",
        "vfs_rmdir",
        "iterate_dir",
    ]


def test_an_i386_guest() -> None:
    system = make_system(release="2.6.28") if IMAGE is None else pytest.skip("one image")
    try:
        told = Told(system)
        told.tell("<0> vfork( <unfinished ...>\n<1> close(9) = -1 EBADF (x)")
        told.tell('<1> openat(AT_FDCWD</tmp>, "x", O_RDONLY) = 3</tmp/x>')
        (process,) = (p for p in told.replay._processes.values() if p.client.pid == told.pid(1))
        assert process.parent == told.pid(0)
        assert process.descriptors[3].number >= 3
        told.tell("<1> +++ exited with 0 +++\n<0> <... vfork resumed>) = <1>")
        assert system.clients.get(told.pid(1)) is None
        assert system.clients.get(told.pid(0)) is not None
    finally:
        system.service.close()


WORDS = st.sampled_from(
    [
        "0</dev/null>", "1<pipe:[2]>", "3</tmp/x>", "4", "-1", '"/tmp/x"', '""...', '"."', '""',
        "AT_FDCWD</tmp>", "O_RDWR|O_CREAT", "O_DIRECTORY", "0x7ff", "[5<pipe:[3]>, 6<pipe:[3]>]",
        "{st_mode=S_IFDIR|0755}", "F_DUPFD", "F_SETFD", "CLONE_FILES", "99999999999999999999",
    ]
)  # fmt: skip
CALL = st.builds(
    lambda pid, name, words, result, end: f"<{pid}> {name}({', '.join(words)}{end}{result}",
    st.integers(0, 3),
    st.sampled_from(NAMES),
    st.lists(WORDS, max_size=5),
    st.sampled_from(["0", "1", "3</tmp/x>", "-1 EBADF (x)", "?", "<2>", "<3>"]),
    st.sampled_from([") = ", " <unfinished ...>"]),
)
END = st.builds("<{}> +++ {} +++".format, st.integers(0, 3), st.sampled_from(["exited with 1"]))


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lines=st.lists(st.one_of(CALL, CALL, CALL, END), max_size=30))
def test_no_line_harms_the_guest(told: Told, lines: list[str]) -> None:
    told.tell("\n".join(lines) or "nothing")
    assert told.system.machine.dead is None


def test_an_operation_comes_after_what_was_written_before(tmp_path: Path) -> None:
    """And the mount goes on when strace ends."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    system = make_system()
    try:
        Bridge(system, str(path))
        client = Client(system.service)
        with open(path, "wb", buffering=0) as fifo:
            for pid in range(3_800_000, 3_800_050):
                fifo.write(f'{pid} execve("/bin/p{pid}", [...], 0x7ff) = 0\n'.encode())
                client.cat("tracing_on")
                assert comm(system, task_of(system, pid)) == b"p%d" % pid
        assert client.cat("current_tracer") == "nop\n"
    finally:
        system.service.close()
