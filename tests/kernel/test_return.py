"""The tracers of 2008 that hook returns: `return` of the tip tree, function_graph of 2.6.29."""

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
OFF = "wakeup preemptirqsoff preemptoff irqsoff"
RETURN = re.compile(r"[\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+( \[\w+\])? -> [\w.]+ \(\d+ ns\)")
RULE = " " + "-" * 42
CALL = re.compile(r" \d\) [ +!] (\d+\.\d+ us +| {12})\|  (  )*([\w.]+\(\)(;| \{)|\})")
HEAD_29 = [
    "# tracer: function_graph",
    "#",
    "# CPU OVERHEAD/DURATION            FUNCTION CALLS",
    "# |   |        |                   |   |   |   |",
]


def test_a_session_with_return(era: Boot) -> None:
    tip = era("tip-return")
    assert tip.cat("available_tracers") == f"return {OFF} function sched_switch nop\n"
    tip.echo("vfs_*", "set_ftrace_filter")
    tip.echo("return", "current_tracer")
    assert tip.cat("current_tracer") == "return\n"
    tip.workload("vfs", 2)
    lines = tip.cat("trace").splitlines()
    assert lines[0] == "# tracer: return"
    assert all(map(RETURN.fullmatch, lines[4:]))
    assert any(re.match(r"ksys_read\+0x\w+/0x\w+ -> vfs_read \(", line) for line in lines)
    tip.echo("overrun", "trace_options")
    assert tip.cat("trace_options").endswith(" overrun \n")
    assert tip.cat("trace").splitlines()[-1].endswith(" ns) (Overruns: 0)")
    tip.echo("sym-offset", "trace_options")
    assert re.search(r" -> vfs_read\+0x\w+ \(|-> vfs_read\+0x\w+/0x\w+ \(", tip.cat("trace"))
    with tip.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK) as pipe:
        assert b" -> vfs_" in pipe.read()
    tip.echo("nop", "current_tracer")
    assert tip.text() == era("tip-return").text()


def test_only_the_tip_has_return(era: Boot) -> None:
    for release in ("2.6.28", "2.6.29"):
        with refused(errno.EINVAL):
            era(release).echo("return", "current_tracer")
    with refused(errno.EINVAL):
        era("6.1").echo("return", "current_tracer")


def test_filters_act_on_a_running_tracer(era: Boot) -> None:
    tip = era("tip-return")
    tip.echo("return", "current_tracer")
    assert tip.code(tip.site("vfs_open"))[0] == 0xE8
    tip.echo("vfs_read", "set_ftrace_filter")
    assert tip.code(tip.site("vfs_open"))[0] != 0xE8
    assert tip.code(tip.site("vfs_read"))[0] == 0xE8


def test_the_function_tracer_wins(era: Boot) -> None:
    tip = era("tip-return")
    traces = tip.system.kernel.traces
    traces.create("other")
    other = traces.find("other")
    assert other is not None
    tip.echo("return", "current_tracer")
    graph_call = tip.symbol("ftrace_graph_call")
    hooked = tip.code(graph_call)
    with tip.system.machine.lock:
        other.set_tracer("function")
    assert tip.code(graph_call) == b"\xe9\0\0\0\0" != hooked
    with tip.system.machine.lock:
        other.set_tracer("nop")
    assert tip.code(graph_call) == hooked
    tip.echo("nop", "current_tracer")
    assert tip.code(graph_call) == b"\xe9\0\0\0\0"


@pytest.fixture
def graph(era: Boot) -> Era:
    """2.6.29 with function_graph running, and some work done."""
    new = era("2.6.29")
    assert new.cat("available_tracers") == f"function_graph {OFF} function sched_switch nop\n"
    new.echo("function_graph", "current_tracer")
    return new


def test_a_session_with_function_graph(graph: Era) -> None:
    graph.workload("vfs", 1)
    lines = graph.cat("trace").splitlines()
    assert lines[:4] == HEAD_29
    assert lines[4] == lines[6] == RULE
    assert re.fullmatch(r" \d\)    <\.\.\.>--1    => +[^ ]+-\d+ +", lines[5])
    calls = [line for line in lines[4:] if re.match(r" \d\) .*\|", line)]
    assert all(map(CALL.fullmatch, calls))
    assert len(calls) > 100
    # Every brace that is opened is closed at its depth, unless the task went away meanwhile.
    assert any(line.endswith("    }") for line in calls)
    again = graph.cat("trace").splitlines()
    assert again[4] != RULE  # the table of last tasks is the kernel's, not the open file's


def test_marks(graph: Era) -> None:
    graph.workload("sleep", 2, 1000)
    graph.echo(0, "tracing_enabled")
    marked = 0
    for line in graph.cat("trace").splitlines():
        took = re.match(r" \d\) (.) (\d+)\.(\d+) us", line)
        if took:
            mark, us, rest = took.groups()
            ns = int(us) * 1000 + int((rest + "00")[:3])
            if len(us) <= 4:
                assert mark == ("!" if ns > 100_000 else "+" if ns > 10_000 else " "), line
                marked += mark != " "
    assert marked


