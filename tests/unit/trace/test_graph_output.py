"""The outline of function_graph: a real kernel's, made again from its events with every option."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.replay import load
from tests.control.fake import FakeIterator, FakeKernel
from tracefs.ring import LOST_UNKNOWN, Event
from tracefs.trace.array import TraceArray
from tracefs.trace.graph_output import GraphPrinter, duration_text, overhead_mark

GOLDEN = Path(__file__).parents[2] / "conformance" / "golden" / "10-function_graph.txt"
CAT = 117
NAMES = {0x1000: "vfs_read", 0x2000: "rw_verify_area", 0x3000: "sysvec", 0x4000: "tick"}
VFS_READ, VERIFY, SYSVEC, TICK = NAMES


class Kallsyms:
    """Names for a few addresses; interrupts begin at SYSVEC only."""

    def __init__(self, names: dict[int, str]) -> None:
        self._names = names

    def name(self, address: int) -> str:
        return self._names[address]

    def addr(self, name: str) -> int | None:
        return {"__irqentry_text_start": SYSVEC, "__irqentry_text_end": SYSVEC + 16}.get(name)


@pytest.fixture
def tr() -> TraceArray:
    """The top array, with function_graph as its tracer."""
    kernel = FakeKernel()
    kernel.backend.uname = "6.1.0-56-amd64"
    kernel.backend.cmdlines.names = {CAT: b"cat", 15: b"rcu_preempt", 111: b"replay"}
    kernel.backend.kallsyms = Kallsyms(NAMES)
    kernel.traces.top.set_tracer("function_graph")
    return kernel.traces.top


def common(number: int, pid: int, flags: int = 0, depth: int = 1) -> bytes:
    return struct.pack("<HBBi", number, flags, depth, pid)


def entry(ts: int, func: int, depth: int, cpu: int = 1, pid: int = CAT) -> Event:
    return Event(cpu, ts, common(11, pid) + struct.pack("<Qi", func, depth))


def leave(
    ts: int, func: int, depth: int, took: int, cpu: int = 1, pid: int = CAT, overrun: int = 0
) -> Event:
    body = struct.pack("<QiIQQ", func, depth, overrun, ts - took, ts)
    return Event(cpu, ts, common(10, pid) + body)


def show(tr: TraceArray, events: Iterable[Event], *options: str) -> str:
    """The text of events under options, the header left out."""
    for option in options:
        tr.set_option_by_name(option)
    for buffer in tr.buffer.events:  # type: ignore[attr-defined]
        buffer.clear()
    for event in events:
        tr.buffer.events[event.cpu].append(event)  # type: ignore[attr-defined]
    source = FakeIterator(tr.buffer, None)  # type: ignore[arg-type]
    printer = tr.tracer.printer(tr, source)  # type: ignore[arg-type]
    assert isinstance(printer, GraphPrinter)
    return b"".join(printer.text(source)).decode()


# -- a real trace -------------------------------------------------------------------------------


def golden(name: str) -> str:
    """What the real kernel answered to the command that begins so."""
    return next(step.output for step in load(GOLDEN) if name in step.name)


def variants() -> dict[str, list[str]]:
    """The beginning of one buffer under each option turned round, from its listing."""
    parts = re.split(r"^== (\S+) was .*\n", golden("for o in funcgraph-overrun"), flags=re.M)
    return dict(zip(parts[1::2], (part.splitlines() for part in parts[2::2]), strict=True))


def real_events() -> tuple[list[Event], dict[int, str]]:
    """The events of that buffer, read off from its listing with all columns."""
    text = golden("echo == all columns")
    names: dict[str, int] = {}
    events = []
    pattern = re.compile(
        r" +(\d+)\.(\d+) \|   1\)    cat-117     \| .([ \d.]+)(?: us)? +\|  ( *)(.*)"
    )
    for line in text.splitlines()[5:]:
        found = pattern.match(line)
        if not found:
            continue
        seconds, us, took, indent, rest = found.groups()
        ts, depth = int(seconds) * 10**9 + int(us) * 1000, len(indent) // 2
        name = re.sub(r"^} /\* | \*/$|\(\).*", "", rest)
        func = names.setdefault(name, 0x10000 + 0x100 * len(names))
        ns = round(float(took) * 1000) if took.strip() else 0
        if rest.endswith(("{", ";")):
            events.append(entry(ts, func, depth))
        if not rest.endswith("{"):
            events.append(leave(ts, func, depth, ns))
    return events, {address: name for name, address in names.items()}


LISTED = variants()
ELSEWHERE = {"graph-time", "funcgraph-retval"}  # this kernel has no such options


@pytest.mark.parametrize("option", sorted(set(LISTED) - ELSEWHERE - {"display-graph"}))
def test_every_option_as_the_real_kernel(tr: TraceArray, option: str) -> None:
    events, names = real_events()
    tr.backend.kallsyms = Kallsyms(names)  # type: ignore[misc,assignment]
    known = {line.removeprefix("no"): line for line in _option_lines(tr)}
    turned = option if known[option].startswith("no") else "no" + option
    text = show(tr, events, turned)
    ours = (tr.tracer.header(tr) + text).splitlines()
    ours = [re.sub(r"#\d+/\d+, CPU#\d", "#650/650, CPU#0", line) for line in ours]
    assert ours[: len(LISTED[option])] == LISTED[option]


def _option_lines(tr: TraceArray) -> list[str]:
    from tracefs.trace import options

    lines = list(options.lines(tr.flags))
    flags = tr.tracer_flags(tr.tracer)
    return lines + [
        option.name if flags & option.mask else "no" + option.name for option in tr.tracer.options
    ]


def test_all_columns_as_the_real_kernel(tr: TraceArray) -> None:
    events, names = real_events()
    tr.backend.kallsyms = Kallsyms(names)  # type: ignore[misc,assignment]
    chosen = ("funcgraph-overrun", "funcgraph-proc", "funcgraph-abstime", "funcgraph-tail")
    ours = tr.tracer.header(tr) + show(tr, events, *chosen)
    ours = tr.tracer.header(tr) + "".join(ours.splitlines(keepends=True)[4:])
    theirs = golden("echo == all columns").removeprefix("== all columns\n")
    assert ours == theirs


# -- what that trace does not have --------------------------------------------------------------


def test_leaf_and_nested(tr: TraceArray) -> None:
    events = [
        entry(1000, VFS_READ, 0),
        entry(2000, VERIFY, 1),
        leave(3000, VERIFY, 1, 900),
        leave(14000, VFS_READ, 0, 12345),
    ]
    assert show(tr, events) == (
        " 1)               |  vfs_read() {\n"
        " 1)   0.900 us    |    rw_verify_area();\n"
        " 1) + 12.345 us   |  }\n"
    )


def test_other_cpus_do_not_part_a_leaf(tr: TraceArray) -> None:
    events = [
        entry(1000, VFS_READ, 0),
        entry(1500, VERIFY, 0, cpu=0),
        leave(2000, VFS_READ, 0, 900),
        leave(2500, VERIFY, 0, 800, cpu=0),
    ]
    assert show(tr, events) == (
        " 1)   0.900 us    |  vfs_read();\n 0)   0.800 us    |  rw_verify_area();\n"
    )


@pytest.mark.parametrize(
    "following",
    [
        leave(2000, VERIFY, 0, 900),
        leave(2000, VFS_READ, 0, 900, pid=15),
        entry(2000, VFS_READ, 1),
    ],
    ids=["another function", "another task", "an entry"],
)
def test_no_leaf(tr: TraceArray, following: Event) -> None:
    text = show(tr, [entry(1000, VFS_READ, 0), following])
    assert text.startswith(" 1)               |  vfs_read() {\n")


def test_the_last_entry_is_open(tr: TraceArray) -> None:
    assert show(tr, [entry(1000, VFS_READ, 0)]) == " 1)               |  vfs_read() {\n"


def test_an_exit_whose_entry_is_not_there_names_itself(tr: TraceArray) -> None:
    events = [leave(1000, VFS_READ, 1, 500), leave(2000, VFS_READ, 0, 500)]
    assert show(tr, events) == (
        " 1)   0.500 us    |    } /* vfs_read */\n 1)   0.500 us    |  } /* vfs_read */\n"
    )


def test_task_switch(tr: TraceArray) -> None:
    events = [
        entry(1000, VFS_READ, 0, pid=111),
        entry(2000, VERIFY, 0, pid=0),
        entry(3000, VERIFY, 0, pid=15),
        entry(4000, VERIFY, 0, cpu=0, pid=111),
    ]
    line = " ------------------------------------------\n"
    assert show(tr, events) == (
        " 1)               |  vfs_read() {\n"
        f"{line} 1)   replay-111   =>    <idle>-0   \n{line}\n"
        " 1)               |  rw_verify_area() {\n"
        f"{line} 1)    <idle>-0    =>   rcu_pre-15  \n{line}\n"
        " 1)               |  rw_verify_area() {\n"
        " 0)               |  rw_verify_area() {\n"
    )


def test_comments(tr: TraceArray) -> None:
    message = common(5, CAT) + struct.pack("<Q", VFS_READ) + b"hello\n\0"
    events = [
        Event(1, 500, message),
        entry(1000, VFS_READ, 0),
        entry(2000, VERIFY, 1),
        Event(1, 3000, message),
        leave(4000, VERIFY, 1, 1000),
        Event(1, 5000, message),
    ]
    assert show(tr, events) == (
        " 1)               |  /* hello */\n"
        " 1)               |  vfs_read() {\n"
        " 1)               |    rw_verify_area() {\n"
        " 1)               |      /* hello */\n"
        " 1)   1.000 us    |    }\n"
        " 1)               |  /* hello */\n"
    )


def interrupted() -> list[Event]:
    return [
        entry(1000, VFS_READ, 0),
        entry(2000, SYSVEC, 1),
        entry(3000, TICK, 2),
        leave(4000, TICK, 2, 1000),
        leave(5000, SYSVEC, 1, 3000),
        leave(6000, VFS_READ, 0, 5000),
    ]


def test_interrupts_are_marked(tr: TraceArray) -> None:
    assert show(tr, interrupted()) == (
        " 1)               |  vfs_read() {\n"
        " 1)   ==========> |\n"
        " 1)               |    sysvec() {\n"
        " 1)   1.000 us    |      tick();\n"
        " 1)   3.000 us    |    }\n"
        " 1)   <========== |\n"
        " 1)   5.000 us    |  }\n"
    )


def test_interrupts_are_hidden(tr: TraceArray) -> None:
    assert show(tr, interrupted(), "nofuncgraph-irqs") == (
        " 1)               |  vfs_read() {\n 1)   5.000 us    |  }\n"
    )


def test_interrupts_without_columns(tr: TraceArray) -> None:
    text = show(tr, interrupted(), "nofuncgraph-cpu", "nofuncgraph-duration")
    assert text.splitlines()[1:3] == ["==========>", "  sysvec() {"]


def test_overruns(tr: TraceArray) -> None:
    events = [leave(1000, VFS_READ, 0, 500, overrun=7)]
    assert show(tr, events, "funcgraph-overrun").endswith("} /* vfs_read */\n (Overruns: 7)\n")


@pytest.mark.parametrize(("lost", "count"), [(3, "3 "), (LOST_UNKNOWN, "")])
def test_lost_events(tr: TraceArray, lost: int, count: str) -> None:
    events = [entry(1000, VFS_READ, 0)._replace(lost=lost)]
    assert show(tr, events).startswith(f"CPU:1 [LOST {count}EVENTS]\n 1) ")


def test_functions_are_no_comments(tr: TraceArray) -> None:
    tr.backend.kallsyms = FakeKernel().backend.kallsyms  # type: ignore[misc]
    call = common(1, CAT) + struct.pack("<QQ", 0xFFFFFFFF8137D360, 0xFFFFFFFF8136404F)
    text = show(tr, [Event(1, 10**9, call)])
    assert text.endswith("1.000000: do_filp_open <-do_sys_openat2\n")


@pytest.mark.parametrize(
    ("ns", "text", "mark"),
    [
        (0, "0.000 us    ", " "),
        (900, "0.900 us    ", " "),
        (10**4, "10.000 us   ", " "),
        (10**4 + 1, "10.001 us   ", "+"),
        (123456, "123.456 us  ", "!"),
        (5370610, "5370.610 us ", "#"),
        (16053190, "16053.19 us ", "*"),
        (160531900, "160531.9 us ", "@"),
        (1605319000, "1605319 us  ", "$"),
        (16053190000, "16053190 us ", "$"),
        (123456789 * 10**3, "123456789 us ", "$"),
    ],
)
def test_durations(ns: int, text: str, mark: str) -> None:
    assert (duration_text(ns), overhead_mark(ns)) == (text, mark)


calls = st.recursive(
    st.just(()), lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=30
)


@given(forest=st.lists(calls, max_size=5))
def test_braces_balance_and_every_call_is_shown_once(forest: list[Any]) -> None:
    kernel = FakeKernel()
    kernel.backend.kallsyms = Kallsyms(NAMES)
    tr = kernel.traces.top
    tr.set_tracer("function_graph")
    events: list[Event] = []

    def walk(tree: Any, depth: int) -> int:
        began = len(events) * 1000
        events.append(entry(began, VFS_READ, depth))
        count = 1 + sum(walk(below, depth + 1) for below in tree)
        now = len(events) * 1000
        events.append(leave(now, VFS_READ, depth, now - began))
        return count

    wanted = sum(walk(tree, 0) for tree in forest)
    text = show(tr, events)
    assert text.count("{") == text.count("}")
    assert text.count("vfs_read()") == wanted
    open_braces = 0
    for line in text.splitlines():
        open_braces -= line.endswith("}")
        assert line.partition("|  ")[2].startswith("  " * open_braces)
        open_braces += line.endswith("{")
