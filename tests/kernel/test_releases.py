"""Mounts that behave as the kernels of 2008: their files, formats and quirks."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable

import pytest

from tests.kernel.client import refused
from tests.seeds.conftest import Era, era

__all__ = ["era"]

Boot = Callable[..., Era]
FILES = [
    "README",
    "available_filter_functions",
    "available_tracers",
    "buffer_size_kb",
    "current_tracer",
    "dyn_ftrace_total_info",
    "failures",
    "latency_trace",
    "set_ftrace_filter",
    "set_ftrace_notrace",
    "trace",
    "trace_options",
    "trace_pipe",
    "tracing_cpumask",
    "tracing_enabled",
    "tracing_max_latency",
    "tracing_on",
    "tracing_thresh",
]
NEW_IN_29 = ["set_ftrace_pid", "set_graph_function", "trace_marker"]
LINE_28 = re.compile(r" *[^ ]+-\d+ +\[\d\d\] +\d+\.\d{6}: \w+ <-\w+\n")
LINE_29 = re.compile(r" *[^ ]+-\d+ +\[\d\d\d\] +\d+\.\d{6}: \w+ <-\w+\n")
OFF = "wakeup preemptirqsoff preemptoff irqsoff"
LATENCY = r".{{8}}-[\d ]{{5}} {}\d[dX.][N.][Hhs.][0-9a-f.] +\d+us[ +!]: \w+ \(\w+\)\n"


def record(era: Era) -> None:
    """Trace a few calls."""
    era.trace_only("vfs_*")
    era.cat("current_tracer")


def lines_of(text: str, header: int) -> tuple[list[str], list[str]]:
    """The header's lines and the others."""
    lines = text.splitlines(keepends=True)
    return lines[:header], lines[header:]


MODES = {"trace_marker": 0o220} | dict.fromkeys(
    (
        "available_filter_functions",
        "available_tracers",
        "current_tracer",
        "dyn_ftrace_total_info",
        "failures",
        "latency_trace",
        "set_graph_function",
        "trace",
    ),
    0o444,
)
"""Those of the others are 0644."""


@pytest.mark.parametrize("release", ["2.6.27", "2.6.28", "tip-return", "2.6.29"])
def test_modes(era: Boot, release: str) -> None:
    old = era(release)
    assert old.service.getattr("/").mode & 0o777 == 0o755
    names = set(old.ls()) - {".machine"}
    sysctls = {"ftrace_enabled", "sched_rt_runtime_us"}
    if release == "2.6.29":
        sysctls.add("ftrace_dump_on_oops")
    assert set(old.ls(".machine/proc/sys/kernel")) == sysctls
    modes = {name: old.service.getattr(f"/{name}").mode & 0o7777 for name in names}
    assert modes == {name: MODES.get(name, 0o644) for name in names}


def test_2_6_28(era: Boot) -> None:
    old = era("2.6.28")
    assert sorted(old.ls()) == [".machine", *sorted(FILES)]
    assert old.cat("available_tracers") == f"{OFF} function sched_switch nop\n"
    assert old.cat("trace_options") == (
        "print-parent nosym-offset nosym-addr noverbose noraw nohex nobin noblock nostacktrace"
        " nosched-tree \n"
    )
    assert old.cat("buffer_size_kb") == "1408\n"
    assert re.fullmatch(r"\d+\n", old.cat("dyn_ftrace_total_info"))
    record(old)
    head, lines = lines_of(old.cat("trace"), 4)
    assert head == [
        "# tracer: function\n",
        "#\n",
        "#           TASK-PID   CPU#    TIMESTAMP  FUNCTION\n",
        "#              | |      |          |         |\n",
    ]
    assert lines
    assert all(map(LINE_28.fullmatch, lines))


def test_2_6_29(era: Boot) -> None:
    new = era("2.6.29")
    assert sorted(new.ls()) == sorted([".machine", *FILES, *NEW_IN_29])
    assert re.fullmatch(r"\d+ 0 0\n", new.cat("dyn_ftrace_total_info"))
    assert "notest_nop_refuse \n" in new.cat("trace_options")
    record(new)
    head, lines = lines_of(new.cat("trace"), 4)
    assert head[2] == "#           TASK-PID    CPU#    TIMESTAMP  FUNCTION\n"
    assert lines
    assert all(map(LINE_29.fullmatch, lines))
    new.echo("hello\nworld", "trace_marker")
    marked = [line.partition(": ")[2] for line in new.cat("trace").splitlines() if ": 0: " in line]
    assert marked == ["0: hello", "0: world"]
    assert new.cat("set_ftrace_pid") == "no pid\n"
    new.echo(0, "set_ftrace_pid")
    assert new.cat("set_ftrace_pid") == "swapper tasks\n"
    new.echo(12, "set_ftrace_pid")
    assert new.cat("set_ftrace_pid") == "12\n"
    new.echo(-1, "set_ftrace_pid")
    with refused(errno.EINVAL):
        new.echo("", "set_ftrace_pid")


