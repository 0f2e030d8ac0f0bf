"""current_tracer, tracing_on, trace_clock, tracing_cpumask: what 6.1 answers."""

from __future__ import annotations

import os

import pytest

from tests.control.client import Client
from tests.control.fake import FakeKernel
from tracefs.trace.array import TraceArray


def test_current_tracer(here: Client) -> None:
    graph = "" if here.root else "function_graph "
    latency = "wakeup_dl wakeup_rt wakeup preemptirqsoff preemptoff irqsoff"
    assert here.cat("available_tracers") == f"{graph}{latency} function nop\n"
    assert here.cat("current_tracer") == "nop\n"
    here.echo("function", "current_tracer")
    assert here.cat("current_tracer") == "function\n"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("foo", "EINVAL"),
        ("", "EINVAL"),
        (" nop", ""),
        ("nop ", ""),
        ("FUNCTION", "EINVAL"),
        ("function junk", "EINVAL"),
        ("func", "EINVAL"),
        ("1" * 10000, "EINVAL"),
        ("nop\0function", ""),
    ],
)
def test_current_tracer_words(here: Client, text: str, result: str) -> None:
    assert here.fails(text, "current_tracer") == result


def test_current_tracer_positions(here: Client) -> None:
    file = here.open("current_tracer", os.O_RDWR)
    assert file.write(b"nop\n") == 4
    assert file.read(100) == b""
    file.seek(0)
    assert file.read(100) == b"nop\n"
    assert file.write(b"function\n") == 9
    file.seek(0)
    assert [file.read(3), file.read(3), file.read(30)] == [b"fun", b"cti", b"on\n"]


def test_a_tracer_empties_the_buffer_and_names_are_saved(
    here: Client, tr: TraceArray, kernel: FakeKernel
) -> None:
    here.echo("old", "trace_marker")
    here.echo("function", "current_tracer")
    assert "old" not in here.cat("trace")
    assert kernel.backend.ftrace.registered == [tr.guest.ops]
    assert kernel.backend.cmdline_users == 1
    here.echo("nop", "current_tracer")
    assert not kernel.backend.ftrace.registered
    assert kernel.backend.cmdline_users == 0


def test_tracing_on_again_empties_the_buffer_of_the_function_tracer(here: Client) -> None:
    here.echo("function", "current_tracer")
    here.echo("old", "trace_marker")
    here.echo("0", "tracing_on")
    assert "old" in here.cat("trace")
    here.echo("1", "tracing_on")
    assert "old" not in here.cat("trace")


def test_after_ftrace_has_died(here: Client, kernel: FakeKernel) -> None:
    here.echo("function", "current_tracer")
    kernel.backend.ftrace.dead = True
    here.echo("nop", "current_tracer")
    assert here.fails("function", "current_tracer") == "ENODEV"
    assert here.cat("current_tracer") == "nop\n"
    assert kernel.backend.cmdline_users == 0


@pytest.mark.parametrize(
    ("text", "result", "after"),
    [
        ("0", "", "0"),
        ("1", "", "1"),
        ("2", "", "1"),
        ("-1", "EINVAL", "1"),
        ("foo", "EINVAL", "1"),
        ("", "EINVAL", "1"),
        (" 1", "EINVAL", "1"),
        ("1 ", "EINVAL", "1"),
        ("1x", "EINVAL", "1"),
        ("0x1", "EINVAL", "1"),
        ("00", "", "0"),
        ("y", "EINVAL", "1"),
        ("1" * 100, "ERANGE", "1"),
        ("1\n1", "EINVAL", "1"),
        ("0\0002", "", "0"),
    ],
)
def test_tracing_on(here: Client, text: str, result: str, after: str) -> None:
    assert here.fails(text, "tracing_on") == result
    assert here.cat("tracing_on") == after + "\n"


def test_tracing_on_positions(here: Client) -> None:
    file = here.open("tracing_on", os.O_RDWR)
    assert file.write(b"0") == 1
    assert file.read(10) == b"\n"
    file.seek(0)
    assert file.read(10) == b"0\n"
    assert file.write(b"1") == 1
    file.seek(0)
    assert [file.read(1), file.read(1), file.read(1)] == [b"1", b"\n", b""]


@pytest.mark.parametrize(
    ("mask", "result", "after"),
    [
        ("1", "", "1"),
        ("2", "", "2"),
        ("0", "", "0"),
        ("f", "EOVERFLOW", "3"),
        ("4", "EOVERFLOW", "3"),
        ("foo", "EINVAL", "3"),
        ("", "", "0"),
        ("0x1", "EINVAL", "3"),
        ("1,0", "EOVERFLOW", "3"),
        ("1" * 10000, "EOVERFLOW", "3"),
        ("1\n1", "", "1"),
        ("1 ", "", "1"),
        ("1\0002", "", "1"),
    ],
)
def test_tracing_cpumask(here: Client, mask: str, result: str, after: str) -> None:
    assert here.fails(mask, "tracing_cpumask") == result
    assert here.cat("tracing_cpumask") == after + "\n"


def test_a_masked_cpu_records_nothing(here: Client, kernel: FakeKernel) -> None:
    here.echo("1", "tracing_cpumask")
    here.echo("on0", "trace_marker")
    kernel.backend.cpu = 1
    assert here.fails("on1", "trace_marker") == "EBADF"
    here.echo("3", "tracing_cpumask")
    here.echo("on1", "trace_marker")
    assert "on0" in here.cat("trace")


def test_trace_clock(here: Client) -> None:
    text = "local global counter uptime perf mono mono_raw boot tai x86-tsc"
    assert here.cat("trace_clock") == text.replace("local", "[local]") + "\n"
    for name in text.split()[::-1]:
        here.echo(name, "trace_clock")
        shown = [f"[{word}]" if word == name else word for word in text.split()]
        assert here.cat("trace_clock") == " ".join(shown) + "\n"
    for bad in ("foo", "", "local junk", "LOCAL", "1" * 10000):
        assert here.fails(bad, "trace_clock") == "EINVAL"
    here.echo("hi", "trace_marker")
    here.echo(" local", "trace_clock")
    assert "hi" not in here.cat("trace")


def test_timestamp_mode(here: Client) -> None:
    assert here.cat("timestamp_mode") == "[delta] absolute\n"
    assert here.fails("absolute", "timestamp_mode") == "EINVAL"


def test_absolute_time_stamps_are_told(here: Client, tr: TraceArray) -> None:
    tr.buffer.absolute = True
    assert here.cat("timestamp_mode") == "delta [absolute]\n"
