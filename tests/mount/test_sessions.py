"""Sessions as users type them, in three shells, on the emulated kernel."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mount.conftest import TIMEOUT_S, wait_until

SHELLS = [["bash"], ["dash"], ["busybox", "sh"]]
BUSYBOX = ["cat", "cp", "ls", "head", "tail", "wc", "grep", "echo", "sleep"]
HEADER_LINES = 11
ENTRY = re.compile(
    r" *(?P<task>\S+)-(?P<pid>\d+) +\[(?P<cpu>\d{3})\] \S{5} +\d+\.\d{6}: (?P<text>.*)"
)


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request: pytest.FixtureRequest) -> list[str]:
    """A shell's command line; busybox's finds its own programs."""
    argv: list[str] = request.param
    if shutil.which(argv[0]) is None:
        pytest.skip(f"no {argv[0]} here")
    return argv


def run(shell: list[str], directory: Path, script: str) -> str:
    """Run a script in a directory; its output, which must be without errors."""
    prefix = ""
    if shell[0] == "busybox":
        prefix = "".join(f'{name}() {{ command busybox {name} "$@"; }}\n' for name in BUSYBOX)
    done = subprocess.run(
        [*shell, "-c", prefix + script],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.stderr == ""
    return done.stdout


def entries(text: str) -> list[re.Match[str]]:
    """The entries of a trace, without its header."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = [ENTRY.fullmatch(line) for line in lines]
    assert None not in found, text
    return [match for match in found if match]


def test_the_readmes_session(shell: list[str], kernel: Path) -> None:
    trace = run(
        shell,
        kernel,
        """
        echo 'vfs_*' > set_ftrace_filter
        echo function > current_tracer
        ls > /dev/null
        cat trace
        """,
    )
    assert trace.startswith("# tracer: function\n#\n# entries-in-buffer/entries-written: ")
    found = entries(trace)
    assert len(trace.splitlines()) == HEADER_LINES + 1 + len(found)
    texts = [entry["text"] for entry in found]
    assert "vfs_open <-path_openat" in texts
    assert texts[-1] == "vfs_read <-ksys_read", "cat's own read is the last that it shows"
    assert all(text.startswith("vfs_") for text in texts)
    listed = re.search(r"entries-written: (\d+)/(\d+)", trace)
    assert listed is not None
    # The header was made before the read that shows it was recorded.
    assert int(listed[1]) in (len(found), len(found) - 1)

    assert run(shell, kernel, "echo nop > current_tracer; cat current_tracer trace").startswith(
        "nop\n# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0 "
    )


def test_programs_read_to_the_end(shell: list[str], kernel: Path) -> None:
    name = "available_filter_functions"
    text = (kernel / name).read_text()
    lines = text.splitlines()
    assert run(shell, kernel, f"cat {name}") == text
    copy = kernel.parent / "copy"
    run(shell, kernel, f"cp {name} {copy}")
    assert copy.read_text() == text
    script = f"wc -l < {name}; grep -c . {name}; head -n 1 {name}; tail -n 1 {name}"
    assert run(shell, kernel, script).splitlines() == [
        str(len(lines)),
        str(len(lines)),
        lines[0],
        lines[-1],
    ]