def test_tip_return(era: Boot) -> None:
    tip = era("tip-return")
    assert sorted(tip.ls()) == sorted([".machine", *FILES, "trace_marker"])
    assert tip.cat("available_tracers") == f"return {OFF} function sched_switch nop\n"
    record(tip)
    head, lines = lines_of(tip.cat("trace"), 4)
    assert head[2] == "#           TASK-PID    CPU#    TIMESTAMP  FUNCTION\n"
    assert lines
    assert all(map(LINE_29.fullmatch, lines))


@pytest.mark.parametrize(("release", "space"), [("2.6.28", ""), ("2.6.29", "  ")])
def test_latency_trace(era: Boot, release: str, space: str) -> None:
    old = era(release)
    assert old.cat("latency_trace") == "# tracer: nop\n#\n"
    record(old)
    head, lines = lines_of(old.cat("latency_trace"), 18)
    assert head[2] == f"function latency trace v1.1.5 on {release}-tracefs\n"
    assert head[3] == "-" * 68 + "\n"
    assert "(M:preempt VP:0, KP:0, SP:0 HP:0 #P:2)" in head[4]
    assert head[-2].index("|||||") == 15 + len(space)
    assert lines
    assert all(re.fullmatch(LATENCY.format(space), line) for line in lines)


def test_reading_pauses_and_does_not_clear(era: Boot) -> None:
    old = era()
    record(old)
    with old.open("trace") as file:
        old.cat("current_tracer")
        first = b"".join(iter(file.read, b""))
    assert old.cat("trace").startswith(first.decode())
    with refused(errno.EINVAL):
        old.echo("", "trace")
    assert old.cat("trace").startswith(first.decode())


def test_a_trace_ends_with_its_tracer(era: Boot) -> None:
    old = era()
    old.echo("function", "current_tracer")
    old.echo("vfs 5", ".machine/workload")
    with old.open("trace") as file:
        assert file.read(4096)
        old.echo("nop", "current_tracer")
        old.echo("function", "current_tracer")
        assert file.read(4096)  # it is the same again
        old.echo("nop", "current_tracer")
        assert file.read() == b""


@pytest.mark.parametrize(
    ("release", "size", "function", "told"),
    [
        ("2.6.27", "trace_entries", "ftrace", False),
        ("2.6.28", "buffer_size_kb", "function", True),
        ("2.6.29", "buffer_size_kb", "function", True),
    ],
)
@pytest.mark.parametrize("name", ["trace", "latency_trace"])
def test_cpus_begin_where_their_buffers_ran_over(
    era: Boot, release: str, size: str, function: str, told: bool, name: str
) -> None:
    old = era(release, seed=1)
    old.echo(100, size)
    old.echo(function, "current_tracer")
    old.echo("vfs 200", ".machine/workload")
    counts = re.search(r"#(\d+)/(\d+), CPU", old.cat("latency_trace"))
    assert counts
    assert int(counts[1]) < int(counts[2])
    old.echo("vfs 50", ".machine/workload")
    old.echo(0, "tracing_enabled")
    starts = re.findall("^##### CPU \\d buffer started ####$", old.cat(name), re.M)
    assert bool(starts) is told
    assert len(set(starts)) == len(starts)


def test_current_tracer(era: Boot) -> None:
    old = era()
    with refused(errno.EINVAL):
        old.echo("foo", "current_tracer")
    old.echo("preemptirqsoff and what else there is", "current_tracer")
    assert old.cat("current_tracer") == "preemptirqsoff\n"


@pytest.mark.parametrize("bad", ["0x1", "", "x", "1" * 64])
@pytest.mark.parametrize("name", ["tracing_enabled", "tracing_on", "buffer_size_kb"])
def test_numbers(shared_era: Era, name: str, bad: str) -> None:
    with refused(errno.EINVAL):
        shared_era.echo(bad, name)


@pytest.fixture(scope="module")
def shared_era() -> Era:
    """One for tests that change nothing."""
    return Era("2.6.28")


def test_tracing_enabled(era: Boot) -> None:
    old = era()
    record(old)
    old.echo(0, "tracing_enabled")
    assert old.cat("tracing_enabled") == "0\n"
    before = old.cat("trace")
    old.cat("current_tracer")
    assert old.cat("trace") == before
    old.echo(7, "tracing_enabled")
    assert old.cat("tracing_enabled") == "1\n"
    assert len(old.cat("trace")) < len(before)  # starting again empties the buffer


def test_options_by_their_beginning(era: Boot) -> None:
    old = era()
    old.echo("rawhide", "trace_options")
    assert " raw " in old.cat("trace_options")
    old.echo("noraw", "trace_options")
    assert " noraw " in old.cat("trace_options")
    with refused(errno.EINVAL):
        old.echo("ftrace_printk", "trace_options")


