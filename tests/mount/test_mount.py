"""``tracefs mount`` and ``tracefs umount``: what whoever types them sees."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.mount.conftest import TIMEOUT_S, Command, alive, wait_until

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="root mounts directly")


def daemon_of(mount: Path) -> int:
    return int((mount / "pid").read_text())


def failure(command: subprocess.CompletedProcess[str]) -> str:
    """The one line of a failed command."""
    assert command.returncode == 1, command
    assert command.stdout == ""
    assert command.stderr.startswith("tracefs: ")
    assert command.stderr.count("\n") == 1, command.stderr
    return command.stderr.removeprefix("tracefs: ").rstrip("\n")


def test_mount_and_umount(tracefs: Command, directory: Path) -> None:
    assert tracefs("mount", directory, check=True).stderr == ""
    assert (directory / "current_tracer").read_text() == "nop\n"
    daemon = daemon_of(directory)
    assert tracefs("umount", directory, check=True).stderr == ""
    assert not os.path.ismount(directory)
    wait_until(lambda: not alive(daemon))


def test_source_and_type_in_the_mount_table(mounted: Path) -> None:
    """ftracetest and uftrace look for them."""
    with open("/proc/mounts", encoding="utf-8") as file:
        lines = [line.split() for line in file if str(mounted) in line]
    assert [line[:3] for line in lines] == [["tracefs", str(mounted), "fuse.tracefs"]]


def test_relative_directory(tracefs: Command, directory: Path) -> None:
    relative = os.path.relpath(directory, tracefs.cwd)
    tracefs("mount", relative, check=True)
    assert os.path.ismount(directory)
    tracefs("umount", relative, check=True)
    assert not os.path.ismount(directory)


def test_directory_that_is_not_empty(tracefs: Command, directory: Path) -> None:
    (directory / "mine").write_text("mine")
    tracefs("mount", directory, check=True)
    assert not (directory / "mine").exists()
    tracefs("umount", directory, check=True)
    assert (directory / "mine").read_text() == "mine"


def test_no_directory(tracefs: Command, tmp_path: Path) -> None:
    assert failure(tracefs("mount", tmp_path / "x")) == (
        f"{tmp_path}/x does not exist (mkdir -p {tmp_path}/x)"
    )


def test_a_file(tracefs: Command) -> None:
    assert failure(tracefs("mount", "/etc/passwd")) == "/etc/passwd is not a directory"


def test_mounted_already(tracefs: Command, mounted: Path) -> None:
    message = failure(tracefs("mount", mounted))
    assert message == f"{mounted} is a tracefs mount already (tracefs umount {mounted})"


def test_umount_of_something_else(tracefs: Command, directory: Path) -> None:
    assert failure(tracefs("umount", directory)) == f"{directory} is not a tracefs mount"
    assert failure(tracefs("umount", "/proc")) == "/proc is not a tracefs mount"


def test_umount_while_busy(tracefs: Command, mounted: Path) -> None:
    with open(mounted / "current_tracer", encoding="ascii") as file:
        assert f"{mounted} is busy" in failure(tracefs("umount", mounted))
        assert file.read() == "nop\n"
        tracefs("umount", "--lazy", mounted, check=True)
        assert not os.path.ismount(mounted)


def test_unknown_release(tracefs: Command, directory: Path) -> None:
    done = tracefs("mount", "--release", "9.9", directory)
    assert done.returncode == 2
    assert "unknown release '9.9' (known: 6.1" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--bug", "x"], "unknown bug 'x' (known: "),
        (["--bug", "cmpxchg"], "release 6.1 cannot have the bug 'cmpxchg' (known: none)"),
        (["--cpu-model", "z80"], "unknown CPU model 'z80' (known: p6, pentium, i486)"),
        (["--cpu-model", "i486"], "no i486 runs a kernel of 64 bits (known: p6)"),
    ],
)
def test_unknown_bugs_and_processors(
    tracefs: Command, directory: Path, options: list[str], message: str
) -> None:
    done = tracefs("mount", *options, directory)
    assert done.returncode == 2
    assert f"{message}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not os.path.ismount(directory)


def test_bugs_are_listed(tracefs: Command) -> None:
    text = tracefs("bugs", check=True).stdout
    assert "cmpxchg  (S20; 2.6.27, 2.6.28, tip-return)\n    the fifth byte" in text
    assert text.count("    to see it: tracefs ") == text.count("  (S")


def test_a_bug_and_a_processor_in_a_mount(real_tracefs: Command, directory: Path) -> None:
    old = ["--release", "2.6.28", "--cpu-model", "i486", "--bug", "jmp-zeros"]
    real_tracefs("mount", directory, *old, "--bug", "return-address", check=True)
    machine = directory / ".machine"
    assert "eb 03 00 00 00" in (machine / "records").read_text()
    assert (machine / "cpu_model").read_text() == "p6 pentium [i486]\n"
    marked = [
        line.split()[1]
        for line in (machine / "bugs").read_text().splitlines()
        if line.startswith("*")
    ]
    assert marked == ["jmp-zeros", "return-address"]
    (machine / "bugs").write_text("!return-address\n")
    real_tracefs("umount", directory, check=True)


@pytest.mark.parametrize(
    ("boot", "message"),
    [("user-error", "the image is missing"), ("crash", "ValueError: no such thing")],
)
@pytest.mark.parametrize("foreground", [False, True])
def test_boot_fails(
    tracefs: Command, directory: Path, boot: str, message: str, foreground: bool
) -> None:
    tracefs.env["FAKE_BOOT"] = boot
    done = tracefs("mount", directory, *["--foreground"] * foreground)
    if foreground and boot == "crash":
        assert message in done.stderr  # after its traceback
    else:
        assert failure(done) == message
    assert not os.path.ismount(directory)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_daemon_and_the_mount(mounted: Path, number: signal.Signals) -> None:
    daemon = daemon_of(mounted)
    reader = subprocess.Popen(["cat", mounted / "pipe"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.1)
        os.kill(daemon, number)
        wait_until(lambda: not alive(daemon))
        assert reader.wait(TIMEOUT_S) != 0
    finally:
        reader.kill()
        reader.wait()
    assert not os.path.ismount(mounted)
    assert os.listdir(mounted) == []


def test_a_killed_daemon_leaves_no_mount(tracefs: Command, mounted: Path) -> None:
    os.kill(daemon_of(mounted), signal.SIGKILL)

    def gone() -> bool:
        with contextlib.suppress(OSError):  # not connected any more, not unmounted yet
            return mounted.stat().st_ino != 0 and not os.path.ismount(mounted)
        return False

    wait_until(gone)
    tracefs("mount", mounted, check=True)
    assert os.path.ismount(mounted)


@needs_root
def test_a_dead_mount_is_replaced(tracefs: Command, directory: Path, tmp_path: Path) -> None:
    """As a machine without fusermount3 leaves it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "env").symlink_to(shutil.which("env") or "/usr/bin/env")
    without = Command(tracefs.cwd, env={"PATH": str(programs)})
    without("mount", directory, check=True)
    daemon = daemon_of(directory)
    os.kill(daemon, signal.SIGKILL)
    wait_until(lambda: not alive(daemon))
    with pytest.raises(OSError, match=r"not connected|abort"):
        os.listdir(directory)
    tracefs("mount", directory, check=True)
    assert (directory / "current_tracer").read_text() == "nop\n"


