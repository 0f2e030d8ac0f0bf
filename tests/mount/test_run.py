"""``tracefs run``: what the command sees, and that nobody else does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.mount.conftest import TIMEOUT_S, Command, alive, wait_until

TRACING = "/sys/kernel/tracing"
DEBUG = "/sys/kernel/debug"


@pytest.fixture(params=["caller", "user"])
def run(request: pytest.FixtureRequest, tracefs: Command, user_tracefs: Command) -> Command:
    """``tracefs run``, as whoever runs the tests (root, often) and as an ordinary user."""
    command = tracefs if request.param == "caller" else user_tracefs
    if os.getuid() != 0 and request.param == "user":
        pytest.skip("the caller is one")
    return command


def output(run: Command, script: str) -> str:
    done = run("run", "sh", "-c", script)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_both_places(run: Command) -> None:
    places = f"{TRACING} {DEBUG}/tracing"
    script = f"for d in {places}; do cat $d/current_tracer; echo x > $d/current_tracer; done"
    assert output(run, script) == "nop\nx\n"


def test_directories_and_signposts(run: Command) -> None:
    """As libtracefs 1.6 reads the table: fscanf("%*s %s %s %*s %*d %*d"), \\v being space."""
    words = re.split(r"[ \t\n\v\f\r]+", output(run, "cat /proc/mounts"))
    lines = [tuple(words[i : i + 2]) for i in range(len(words) - 1)]
    assert (TRACING, "tracefs") in lines
    assert (DEBUG, "debugfs") in lines


def test_first_line_that_names_tracefs(run: Command) -> None:
    """ftracetest takes its second field. (An ordinary user also sees mounts made before.)"""
    script = "grep -a tracefs /proc/mounts | cut -f2 -d' '"
    foreign = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    places = output(run, script).split()
    assert next(place for place in places if place not in foreign) == TRACING


def test_proc_files(run: Command) -> None:
    if os.path.exists("/proc/kallsyms"):
        assert output(run, "cat /proc/kallsyms") == "ffffffff81000000 T _text\n"
    enabled = "/proc/sys/kernel/ftrace_enabled"
    assert output(run, f"echo 0 >> {enabled}; cat {enabled}") == "1\n0\n"
    assert output(run, "cat /proc/sys/kernel/ostype") == "Linux\n"


def mounts_below_sys() -> list[str]:
    lines = Path("/proc/mounts").read_text().splitlines()
    return [line for line in lines if line.split()[1].startswith(("/sys", "/proc"))]


def test_nothing_is_seen_outside(run: Command) -> None:
    before = mounts_below_sys()
    with run.start("run", "sh", "-c", f"cat {TRACING}/current_tracer; exec sleep 60") as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "nop\n"
            assert mounts_below_sys() == before
            assert not os.path.exists(f"{TRACING}/pipe")
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill $$", 143)]
)
def test_exit_status(run: Command, script: str, status: int) -> None:
    assert run("run", "sh", "-c", script).returncode == status


def test_command_that_does_not_exist(run: Command) -> None:
    done = run("run", "no-such-command")
    assert done.returncode == 127
    assert done.stderr == "tracefs run: no-such-command: No such file or directory\n"
    assert run("run", "/etc/passwd").returncode == 126


def test_options_of_the_command_are_its_own(run: Command) -> None:
    assert run("run", "echo", "--cpus", "3", "-h").stdout == "--cpus 3 -h\n"
    assert run("run", "--cpus", "1", "--", "echo", "--", "x").stdout == "-- x\n"


def test_without_a_command_it_is_the_shell(run: Command) -> None:
    run.env["SHELL"] = "/bin/pwd"
    assert run("run").returncode == 0


def test_the_command_keeps_its_directory(tracefs: Command) -> None:
    assert tracefs("run", "pwd").stdout == f"{tracefs.cwd}\n"


def test_the_hosts_tracing_is_out_of_reach(run: Command) -> None:
    refused = (
        "mount -t tracefs x /mnt",
        "mount -t tmpfs x /mnt",
        f"umount {TRACING}",
        f"umount {DEBUG}",
        "ls /proc/1/root",
        f"mkdir {DEBUG}/x",
        "cat /proc/sys/kernel/pid_max > /proc/sys/kernel/pid_max",
    )
    for command in refused:
        assert run("run", "sh", "-c", command).returncode != 0, command


def test_no_forbidden_capability(run: Command) -> None:
    from tracefs.run import FORBIDDEN

    for line in output(run, "grep Cap /proc/self/status").splitlines():
        held = int(line.split()[1], 16)
        assert [name for name, bit in FORBIDDEN.items() if held >> bit & 1] == [], line


def test_ends_with_its_supervisor(run: Command) -> None:
    """Even if that is killed: no daemon and no command stay behind."""
    script = f"cat {TRACING}/pid; echo; echo $$; exec sleep 60"
    with run.start("run", "sh", "-c", script) as process:
        assert process.stdout
        pids = [int(process.stdout.readline()) for _ in range(2)]
        assert all(alive(pid) for pid in pids)
        process.kill()
        wait_until(lambda: not any(alive(pid) for pid in pids))


def test_sigterm_goes_to_the_command(run: Command) -> None:
    script = f"trap 'exit 9' TERM; cat {TRACING}/pid; echo; while :; do sleep 0.05; done"
    with run.start("run", "sh", "-c", script) as process:
        try:
            assert process.stdout
            daemon = int(process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            assert process.wait(TIMEOUT_S) == 9
        finally:
            process.kill()
    assert not alive(daemon)


def test_daemon_that_dies_does_not_take_the_command(run: Command) -> None:
    script = f"kill -9 $(cat {TRACING}/pid); sleep 0.1; ls {TRACING} 2>/dev/null || echo gone"
    assert output(run, script) == "gone\n"


def test_boot_fails(run: Command) -> None:
    run.env["FAKE_BOOT"] = "user-error"
    done = run("run", "true")
    assert (done.returncode, done.stderr) == (1, "tracefs: the image is missing\n")


def test_many_at_once(run: Command) -> None:
    started = [run.start("run", "cat", f"{TRACING}/current_tracer") for _ in range(4)]
    for process in started:
        assert process.communicate(timeout=TIMEOUT_S) == ("nop\n", "")


@pytest.fixture
def poor(tracefs: Command) -> Command:
    """``tracefs run`` as root of a machine whose kernel has no tracing at all."""
    if os.getuid() != 0:
        pytest.skip("only root can cover directories")
    script = """
        mount -t tmpfs x /sys/kernel && mkdir /sys/kernel/mm && echo 1 >/sys/kernel/mm/x &&
        mount -t tmpfs x /proc/sys/kernel && echo 2 >/proc/sys/kernel/ostype && exec "$@"
    """
    tracefs.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
    return tracefs


def test_host_without_tracing(poor: Command) -> None:
    assert output(poor, f"cat {TRACING}/current_tracer {DEBUG}/tracing/current_tracer") == (
        "nop\nnop\n"
    )
    assert output(poor, "cat /sys/kernel/mm/x; ls /sys/kernel") == "1\ndebug\nmm\ntracing\n"
    assert output(poor, "cat /proc/sys/kernel/*") == "1\n2\n"


def test_stdin_reaches_the_command(tracefs: Command) -> None:
    done = subprocess.run(
        tracefs.argv("run", "cat"),
        cwd=tracefs.cwd,
        input="hello",
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    assert done.stdout == "hello"