def test_cpumask(era: Boot) -> None:
    old = era()
    with old.open("tracing_cpumask") as file:
        assert file.read() == b"ff\n\0\0\0\0\0\0"
    with old.open("tracing_cpumask") as file, refused(errno.EINVAL):
        file.read(1)
    old.echo(2, "tracing_cpumask")
    with old.open("tracing_cpumask") as file:
        assert file.read()[:3] == b"02\n"


def test_a_typo_traces_nothing(era: Boot) -> None:
    old = era()
    old.trace_only("vfs_raed")
    assert old.cat("set_ftrace_filter") == ""
    old.cat("current_tracer")
    assert old.cat("trace").count("\n") == 4
    old.echo("", "set_ftrace_filter")  # no word: what runs goes on as it is
    old.cat("current_tracer")
    assert old.cat("trace").count("\n") == 4
    old.echo("nop", "current_tracer")
    old.echo("function", "current_tracer")
    old.cat("current_tracer")
    assert old.cat("trace").count("\n") > 4


@pytest.mark.parametrize(("release", "stays"), [("2.6.28", True), ("2.6.29", False)])
def test_notrace_of_what_is_traced(era: Boot, release: str, stays: bool) -> None:
    old = era(release)
    old.echo("function", "current_tracer")
    old.echo("vfs_read", "set_ftrace_notrace")
    assert (old.code(old.site("vfs_read"))[0] == 0xE8) is stays
    old.echo("nop", "current_tracer")
    old.echo("function", "current_tracer")
    assert old.code(old.site("vfs_read"))[0] != 0xE8


def test_negation_came_with_2_6_29(era: Boot) -> None:
    for release, left in (("2.6.28", "vfs_read\n"), ("2.6.29", "")):
        old = era(release)
        old.echo("vfs_read", "set_ftrace_filter")
        old.echo("!vfs_read", "set_ftrace_filter", append=True)
        assert old.cat("set_ftrace_filter") == left


def test_a_word_can_be_too_long(era: Boot) -> None:
    old = era()
    with old.open("set_ftrace_filter", os.O_WRONLY) as file, refused(errno.EINVAL):
        file.write(b"x" * 300)


def test_trace_pipe(era: Boot) -> None:
    old = era()
    record(old)
    with old.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK) as pipe:
        with refused(errno.EBUSY):
            old.open("trace_pipe")
        text = pipe.read()
        assert LINE_28.match(text.decode())
        assert len(text) < 4096
    with old.open("trace_pipe") as pipe:
        old.echo("nop", "current_tracer")  # a pipe does not hold the tracer, and ends with it
        assert pipe.read() == b""


def test_module_functions_have_no_module(era: Boot) -> None:
    old = era()
    old.echo("dummy", ".machine/insmod")
    assert "dummy_get_drvinfo\n" in old.cat("available_filter_functions")
    assert "[" not in old.cat("available_filter_functions")
    old.trace_only("dummy_get_drvinfo")
    assert old.code(old.site("dummy_get_drvinfo"))[0] == 0xE8
    old.echo("nop", "current_tracer")
    old.echo("dummy", ".machine/rmmod")
    assert "dummy_get_drvinfo\n" not in old.cat("available_filter_functions")


def test_2_6_27(era: Boot) -> None:
    old = era("2.6.27")
    gone = {"tracing_on", "buffer_size_kb", "trace_options"}
    new = {"iter_ctrl", "trace_entries", "ftraced_enabled"}
    assert set(old.ls()) == {".machine", *FILES} - gone | new
    assert old.cat("available_tracers") == f"{OFF} ftrace sched_switch none\n"
    assert old.cat("current_tracer") == "none\n"
    old.echo("function", "current_tracer")  # unknown, and silently accepted
    assert old.cat("current_tracer") == "none\n"
    assert "\n  echo ftrace > current_tracer " in old.cat("README")
    with refused(errno.EINVAL):
        old.echo("ftrace_printk", "iter_ctrl")
    assert old.cat("iter_ctrl").endswith(" nosched-tree \n")
    assert old.cat("trace_entries") == "65620\n"
    with refused(errno.EINVAL):
        old.echo(0, "trace_entries")
    old.echo(100000, "trace_entries")
    assert old.cat("trace_entries") == "100045\n"
    old.echo("disable", "ftraced_enabled")  # converts what was found: only that has a name
    old.echo("vfs_*", "set_ftrace_filter")
    old.echo("ftrace", "current_tracer")
    with refused(errno.EBUSY):
        old.echo(100, "trace_entries")
    old.cat("current_tracer")
    head, lines = lines_of(old.cat("trace"), 4)
    assert head[0] == "# tracer: ftrace\n"
    assert lines
    assert all(map(LINE_28.fullmatch, lines))
    with old.open("current_tracer", os.O_WRONLY) as file:
        assert file.write(b"preemptirqsoff and more\n") == len("preemptirqsoff")
    old.echo("none", "current_tracer")
    assert old.cat("current_tracer") == "none\n"
    assert re.fullmatch(r"\d+\n", old.cat("dyn_ftrace_total_info"))
    assert 0 < old.total() < len(old.system.image.mcount_loc)