def test_foreground(tracefs: Command, directory: Path) -> None:
    with tracefs.start("mount", "--foreground", directory) as process:
        try:
            wait_until(lambda: os.path.ismount(directory))
            assert daemon_of(directory) == process.pid
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT_S) == 0
        finally:
            process.kill()
    assert not os.path.ismount(directory)


def test_log_on_a_full_disk(tracefs: Command, directory: Path) -> None:
    tracefs("mount", "--log", "/dev/full", directory, check=True)
    for _ in range(3):
        with pytest.raises(OSError, match="Input/output"):
            (directory / "crash").read_bytes()
    assert (directory / "current_tracer").read_text() == "nop\n"


def test_log(tracefs: Command, directory: Path, tmp_path: Path) -> None:
    log = tmp_path / "new" / "log"
    tracefs("mount", "--log", log, directory, check=True)
    with pytest.raises(OSError, match="Input/output"):
        (directory / "crash").read_bytes()
    assert "ValueError: crash" in log.read_text()


def test_sigusr1_logs_where_threads_stand(
    tracefs: Command, directory: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    tracefs("mount", "--log", log, directory, check=True)
    os.kill(daemon_of(directory), signal.SIGUSR1)
    wait_until(lambda: "most recent call first" in log.read_text())
    assert (directory / "current_tracer").read_text() == "nop\n"


def test_output_of_the_command_ends_with_it(tracefs: Command, directory: Path) -> None:
    """``x=$(tracefs mount DIR)`` must not wait for the daemon."""
    done = subprocess.run(
        ["sh", "-c", 'x=$("$@" 2>&1); echo "<$x>"', "sh", *tracefs.argv("mount", directory)],
        cwd=tracefs.cwd,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    assert done.stdout == "<>\n"


def test_two_mounts(tracefs: Command, mounted: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    tracefs("mount", other, check=True)
    try:
        (other / "current_tracer").write_text("function\n")
        assert (mounted / "current_tracer").read_text() == "nop\n"
    finally:
        tracefs("umount", "--lazy", other, check=True)


def test_ordinary_user(user_tracefs: Command, tmp_path: Path) -> None:
    directory = tmp_path / "user" / "mnt"
    script = (
        'mkdir "$0" && "$@" mount "$0" && cat "$0/current_tracer" && "$@" umount "$0" && rmdir "$0"'
    )
    program = user_tracefs.argv()[len(user_tracefs.prefix) :]
    done = subprocess.run(
        [*user_tracefs.prefix, "sh", "-c", script, directory, *program],
        env=user_tracefs.environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "nop\n", "")


@needs_root
@pytest.mark.parametrize("subcommand", ["mount", "run"])
def test_machine_without_fuse(tracefs: Command, directory: Path, subcommand: str) -> None:
    script = 'mount -t tmpfs x /dev && exec "$@"'
    tracefs.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
    message = failure(tracefs(subcommand, directory))
    assert message.startswith("/dev/fuse is missing: modprobe fuse")


@needs_root
def test_fuse_that_is_closed_to_users(user_tracefs: Command, directory: Path) -> None:
    user_tracefs.env["FUSE_MODE"] = "600"
    message = failure(user_tracefs("mount", directory))
    assert message == "/dev/fuse is not open to you: chmod 666 /dev/fuse as root"


def test_help_shows_examples(tracefs: Command) -> None:
    for arguments in ([], ["mount"], ["run"], ["umount"]):
        text = tracefs(*arguments, "--help", check=True).stdout
        assert "example" in text
        assert "tracefs " + (arguments[0] if arguments else "mount") in text


def test_releases(tracefs: Command) -> None:
    assert "6.1  (default)\n" in tracefs("releases", check=True).stdout
