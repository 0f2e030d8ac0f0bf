"""What a command under ``tracefs run`` does outside the mount is in its traces."""

from __future__ import annotations

import os
import re
import shutil
import signal

import pytest

from tests.mount.conftest import TIMEOUT_S, Command, wait_until

TRACING = "/sys/kernel/tracing"

strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is missing")


@pytest.fixture(params=["caller", "user"])
def run(request: pytest.FixtureRequest, real_tracefs: Command, user_tracefs: Command) -> Command:
    """``tracefs run`` of the emulated kernel, as whoever runs the tests and as an ordinary user."""
    if request.param == "caller":
        return real_tracefs
    if os.getuid() != 0:
        pytest.skip("the caller is one")
    user_tracefs.module = "tracefs"
    return user_tracefs


def output(run: Command, script: str, *options: str) -> str:
    done = run("run", *options, "--", "bash", "-c", f"cd {TRACING}\n{script}")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


TRUE = """
echo $$
echo kernel_clone begin_new_exec do_exit > set_ftrace_filter
echo function > current_tracer
/bin/true
echo 0 > tracing_on
grep -v '#' trace || true
"""


@strace
def test_a_program_that_never_touches_the_mount(run: Command) -> None:
    shell, *lines = output(run, TRUE).splitlines()
    # (A name may be <...> here, as on a real kernel.)
    events = [(line.split()[0].split("-")[-1], line.split(": ")[1]) for line in lines]
    assert (shell, "kernel_clone <-__do_sys_clone") in events
    born = next(pid for pid, what in events if what.startswith("begin_new_exec"))
    assert born != shell
    assert (born, "do_exit <-do_group_exit") in events


KILL = """
echo 1 > events/syscalls/sys_enter_kill/enable
echo 1 > events/signal/signal_generate/enable
exec 2> /dev/null
sleep 9 & kill $!; wait
sleep 9 & kill -9 $!; wait
sh -c 'kill -9 $$'
sh -c 'trap : TERM; kill $$'
echo 0 > tracing_on
echo $$
grep -v '#' trace | grep -v sig=17  # their parents are told
"""


@strace
def test_who_kills(run: Command) -> None:
    shell, *lines = output(run, KILL).splitlines()
    calls = [line for line in lines if "sys_kill(" in line]
    senders = [line.split()[0].split("-")[-1] for line in calls]
    assert senders[:2] == [shell, shell]
    assert shell not in senders[2:]
    # Nobody dies of the last.
    assert [line.rpartition(", ")[2] for line in calls] == ["sig: f)", "sig: 9)", "sig: 9)"]
    sent = [line.split(": ")[2] for line in lines if "signal_generate" in line]
    assert [words.split()[0] for words in sent] == ["sig=15", "sig=9", "sig=9"]


def test_without_the_bridge(run: Command) -> None:
    lines = output(run, TRUE, "--no-bridge").splitlines()[1:]
    assert not [line for line in lines if "kernel_clone <-__do_sys_clone" in line]


def test_a_machine_with_a_seed_has_no_bridge(real_tracefs: Command) -> None:
    lines = output(real_tracefs, TRUE, "--seed", "1").splitlines()[1:]
    assert not [line for line in lines if "kernel_clone <-__do_sys_clone" in line]


@strace
def test_every_fork_comes_before_what_the_child_does_in_the_mount(run: Command) -> None:
    """A child that opens a file of the mount at once has been forked by then, by its parent."""
    script = """
    echo kernel_clone vfs_open > set_ftrace_filter
    echo function > current_tracer
    for i in 1 2 3 4 5 6 7 8 9 10; do (read x < tracing_on; echo $BASHPID); done
    echo 0 > tracing_on
    grep -v '#' trace || true
    """
    lines = output(run, script).splitlines()
    children, trace = lines[:10], lines[10:]
    for child in children:
        opened = next(n for n, line in enumerate(trace) if line.split()[0].endswith(f"-{child}"))
        assert any("kernel_clone" in line for line in trace[:opened])
    assert sum("kernel_clone <-" in line for line in trace) >= 10


@strace
def test_a_count_is_exact(run: Command) -> None:
    script = """
    for i in $(seq 100); do /bin/true; done
    echo begin_new_exec > set_ftrace_filter
    echo function > current_tracer
    for i in $(seq 100); do /bin/true; done
    echo 0 > tracing_on
    grep -c begin_new_exec trace
    """
    assert output(run, script) == "101\n"  # seq is one