def test_columns_by_options(graph: Era) -> None:
    graph.workload("pipe", 1)
    for word in ("nofuncgraph-cpu", "nofuncgraph-overhead", "funcgraph-proc", "funcgraph-overrun"):
        graph.echo(word, "trace_options")
    lines = graph.cat("trace").splitlines()
    assert lines[2:4] == [
        "# TASK/PID     DURATION            FUNCTION CALLS",
        "# |      |         |               |   |   |   |",
    ]
    assert any(re.fullmatch(r" *[^ ]+-\d+ +\| \d+\.\d+ us +\|  +\}", line) for line in lines)
    assert " (Overruns: 0)" in lines
    with refused(errno.EINVAL):
        graph.echo("funcgraph-duration", "trace_options")


def test_a_pipe_joins_nothing(graph: Era) -> None:
    graph.workload("calls", 2)
    assert "();" in graph.cat("trace")
    with graph.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK) as pipe:
        text = b"".join(pipe.read() for _ in range(20)).decode()
    assert "() {" in text
    assert "();" not in text


def test_a_marker_is_a_comment(graph: Era) -> None:
    graph.echo("hello", "trace_marker")
    assert "            |  /* hello\n */\n" in graph.cat("trace")


def test_latency_trace_shows_the_outline_too(graph: Era) -> None:
    graph.workload("calls", 1)
    text = graph.cat("latency_trace")
    assert "function_graph latency trace v1.1.5 on 2.6.29" in text
    assert "workload_top() {" in text


def test_set_graph_function(graph: Era) -> None:
    assert graph.service.getattr("/set_graph_function").mode & 0o777 == 0o444
    graph.echo("vfs_read", "set_graph_function")
    graph.echo("vfs_open", "set_graph_function", append=True)
    assert graph.cat("set_graph_function") == "vfs_read\nvfs_open\n"
    for bad in ("vfs_", "vfs_*", "no_such_function", "vfs_read"):
        with refused(errno.EINVAL):
            graph.echo(bad, "set_graph_function", append=True)
    with refused(errno.EINVAL):  # without white space behind it a word loses its last letter
        graph.put("vfs_write", "set_graph_function", append=True)
    graph.echo("nop", "current_tracer")
    graph.echo("function_graph", "current_tracer")
    graph.workload("vfs", 2)
    graph.echo(0, "tracing_enabled")
    roots = {
        line[17:].partition("(")[0].strip()
        for line in graph.cat("trace").splitlines()
        if re.match(r" \d\) .{14}\|  [^ }]", line)
    }
    assert {name.removeprefix("|  ") for name in roots} == {"vfs_read", "vfs_open"}


def test_set_graph_function_has_room_for_32(graph: Era) -> None:
    names = graph.cat("available_filter_functions").splitlines()
    distinct = [name for name in names if names.count(name) == 1][:33]
    graph.echo(distinct[0], "set_graph_function")
    for name in distinct[1:32]:
        graph.echo(name, "set_graph_function", append=True)
    with refused(errno.EBUSY):
        graph.echo(distinct[32], "set_graph_function", append=True)
    graph.put("", "set_graph_function")
    assert graph.cat("set_graph_function") == ""


def test_patched_text_is_as_before(era: Boot) -> None:
    new = era("2.6.29")
    before = new.text()
    for _ in range(3):
        new.echo("function_graph", "current_tracer")
        new.workload("fork", 1)
        new.echo("function", "current_tracer")
        new.echo("nop", "current_tracer")
        assert new.text() == before


def test_a_task_has_room_for_fifty(era: Boot) -> None:
    graph = era("2.6.29")
    plain = graph.workload("deep", 1, 59)
    graph.echo("workload_deep_call", "set_ftrace_filter")
    graph.echo("function_graph", "current_tracer")
    graph.echo("funcgraph-overrun", "trace_options")
    assert graph.workload("deep", 1, 59) == plain
    text = graph.cat("trace")
    assert text.count("workload_deep_call()") == 50
    assert max(map(int, re.findall(r"Overruns: (\d+)", text))) == 10
    assert f"|  {'  ' * 49}workload_deep_call();" in text


def test_set_ftrace_pid(graph: Era) -> None:
    graph.echo("nop", "current_tracer")
    graph.echo(1, "set_ftrace_pid")
    graph.echo("function_graph", "current_tracer")
    graph.echo("funcgraph-proc", "trace_options")
    graph.workload("sleep", 2, 2000)
    graph.workload("fork", 2)
    graph.echo(0, "tracing_enabled")
    # Others may still return from what was hooked when there was no filter.
    tasks = set(re.findall(r"-(\d+) +\| .*\(\)", graph.cat("trace")))
    assert tasks == {"1"}
