"""trace_pipe: consuming, one reader, waiting and its end."""

from __future__ import annotations

import errno
import struct

import pytest

from tests.control.client import Client, refused
from tests.control.fake import MARK, FakeKernel
from tracefs.control.handle import POLLIN
from tracefs.trace.array import TraceArray

LINE = "           <...>-111     [000] .....     1.00000{}: tracing_mark_write: {}\n"


def test_reading_consumes(here: Client) -> None:
    here.echo("one", "trace_marker")
    here.echo("two", "trace_marker")
    pipe = here.open("trace_pipe")
    assert pipe.read(65536).decode() == LINE.format(1, "one") + LINE.format(2, "two")
    with pytest.raises(BlockingIOError):
        pipe.read(4096)
    assert "entries-written: 0/0 " in here.cat("trace")
    assert "read events: 2\n" in here.cat("per_cpu/cpu0/stats")
    pipe.close()


def test_small_reads_stay_inside_a_line(here: Client) -> None:
    here.echo("one", "trace_marker")
    here.echo("two", "trace_marker")
    pipe = here.open("trace_pipe")
    one = LINE.format(1, "one").encode()
    assert pipe.read(10) + pipe.read(10) + pipe.read(20) == one[:40]
    assert pipe.read(1000) == one[40:]
    assert pipe.read(1000).decode() == LINE.format(2, "two")


def test_a_read_takes_at_most_a_page_of_whole_lines(here: Client) -> None:
    for _ in range(100):
        here.echo("x" * 50, "trace_marker")
    pipe = here.open("trace_pipe")
    first = pipe.read(65536)
    assert 3900 < len(first) <= 4095 + 130
    total = first
    while pipe.handle.ready():
        total += pipe.read(65536)
    assert total.count(b"\n") == 100


def test_a_line_that_is_too_long(here: Client, tr: TraceArray) -> None:
    entry = struct.pack("<HBBiQ", 5, 0, 0, 111, MARK) + b"x" * 5000
    tr.buffer.record(0, entry)  # type: ignore[attr-defined]
    here.echo("after", "trace_marker")
    assert here.open("trace_pipe").read(65536).decode() == (
        "[LINE TOO BIG]\n" + LINE.format(2, "after")
    )


def test_waiting_and_the_end(here: Client) -> None:
    pipe = here.open("trace_pipe")
    here.echo("0", "tracing_on")
    with pytest.raises(BlockingIOError):
        pipe.read(10)  # nothing was read yet: waits, though tracing is off
    assert not pipe.handle.ready()
    here.echo("1", "tracing_on")
    here.echo("x", "trace_marker")
    assert pipe.handle.ready()
    assert pipe.read(100)
    assert not pipe.handle.ready()
    here.echo("0", "tracing_on")
    assert pipe.handle.ready()
    assert not pipe.handle.poll() & POLLIN
    assert pipe.read(100) == b""


def test_poll(here: Client) -> None:
    pipe = here.open("trace_pipe")
    assert not pipe.handle.poll() & POLLIN
    here.echo("x", "trace_marker")
    assert pipe.handle.poll() & POLLIN
    pipe.read(100)
    here.echo("1", "options/block")
    assert pipe.handle.poll() & POLLIN


@pytest.mark.parametrize("name", ["trace_pipe", "trace_pipe_raw"])
def test_poll_of_one_cpu_waits_for_a_part_of_its_buffer(here: Client, name: str) -> None:
    here.echo("11", "buffer_size_kb")  # three pages, which hold one entry each here
    pipe = here.open(f"per_cpu/cpu0/{name}")
    masks = []
    for text in ("0", "1", "66", "67", "100", "0"):
        here.echo(text, "buffer_percent")
        masks.append(bool(pipe.handle.poll() & POLLIN))
        if text in "01":
            here.echo("x", "trace_marker")
    assert masks == [False, True, True, False, False, True]
    pipe.close()


@pytest.mark.parametrize(
    ("first", "second", "fails"),
    [
        ("trace_pipe", "trace_pipe", True),
        ("trace_pipe", "per_cpu/cpu0/trace_pipe", True),
        ("per_cpu/cpu0/trace_pipe", "trace_pipe", True),
        ("per_cpu/cpu0/trace_pipe", "per_cpu/cpu0/trace_pipe", True),
        ("per_cpu/cpu0/trace_pipe", "per_cpu/cpu1/trace_pipe", False),
        ("per_cpu/cpu0/trace_pipe_raw", "per_cpu/cpu0/trace_pipe_raw", False),
    ],
)
def test_one_reader(here: Client, first: str, second: str, fails: bool) -> None:
    pipe = here.open(first)
    if fails:
        with refused(errno.EBUSY):
            here.open(second)
    else:
        here.open(second).close()
    pipe.close()
    here.open(second).close()


def test_while_a_pipe_is_open(here: Client) -> None:
    pipe = here.open("trace_pipe")
    assert here.fails("function", "current_tracer") == "EBUSY"
    assert here.fails("nop", "current_tracer") == ""
    assert here.fails("2000", "buffer_size_kb") == ""
    pipe.close()
    assert here.fails("function", "current_tracer") == ""


def test_lost_events(here: Client, tr: TraceArray) -> None:
    tr.buffer.room = 2  # type: ignore[attr-defined]
    for number in range(5):
        here.echo(f"{number}", "trace_marker")
    text = here.open("trace_pipe").read(65536).decode()
    assert text == "CPU:0 [LOST 3 EVENTS]\n" + LINE.format(4, 3) + LINE.format(5, 4)


def test_trace_and_pipe_at_once(here: Client) -> None:
    here.echo("p1", "trace_marker")
    trace = here.open("trace")
    here.echo("p2", "trace_marker")
    assert b"p2" in b"".join(trace.readall())
    assert here.open("trace_pipe").read(65536).count(b"\n") == 2


def test_a_cpu_alone(here: Client, kernel: FakeKernel) -> None:
    here.echo("on0", "trace_marker")
    kernel.backend.cpu = 1
    here.echo("on1", "trace_marker")
    assert b"on1" in here.open("per_cpu/cpu1/trace_pipe").read(4096)
    assert b"on0" in here.open("per_cpu/cpu0/trace_pipe").read(4096)


def test_raw_pages(here: Client) -> None:
    here.echo("x", "trace_marker")
    raw = here.open("per_cpu/cpu0/trace_pipe_raw")
    assert len(raw.read(64)) == 64
    assert len(raw.read(4096)) == 4032
    with pytest.raises(BlockingIOError):
        raw.read(4096)
