"""trace and the markers: what reads show, what writes do."""

from __future__ import annotations

import errno
import os
import struct

from tests.control.client import Client, refused
from tests.control.fake import MARK, FakeKernel
from tracefs.trace.array import TraceArray

HEADER = """\
# tracer: nop
#
# entries-in-buffer/entries-written: {0}/{1}   #P:2
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
"""


def lines(client: Client, name: str = "trace") -> list[str]:
    """The trace without its comments and without what stands before the message."""
    text = client.cat(name)
    return [line.partition(": ")[2] for line in text.splitlines() if not line.startswith("#")]


def test_empty(here: Client) -> None:
    assert here.cat("trace") == HEADER.format(0, 0)


def test_a_marker(here: Client) -> None:
    here.echo("hello", "trace_marker")
    assert here.cat("trace") == HEADER.format(1, 1) + (
        "           <...>-111     [000] .....     1.000001: tracing_mark_write: hello\n"
    )


def test_a_saved_name_and_the_idle_task(here: Client, tr: TraceArray) -> None:
    entry = struct.pack("<HBBiQ", 5, 0x25, 0x21, 7, MARK) + b"x\n\0\0"
    tr.buffer.record(1, entry)  # type: ignore[attr-defined]
    tr.buffer.record(1, entry[:4] + bytes(4) + entry[8:])  # type: ignore[attr-defined]
    out = here.cat("trace").splitlines()[-2:]
    assert out[0] == "             cat-7       [001] dN.12     1.000001: tracing_mark_write: x"
    assert out[1] == "          <idle>-0       [001] dN.12     1.000002: tracing_mark_write: x"


def test_marker_texts(here: Client) -> None:
    file = here.open("trace_marker", os.O_WRONLY)
    for text in (b"one\n", b"two", b"two\nlines\n", b"\n", b"percent %s %d\n", b"tab\t\1\377\n"):
        assert file.write(text) == len(text)
    assert here.cat("trace").split("tracing_mark_write: ")[1:] == [
        "one\n           <...>-111     [000] .....     1.000002: ",
        "two\n           <...>-111     [000] .....     1.000003: ",
        "two\nlines\n           <...>-111     [000] .....     1.000004: ",
        "\n           <...>-111     [000] .....     1.000005: ",
        "percent %s %d\n           <...>-111     [000] .....     1.000006: ",
        "tab\t\1\377\n",
    ]


def test_a_nul_cuts_the_line_with_its_newline(here: Client) -> None:
    here.put("trace_marker", b"a\0b")
    assert here.cat("trace").endswith("tracing_mark_write: a")


def test_long_markers_are_cut(here: Client) -> None:
    file = here.open("trace_marker", os.O_WRONLY)
    for wanted, taken in ((1000, 1000), (1024, 1024), (1025, 1024), (100000, 1024)):
        assert file.write(b"a" * wanted) == taken


def test_when_markers_fail(here: Client) -> None:
    here.echo("0", "options/markers")
    assert here.fails("x", "trace_marker") == "EINVAL"
    here.echo("1", "options/markers")
    here.echo("0", "tracing_on")
    assert here.fails("x", "trace_marker") == "EBADF"
    with refused(errno.EINVAL):
        here.open("trace_marker").read(10)


def test_raw_markers(here: Client) -> None:
    file = here.open("trace_marker_raw", os.O_WRONLY)
    assert file.write(b"\x2a\0\0\0hello") == 9
    for bad in (b"abc", b"x" * 3073):
        with refused(errno.EINVAL):
            file.write(bad)
    assert file.write(b"x" * 3000) == 1024
    assert lines(here)[0] == "# 2a buf: 68 65 6c 6c 6f 00 00 00"
    here.echo("1", "options/raw")
    assert here.cat("trace").splitlines()[12] == (
        "111 0 1000001000 # 2a buf: 68 65 6c 6c 6f 00 00 00"
    )


def test_truncating_clears_and_appending_does_not(here: Client) -> None:
    here.echo("abc", "trace_marker")
    here.echo("x", "trace", append=True)
    assert "abc" in here.cat("trace")
    here.echo("x", "trace")
    assert "abc" not in here.cat("trace")


def test_reads_and_seeks(here: Client) -> None:
    here.echo("hello", "trace_marker")
    text = here.cat("trace").encode()
    file = here.open("trace", os.O_RDWR)
    assert file.read(10) + file.read(10) == text[:20]
    file.seek(3)
    assert file.read(10) == text[3:13]
    file.seek(0)
    assert b"".join(file.readall(7)) == text
    file.seek(len(text) - 2)
    assert file.read(100) == text[-2:]
    file.seek(len(text) + 5)
    assert file.read(100) == b""
    file.seek(0)
    first = file.read(50)
    assert file.write(b"anything") == 8
    assert first + file.read(50) == text[:100]  # a write does not move the kernel's position
    file.close()


def test_a_cpu_alone(here: Client, kernel: FakeKernel) -> None:
    here.echo("on0", "trace_marker")
    kernel.backend.cpu = 1
    here.echo("on1", "trace_marker")
    assert lines(here) == ["tracing_mark_write: on0", "tracing_mark_write: on1"]
    assert lines(here, "per_cpu/cpu1/trace") == ["tracing_mark_write: on1"]
    assert "entries-written: 2/2 " in here.cat("per_cpu/cpu1/trace")


def test_where_a_cpus_entries_begin(here: Client, tr: TraceArray, kernel: FakeKernel) -> None:
    tr.buffer.room = 3  # type: ignore[attr-defined]
    for number in range(5):
        here.echo(f"{number}", "trace_marker")
    kernel.backend.cpu = 1
    here.echo("on1", "trace_marker")
    text = here.cat("trace")
    assert "##### CPU 1 buffer started ####\n" in text
    assert "CPU 0 buffer" not in text
    assert "entries-written: 4/6 " in text
    here.echo("0", "options/annotate")
    assert "#####" not in here.cat("trace")


def test_pause_on_trace(here: Client) -> None:
    here.echo("1", "options/pause-on-trace")
    file = here.open("trace")
    assert here.fails("x", "trace_marker") == "EBADF"
    file.close()
    assert here.fails("x", "trace_marker") == ""


def test_latency_format(here: Client) -> None:
    here.echo("1", "options/latency-format")
    assert here.cat("trace") == "# tracer: nop\n#\n"
    here.echo("a", "trace_marker")
    here.echo("b", "trace_marker")
    text = here.cat("trace").splitlines()
    assert text[2] == "# nop latency trace v1.1.5 on 6.1.0-tracefs"
    assert text[4].startswith("# latency: 0 us, #2/2, CPU#0 | (M:desktop ")
    assert text[-4] == "#  cmd     pid     |||||| time  |   caller     "
    assert text[-2].startswith("   <...>-111       0..... ")
    assert text[-2].endswith("us : tracing_mark_write: a")
    here.echo("1", "options/verbose")
    last = here.cat("trace").splitlines()[-1]
    assert last.startswith("           <...>     111   0 0 00000000 00000001 [000f424")
    assert last.endswith("ms (+0.000ms): tracing_mark_write: b")


def test_other_clocks_print_plain_numbers(here: Client) -> None:
    here.echo("counter", "trace_clock")
    here.echo("x", "trace_marker")
    assert here.cat("trace").splitlines()[-1] == (
        "           <...>-111     [000] .....   1000001000: tracing_mark_write: x"
    )