def test_errors_have_the_kernels_text(kernel: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", "echo nosuch > current_tracer"],
        cwd=kernel,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 1
    assert done.stderr.endswith("echo: write error: Invalid argument\n")


def test_only_the_shells_own_process(shell: list[str], kernel: Path) -> None:
    pid, _, trace = run(
        shell,
        kernel,
        """
        echo ksys_read > set_ftrace_filter
        echo $$ > set_ftrace_pid
        echo function > current_tracer
        echo $$
        ( cat current_tracer current_tracer > /dev/null )
        read tracer < current_tracer
        echo 0 > tracing_on
        echo; cat trace
        """,
    ).split("\n", 2)
    found = entries(trace)
    assert found
    assert {entry["pid"] for entry in found} == {pid}
    assert {entry["text"] for entry in found} == {"ksys_read <-do_syscall_64"}
    assert run(shell, kernel, "cat set_ftrace_pid") == f"{pid}\n"
    assert run(shell, kernel, "echo > set_ftrace_pid; cat set_ftrace_pid") == "no pid\n"


def test_names_of_tasks_that_have_ended(shell: list[str], kernel: Path) -> None:
    trace, saved = run(
        shell,
        kernel,
        """
        echo vfs_open > set_ftrace_filter
        echo function > current_tracer
        ls > /dev/null
        echo 0 > tracing_on
        cat trace; echo ====; cat saved_cmdlines
        """,
    ).split("====\n")
    names = dict(line.split(" ", 1) for line in saved.splitlines())
    tasks = {entry["pid"]: entry["task"] for entry in entries(trace)}
    known = {pid: task for pid, task in tasks.items() if task != "<...>"}
    assert "ls" in known.values() or "busybox" in known.values()
    assert known.items() <= names.items()


def test_each_cpu_has_its_part(shell: list[str], kernel: Path) -> None:
    run(shell, kernel, "for i in 1 2 3 4 5 6 7 8; do echo $i > trace_marker; done")
    whole = {entry["text"] for entry in entries((kernel / "trace").read_text())}
    parts: set[str] = set()
    for cpu in ("0", "1"):
        part = entries(run(shell, kernel, f"cat per_cpu/cpu{cpu}/trace"))
        assert {entry["cpu"] for entry in part} <= {f"00{cpu}"}
        parts |= {entry["text"] for entry in part}
        stats = run(shell, kernel, f"head -n 2 per_cpu/cpu{cpu}/stats")
        assert stats == f"entries: {len(part)}\noverrun: 0\n"
    assert parts == whole == {f"tracing_mark_write: {i}" for i in range(1, 9)}


def test_instances_trace_apart(shell: list[str], kernel: Path) -> None:
    top, instance = run(
        shell,
        kernel,
        """
        mkdir instances/foo
        echo vfs_open > instances/foo/set_ftrace_filter
        echo ksys_write > set_ftrace_filter
        echo function > instances/foo/current_tracer
        echo function > current_tracer
        ls > /dev/null
        echo mine > instances/foo/trace_marker
        echo 0 > tracing_on; echo 0 > instances/foo/tracing_on
        cat trace; echo ====; cat instances/foo/trace
        """,
    ).split("====\n")
    assert {entry["text"] for entry in entries(top)} == {"ksys_write <-do_syscall_64"}
    assert {entry["text"] for entry in entries(instance)} == {
        "vfs_open <-path_openat",
        "tracing_mark_write: mine",
    }
    script = "echo nop > instances/foo/current_tracer; rmdir instances/foo; ls instances"
    assert run(shell, kernel, script) == ""


@contextmanager
def reader(shell: list[str], kernel: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``cat trace_pipe``, waiting for its first entry."""
    cat = ["busybox", "cat"] if shell[0] == "busybox" else ["cat"]
    with subprocess.Popen([*cat, "trace_pipe"], cwd=kernel, stdout=subprocess.PIPE) as process:
        try:
            wait_until(lambda: _blocked(process.pid))
            yield process
        finally:
            process.kill()


def _blocked(pid: int) -> bool:
    # It has the file open and sleeps; where it should not sleep yet, the tests wait for it anyway.
    try:
        links = [link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir()]
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return "trace_pipe" in links and state in "SD"


def test_a_waiting_reader_gets_lines_as_they_come_and_ends_by_ctrl_c(
    shell: list[str], kernel: Path
) -> None:
    with reader(shell, kernel) as cat:
        assert cat.stdout is not None
        for text in ("one", "two"):
            run(shell, kernel, f"echo {text} > trace_marker")
            line = cat.stdout.readline().decode()
            assert line.endswith(f": tracing_mark_write: {text}\n")
        cat.send_signal(signal.SIGINT)
        start = time.monotonic()
        assert cat.wait(TIMEOUT_S) == -signal.SIGINT
        assert time.monotonic() - start < 1.0
    # What it has read is gone from the buffer, and the next reader may come.
    assert entries(run(shell, kernel, "cat trace")) == []
    with reader(shell, kernel):
        pass


def test_a_waiting_reader_ends_when_tracing_is_turned_off(shell: list[str], kernel: Path) -> None:
    with reader(shell, kernel) as cat:
        assert cat.stdout is not None
        run(shell, kernel, "echo last > trace_marker")
        assert cat.stdout.readline().decode().endswith(": tracing_mark_write: last\n")
        run(shell, kernel, "echo 0 > tracing_on")
        assert cat.wait(TIMEOUT_S) == 0
        assert cat.stdout.read() == b""