@strace
def test_crowds(run: Command) -> None:
    """Many at once, pipes that break, deaths by signals: the guest is well and nothing is left."""
    script = """
    for i in $(seq 40); do sleep 0.01 & done; wait
    yes | head -c 100000 > /dev/null
    for i in $(seq 20); do (kill -9 $BASHPID) & done 2> /dev/null; wait
    python3 -c 'import subprocess; subprocess.run(["true"])' 2> /dev/null
    exec 2> /dev/null
    ls -R /usr/lib | head -20 | wc -l
    cat current_tracer
    grep -c crash .machine/dmesg || true
    """
    done = run("run", "bash", "-c", f"cd {TRACING}\n{script}")
    assert done.stdout == "20\nnop\n0\n"


@strace
def test_strace_that_dies_does_not_take_the_mount(real_tracefs: Command) -> None:
    script = f"cd {TRACING}; echo ready; exec 3< current_tracer; read x; read y <&3; echo $y"
    with real_tracefs.start("run", "bash", "-c", script) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        command = children(process.pid)
        tracer = next(pid for pid in map(tracer_of, command) if pid)
        os.kill(tracer, signal.SIGKILL)
        wait_until(lambda: not any(map(tracer_of, command)))
        process.kill()
        process.wait(TIMEOUT_S)


def children(pid: int) -> list[int]:
    """The processes whose parent is ``pid``."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def tracer_of(pid: int) -> int:
    """Who traces a process; 0 if nobody does, or it is gone."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return int(re.findall(r"TracerPid:\s+(\d+)", file.read())[0])
    except OSError:
        return 0


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill $$", 143)]
)
@strace
def test_exit_status(run: Command, script: str, status: int) -> None:
    assert run("run", "sh", "-c", script).returncode == status


def test_a_machine_without_strace(real_tracefs: Command) -> None:
    real_tracefs.env["PATH"] = "/nonexistent"
    done = real_tracefs("run", "/bin/echo", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert done.stderr.count("\n") == 1
    assert "strace is missing: apt-get install strace" in done.stderr
    assert real_tracefs("run", "--no-bridge", "/bin/true").stderr == ""


MODULES = """
echo $(lsmod | cut -d' ' -f1 | LC_ALL=C sort)
modprobe dummy && modprobe dummy && grep -c '^dummy ' .machine/proc/modules
grep -c '\\[dummy\\]' available_filter_functions
lsmod | grep -E '^dummy +[0-9]+  0'  | wc -l
rmmod dummy && lsmod | grep -c ^dummy || true
modprobe -v dummy numdummies=2; modprobe -v -r dummy; cat .machine/insmod
"""


def test_modules(run: Command) -> None:
    loaded, *lines = output(run, MODULES, "--no-bridge").splitlines()
    assert loaded.split() == ["Module", "crc32c_generic", "ext4"]
    assert lines[0] == "1"
    assert int(lines[1]) > 0
    assert lines[2:6] == ["1", "0", "insmod dummy.ko numdummies=2", "rmmod dummy"]
    assert {"crc32c_generic:", "dummy:", "ext4: crc32c_generic"} <= set(lines[6:])


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("rmmod dummy", "rmmod: ERROR: Module dummy is not currently loaded"),
        ("insmod nosuch.ko", "insmod: ERROR: could not load module nosuch.ko: No such file"),
        ("insmod /etc/passwd", "could not insert module /etc/passwd: Exec format error"),
        ("modprobe nosuch", "modprobe: FATAL: Module nosuch not found in directory /lib/modules/"),
        ("rmmod ext4", "rmmod: ERROR: could not remove module ext4: Resource temporarily"),
        ("rmmod", "rmmod: ERROR: missing module name."),
    ],
)
def test_module_errors(real_tracefs: Command, command: str, message: str) -> None:
    done = real_tracefs("run", "--no-bridge", "sh", "-c", command)
    assert done.returncode == 1
    assert message in done.stderr


@pytest.mark.parametrize(
    "attempt",
    [
        "/sbin/insmod {module}",
        "mount -t tracefs x /mnt",
        "mount -t debugfs x /mnt",
        "cat /proc/1/root/sys/kernel/tracing/trace",
        "umount {tracing}",
        'python3 -c \'import ctypes, os; f = os.open("{module}", 0); '
        'exit(ctypes.CDLL(None).syscall(313, f, b"", 0) != 0)\'',
        # perf_event_open of a host tracepoint
        "python3 -c 'import ctypes, struct; "
        'a = struct.pack("<IIQ", 2, 112, 1) + bytes(96); '
        "exit(ctypes.CDLL(None).syscall(298, a, -1, 0, -1, 0) < 0)'",
    ],
)
def test_the_host_is_out_of_reach(run: Command, repository: str, attempt: str) -> None:
    """Neither its tracing nor its modules."""
    module = f"{repository}/kernel_image/build/x86_64/dummy.ko"
    command = attempt.format(module=module, tracing=TRACING)
    done = run("run", "--no-bridge", "sh", "-c", command)
    assert done.returncode != 0, done.stdout
