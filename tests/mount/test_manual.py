"""The sessions of the manual of 2008 (Documentation/ftrace.txt), typed into a mount."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mount.conftest import TIMEOUT_S, Command

PRELUDE = "usleep() { echo sleep 1 100 > .machine/workload; }\nls() { command ls . > /dev/null; }\n"
LINE = re.compile(r" *\S+-\d+ +\[\d+\] +\d+\.\d{6}: (?P<what>.*)")


@dataclass
class Session:
    """A shell in the tracing directory of a release."""

    release: str
    directory: Path

    @property
    def function(self) -> str:
        """What the function tracer is called."""
        return "ftrace" if self.release == "2.6.27" else "function"

    @property
    def nop(self) -> str:
        """What no tracer is called."""
        return "none" if self.release == "2.6.27" else "nop"

    @property
    def options(self) -> str:
        """The file of options."""
        return "iter_ctrl" if self.release == "2.6.27" else "trace_options"

    def type(self, *lines: str) -> str:
        """Type the lines; what they print. None may fail."""
        done = self.run(*lines)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    def run(self, *lines: str) -> subprocess.CompletedProcess[str]:
        """Type the lines, up to the first that fails."""
        return subprocess.run(
            ["sh", "-ec", PRELUDE + "\n".join(lines)],
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    def trace(self, *lines: str) -> list[str]:
        """What stands behind the time in each line of `trace`, after the lines were typed."""
        text = self.type(*lines, "cat trace").splitlines()
        found = [LINE.fullmatch(line) for line in text if line[:1] != "#"]
        assert all(found), text
        return [line["what"] for line in found if line]


@pytest.fixture(scope="module", params=["2.6.27", "2.6.28", "tip-return", "2.6.29"])
def mounted(
    request: pytest.FixtureRequest, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """One mount of each release."""
    release, directory = request.param, tmp_path_factory.mktemp("debug")
    tracefs = Command(repository, module="tracefs")
    tracefs("mount", directory, "--release", release, check=True)
    session = Session(release, directory)
    if release == "2.6.27":
        session.type("ls", "usleep 1", "echo disable > ftraced_enabled")  # what ran has a name now
    yield session
    tracefs("umount", directory, check=True)


@pytest.fixture
def session(mounted: Session) -> Session:
    """As it is after booting."""
    mounted.type(
        f"echo {mounted.nop} > current_tracer",
        "echo 1 > tracing_enabled",
        "echo > set_ftrace_filter",
        "echo > set_ftrace_notrace",
    )
    return mounted


def functions(events: list[str]) -> set[str]:
    """The functions in events of the function tracer."""
    return {event.partition(" ")[0] for event in events}


def test_function(session: Session) -> None:
    start = (f"echo {session.function} > current_tracer", "echo 1 > tracing_enabled")
    events = session.trace(*start, "usleep 1", "echo 0 > tracing_enabled")
    assert len(events) > 100
    assert all(" <-" in event for event in events)
    assert session.trace("usleep 1") == events
    header = session.type("cat trace").splitlines()[0]
    assert header == f"# tracer: {session.function}"


def test_ftrace_enabled_must_be_set(session: Session) -> None:
    sysctl = ".machine/proc/sys/kernel/ftrace_enabled"
    start = (f"echo {session.function} > current_tracer", "echo 1 > tracing_enabled", "usleep 1")
    assert not session.trace(f"echo 0 > {sysctl}", *start)
    assert session.trace(f"echo 1 > {sysctl}", *start)


def test_options_change_the_lines(session: Session) -> None:
    options = session.options
    assert session.type(f"cat {options}").startswith(
        "print-parent nosym-offset nosym-addr noverbose noraw nohex nobin noblock nostacktrace "
    )
    start = f"echo {session.function} > current_tracer"
    events = session.trace(start, "usleep 1", "echo 0 > tracing_enabled")
    plain = session.trace(f"echo noprint-parent > {options}")
    assert plain == [event.partition(" <-")[0] for event in events]
    offsets = session.trace(f"echo sym-offset > {options}")
    assert all(re.fullmatch(r"[\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+", event) for event in offsets)
    session.type(f"echo nosym-offset > {options}", f"echo sym-addr > {options}")
    addresses = session.trace()
    assert all(re.fullmatch(r"[\w.]+ <[0-9a-f]{8}>", event) for event in addresses)
    session.type(f"echo nosym-addr > {options}", f"echo print-parent > {options}")
    assert session.trace() == events
    session.type(f"echo verbose > {options}")
    assert re.search(r" [\w/]+ +\d+ +\d \d [0-9a-f]{8} ", session.type("cat latency_trace"))
    session.type(f"echo noverbose > {options}")


def test_two_functions(session: Session) -> None:
    two = {"sys_read", "vfs_read"} & set(session.type("cat available_filter_functions").split())
    assert two
    events = session.trace(
        f"echo {' '.join(two)} > set_ftrace_filter",
        f"echo {session.function} > current_tracer",
        "echo 1 > tracing_enabled",
        "cat current_tracer > /dev/null",
        "echo 0 > tracing_enabled",
    )
    assert functions(events) == two
    assert set(session.type("cat set_ftrace_filter").split()) == two


def test_wild_cards_rewrite_and_append(session: Session) -> None:
    known = session.type("cat available_filter_functions").split()
    timers = [name for name in known if name.startswith("hrtimer_")]
    first = next(name for name in known if not name.startswith("hrtimer_"))
    assert timers
    session.type(f"echo {first} > set_ftrace_filter", "echo hrtimer_* > set_ftrace_filter")
    assert session.type("cat set_ftrace_filter").split() == timers
    events = session.trace(f"echo {session.function} > current_tracer", "usleep 1")
    assert events
    assert functions(events) <= set(timers)
    assert session.type("echo > set_ftrace_filter", "cat set_ftrace_filter") == ""
    session.type(f"echo {first} > set_ftrace_filter")
    assert session.type("cat set_ftrace_filter") == f"{first}\n"
    session.type("echo hrtimer_* >> set_ftrace_filter")
    assert session.type("cat set_ftrace_filter").split() == [
        name for name in known if name in (first, *timers)
    ]


def test_notrace(session: Session) -> None:
    events = session.trace(
        "echo '*preempt*' '*lock*' > set_ftrace_notrace",
        f"echo {session.function} > current_tracer",
        "usleep 1",
    )
    assert len(events) > 50
    assert not [name for name in functions(events) if "preempt" in name or "lock" in name]


def test_trace_pipe(session: Session) -> None:
    text = session.type(
        "echo 0 > tracing_enabled",
        f"echo {session.function} > current_tracer",
        "echo 1 > tracing_enabled",
        "usleep 1",
        "echo 0 > tracing_enabled",
        "cat trace_pipe",  # ends: it has given something, and tracing is off
        "echo ---",
        "cat trace",
    )
    out, _, trace = text.partition("---\n")
    assert len(out.splitlines()) > 100
    assert all(LINE.fullmatch(line) for line in out.splitlines())
    assert all(line.startswith("#") for line in trace.splitlines())


def test_a_pipe_in_the_background(session: Session) -> None:
    text = session.type(
        f"echo {session.function} > current_tracer",
        "cat trace_pipe > $PWD/../trace.out.$$ &",
        "echo 1 > tracing_enabled",
        "usleep 1",
        "echo 0 > tracing_enabled",
        "wait $!",
        "cat $PWD/../trace.out.$$",
        "rm $PWD/../trace.out.$$",
    )
    assert len(text.splitlines()) > 100


def test_size_of_the_buffer(session: Session) -> None:
    if session.release == "2.6.27":
        name, default, size = "trace_entries", "65620", "100045"
    else:
        name, default, size = "buffer_size_kb", "1408", "10000"
    assert session.type(f"cat {name}") == f"{default}\n"
    session.type(f"echo {session.nop} > current_tracer", f"echo {size} > {name}")
    assert session.type(f"cat {name}") == f"{size}\n"
    assert session.run(f"echo 1000000000000 > {name}").returncode
    session.type(f"echo {default} > {name}")
    assert session.type(f"cat {name}") == f"{default}\n"


def test_sched_switch(session: Session) -> None:
    events = session.trace(
        "echo sched_switch > current_tracer",
        "echo 1 > tracing_enabled",
        "usleep 1",
        "echo 0 > tracing_enabled",
    )
    cpu = r"(\[\d{3}\] )?"
    line = re.compile(rf" +\d+: *\d+:[RSDX] (==>|  \+) {cpu} *\d+: *\d+:[RSDX]")
    assert all(map(line.fullmatch, events))
    assert any("==>" in event for event in events)
    assert any("  + " in event for event in events)


@pytest.mark.parametrize("tracer", ["irqsoff", "preemptoff", "preemptirqsoff"])
def test_latencies(session: Session, tracer: str) -> None:
    assert tracer in session.type("cat available_tracers").split()
    text = session.type(
        f"echo {tracer} > current_tracer",
        "echo 0 > tracing_max_latency",
        "echo 1 > tracing_enabled",
        "ls",
        "echo 0 > tracing_enabled",
        "cat latency_trace",
    )
    head = text.splitlines()
    assert head[0] == f"# tracer: {tracer}"
    assert head[2].startswith(f"{tracer} latency trace v1.1.5 on ")
    latency = re.search(r"^ latency: (\d+) us, #\d+/\d+, CPU#\d \| \(M:preempt VP:0", text, re.M)
    assert latency
    assert int(latency[1]) == int(session.type("cat tracing_max_latency"))
    assert " => started at: " in text
    assert " => ended at:   " in text


WAKEUP = """
cd /sys/kernel/debug/tracing
echo wakeup > current_tracer
echo 0 > tracing_max_latency
echo 1 > tracing_enabled
chrt -{} 5 sleep 0.1
echo 0 > tracing_enabled
cat latency_trace
"""


@pytest.mark.parametrize(
    ("release", "option", "policy"),
    [("2.6.27", "f", 1), ("2.6.28", "r", 2), ("tip-return", "f", 1), ("2.6.29", "r", 2)],
)
def test_wakeup(repository: Path, release: str, option: str, policy: int) -> None:
    tracefs = Command(repository, module="tracefs")
    session = WAKEUP.format(option)
    done = tracefs("run", "--release", release, "--", "sh", "-ec", session)
    allowed = subprocess.run(["chrt", f"-{option}", "5", "true"], check=False)
    assert done.returncode == allowed.returncode, done.stderr
    if allowed.returncode:
        return  # an ordinary user may not make a task a real-time one
    head = done.stdout.splitlines()
    assert head[0] == "# tracer: wakeup"
    assert head[2].startswith("wakeup latency trace v1.1.5 on ")
    assert re.match(r" latency: \d+ us, #\d+/\d+, CPU#\d \| ", head[4])
    task = rf"    \| task: \S+-\d+ \(uid:\d+ nice:0 policy:{policy} rt_prio:5\)"
    assert re.fullmatch(task, head[6])
    assert " => started at: " not in done.stdout
    assert re.search(r"us[ +!]: \S+ \(try_to_wake_up\)$", done.stdout, re.M)


def test_a_program_ends_tracing(session: Session) -> None:
    session.type(f"echo {session.function} > current_tracer", "echo 1 > tracing_enabled")
    with open(session.directory / "tracing_enabled", "wb", buffering=0) as switch:
        session.type("usleep 1")
        assert switch.write(b"0") == 1
    assert session.type("cat tracing_enabled") == "0\n"
    events = session.trace()
    assert events
    assert session.trace("usleep 1") == events
