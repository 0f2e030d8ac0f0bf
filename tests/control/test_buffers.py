"""Buffer sizes, statistics, free_buffer."""

from __future__ import annotations

import errno
import os
import re

import pytest

from tests.control.client import Client, refused


def test_sizes_before_the_first_use(top: Client) -> None:
    assert top.cat("buffer_size_kb") == "7 (expanded: 1408)\n"
    assert top.cat("buffer_total_size_kb") == "14 (expanded: 2816)\n"
    assert top.cat("per_cpu/cpu0/buffer_size_kb") == "7 (expanded: 1408)\n"
    assert top.cat("instances/i/buffer_size_kb") == "1410 (expanded: 1408)\n"


def test_choosing_a_tracer_expands(top: Client) -> None:
    top.echo("nop", "current_tracer")
    assert top.cat("buffer_size_kb") == "1410\n"
    assert top.cat("buffer_total_size_kb") == "2820\n"


@pytest.mark.parametrize(
    ("text", "result", "size", "total"),
    [
        ("1", "", "7", "14"),
        ("4", "", "7", "14"),
        ("8", "", "11", "22"),
        ("100", "", "103", "206"),
        ("1000", "", "1000", "2000"),
        ("1408", "", "1410", "2820"),
        ("010", "", "11", "22"),
        ("0", "EINVAL", "1410", "2820"),
        ("-1", "EINVAL", "1410", "2820"),
        ("foo", "EINVAL", "1410", "2820"),
        ("", "EINVAL", "1410", "2820"),
        ("2k", "EINVAL", "1410", "2820"),
        ("0x10", "EINVAL", "1410", "2820"),
        ("99999999999", "ENOMEM", "1410", "2820"),
        ("1" * 10000, "ERANGE", "1410", "2820"),
    ],
)
def test_buffer_size_kb(here: Client, text: str, result: str, size: str, total: str) -> None:
    here.echo("1408", "buffer_size_kb")
    assert here.fails(text, "buffer_size_kb") == result
    assert here.cat("buffer_size_kb") == size + "\n"
    assert here.cat("buffer_total_size_kb") == total + "\n"


def test_cpus_that_differ(here: Client) -> None:
    here.echo("1408", "buffer_size_kb")
    here.echo("100", "per_cpu/cpu0/buffer_size_kb")
    assert here.cat("buffer_size_kb") == "X\n"
    assert here.cat("per_cpu/cpu0/buffer_size_kb") == "103\n"
    assert here.cat("per_cpu/cpu1/buffer_size_kb") == "1410\n"
    assert here.cat("buffer_total_size_kb") == "1513\n"
    assert here.fails("2000", "buffer_total_size_kb") == "EINVAL"


def test_no_resizing_while_trace_is_read(here: Client) -> None:
    here.echo("1408", "buffer_size_kb")
    file = here.open("trace")
    assert here.fails("100", "buffer_size_kb") == "ENOMEM"
    assert here.fails("100", "per_cpu/cpu0/buffer_size_kb") == "ENOMEM"
    file.close()
    file = here.open("per_cpu/cpu1/trace")
    assert here.fails("100", "buffer_size_kb") == "ENOMEM"
    assert here.fails("100", "per_cpu/cpu1/buffer_size_kb") == "ENOMEM"
    assert here.fails("100", "per_cpu/cpu0/buffer_size_kb") == ""
    file.close()
    for name, flags in (("snapshot", os.O_RDONLY), ("trace", os.O_WRONLY)):
        file = here.open(name, flags)
        assert here.fails("100", "buffer_size_kb") == ""
        file.close()


def test_no_first_use_while_trace_is_read(top: Client) -> None:
    file = top.open("trace")
    assert top.fails("function", "current_tracer") == "EBUSY"
    file.close()
    assert top.fails("function", "current_tracer") == ""


def test_buffer_percent(here: Client) -> None:
    assert here.cat("buffer_percent") == "50\n"
    here.echo("100", "buffer_percent")
    assert here.fails("101", "buffer_percent") == "EINVAL"
    assert here.cat("buffer_percent") == "100\n"
    here.echo("0", "buffer_percent")
    assert here.cat("buffer_percent") == "0\n"


def test_free_buffer(here: Client) -> None:
    here.echo("1408", "buffer_size_kb")
    with refused(errno.EINVAL):
        here.open("free_buffer").read(1)
    file = here.open("free_buffer", os.O_WRONLY)
    file.handle.flush(here.task)  # of a shell that redirects
    assert here.cat("buffer_size_kb") == "1410\n"
    file.close()
    assert here.cat("buffer_size_kb") == "7\n"
    here.echo("1408", "buffer_size_kb")
    file = here.open("free_buffer", os.O_WRONLY)
    file.write(b"1")
    file.handle.flush(here.task)
    assert here.cat("buffer_size_kb") == "7\n"
    here.echo("100", "buffer_size_kb")
    file.close()  # once is enough
    assert here.cat("buffer_size_kb") == "103\n"
    assert here.cat("tracing_on") == "1\n"
    here.echo("1", "options/disable_on_free")
    here.echo("", "free_buffer")
    assert here.cat("tracing_on") == "0\n"


def test_stats(here: Client) -> None:
    for number in range(5):
        here.echo(f"msg {number}", "trace_marker")
    text = here.cat("per_cpu/cpu0/stats")
    assert re.sub(r" ts: .*", " ts: T", text) == (
        "entries: 5\noverrun: 0\ncommit overrun: 0\nbytes: 160\noldest event ts: T\n"
        "now ts: T\ndropped events: 0\nread events: 0\n"
    )
    assert re.search(r"oldest event ts: +1\.000001\nnow ts: +1\.000005\n", text)
    here.echo("counter", "trace_clock")
    here.echo("x", "trace_marker")
    assert re.search(r"oldest event ts: \d+\nnow ts: \d+\n", here.cat("per_cpu/cpu0/stats"))


def test_one_cpus_buffer_is_emptied_alone(here: Client) -> None:
    here.echo("a", "trace_marker")
    here.open("per_cpu/cpu1/trace", os.O_WRONLY | os.O_TRUNC).close()
    assert "entries: 1\n" in here.cat("per_cpu/cpu0/stats")
    here.open("per_cpu/cpu0/trace", os.O_WRONLY | os.O_TRUNC).close()
    assert "entries: 0\n" in here.cat("per_cpu/cpu0/stats")
