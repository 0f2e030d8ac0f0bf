"""The kernel's command line, taken apart."""

from __future__ import annotations

import pytest

from tracefs.errors import UserError
from tracefs.kernel.params import CommandLine, memparse, parse_args


def test_words_and_quotes() -> None:
    line = 'quiet ftrace=function trace-clock=global  kprobe_event="p,vfs_read $arg1;p vfs_open" x='
    assert list(parse_args(line)) == [
        ("quiet", None),
        ("ftrace", "function"),
        ("trace_clock", "global"),
        ("kprobe_event", "p,vfs_read $arg1;p vfs_open"),
        ("x", ""),
    ]
    assert list(parse_args("")) == []
    assert CommandLine("quiet ftrace=function tp=1").unknown == ["quiet", "tp"]


def test_an_open_quote_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="a quote is not closed"):
        CommandLine('ftrace="function')


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), ("4k", 4096), ("1M", 1 << 20), ("0x10K", 16384), ("010", 8)]
)
def test_memparse(text: str, size: int) -> None:
    assert memparse(text) == size


@pytest.mark.parametrize("text", ["", "K", "x", "1Q"])
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        memparse(text)
