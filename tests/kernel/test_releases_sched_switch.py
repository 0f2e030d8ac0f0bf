"""The tracer sched_switch, which the kernels of 2008 had in place of events."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era, era

__all__ = ["era"]

Boot = Callable[..., Era]
TASK = r" {0,4}\d+:(?: \d\d|\d{3}):[RSDX]"
HEAD = r" {0,16}\S+-\d+ +"


def traced(old: Era) -> list[str]:
    """What the tracer records while a task sleeps and wakes up, as `trace` shows it."""
    old.echo("sched_switch", "current_tracer")
    old.echo("sleep 2 100", ".machine/workload")
    old.echo(0, "tracing_enabled")
    return old.cat("trace").splitlines()[4:]


@pytest.mark.parametrize(
    ("release", "cpu", "where"),
    [
        ("2.6.27", r"\[\d\d\]", ""),
        ("2.6.28", r"\[\d\d\]", ""),
        ("tip-return", r"\[\d{3}\]", r"\[\d{3}\] "),
        ("2.6.29", r"\[\d{3}\]", r"\[\d{3}\] "),
    ],
)
def test_lines(era: Boot, release: str, cpu: str, where: str) -> None:
    old = era(release, seed=3)
    lines = traced(old)
    pattern = rf"{HEAD}{cpu} +\d+\.\d{{6}}:  {TASK} (==>|  \+) {where}{TASK}"
    found = [re.fullmatch(pattern, line) for line in lines]
    assert all(found), lines
    assert {match[1] for match in found if match} == {"==>", "  +"}
    assert any(re.search(r" 0:140:R ==>", line) for line in lines)
    assert any(re.search(r":S ==>", line) for line in lines)
    assert any(re.search(rf"   \+ {where} *\d+:120:S$", line) for line in lines)
    latency = old.cat("latency_trace").splitlines()
    assert re.fullmatch(rf".*us[ +!]:  {TASK} (==>|  \+) {where}{TASK} \S+", latency[-1])
    assert old.cat("trace").splitlines()[4:] == lines  # tracing is off
    options = "iter_ctrl" if release == "2.6.27" else "trace_options"
    old.echo("raw", options)
    numbers = r"\d+ \d \d+ \d+ \d+ [RSDX+] (\d )?\d+ \d+ [RSDX]"
    raw = [re.fullmatch(numbers, line) for line in old.cat("trace").splitlines()[4:]]
    assert all(raw)
    assert {bool(match[1]) for match in raw if match} == {bool(where)}


@pytest.mark.parametrize("release", ["2.6.28", "2.6.29"])
def test_hex_and_bin(era: Boot, release: str) -> None:
    old = era(release, seed=3)
    old.echo("stacktrace", "trace_options")
    traced(old)
    old.echo("raw", "trace_options")
    raw = [line.split() for line in old.cat("trace").splitlines()[4:]]
    old.echo("hex", "trace_options")
    lines = old.cat("trace").splitlines()[4:]
    for numbers, line in zip(raw, lines, strict=True):
        told = [int(word, 16) for word in line.split()]
        if "#" in numbers:
            wanted = [int(word) for word in numbers if word != "#"]
            wanted[3:] = [word % 2**32 for word in wanted[3:]]
        else:
            wanted = [int(word) if word.isdigit() else ord(word) for word in numbers]
        assert told == wanted
    old.echo("bin", "trace_options")
    with old.open("trace") as file:
        data = b"".join(iter(file.read, b"")).split(b"FUNCTION", 1)[1].split(b"\n", 2)[2]
    sizes = {"#": 28, "+": 16}
    assert len(data) == sum(
        next((size for mark, size in sizes.items() if mark in line), 28) for line in raw
    )


def test_starting_again_empties_the_buffer(era: Boot) -> None:
    old = era(seed=3)
    lines = traced(old)
    old.echo(1, "tracing_enabled")
    old.echo("sleep 1 100", ".machine/workload")
    again = old.cat("trace").splitlines()[4:]
    assert again
    assert not set(again) & set(lines)
    old.echo("nop", "current_tracer")
    assert old.cat("trace").count("\n") == 4


def test_stacks(era: Boot) -> None:
    old = era(seed=3)
    old.echo("stacktrace", "trace_options")
    what = [line.partition(": ")[2] for line in traced(old)]
    assert len(what) >= 4
    for switch, stack in zip(what[::2], what[1::2], strict=True):
        callers = stack.split(" <= ")
        assert 2 <= len(callers) <= 8
        assert all(re.fullmatch(r"[\w.]+", caller) for caller in callers)
        if "==>" in switch:
            assert callers[0] == "__schedule"
        else:
            assert callers[0] in ("try_to_wake_up", "wake_up_process", "wake_up_new_task")
