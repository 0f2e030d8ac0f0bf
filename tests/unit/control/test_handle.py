"""Handles: small text files and sequences of records."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracefs.control.handle import LinesHandle, SeqHandle, TextHandle


def seq(records: list[str]) -> SeqHandle[None]:
    return SeqHandle(None, os.O_RDONLY, None, lambda scope: records)  # type: ignore[arg-type]


def whole(handle: Any, sizes: list[int]) -> bytes:
    out, turn = b"", 0
    while data := handle.read(sizes[turn % len(sizes)], len(out)):
        out, turn = out + data, turn + 1
    return out


@given(
    st.lists(st.text("abc\n", max_size=300), max_size=60),
    st.lists(st.integers(1, 9000), min_size=1, max_size=5),
)
def test_any_reads_give_the_whole_sequence(records: list[str], sizes: list[int]) -> None:
    assert whole(seq(records), sizes) == "".join(records).encode()


@given(st.lists(st.text("ab", min_size=1, max_size=9), max_size=30), st.integers(0, 99))
def test_reading_from_anywhere(records: list[str], offset: int) -> None:
    text = "".join(records).encode()
    handle = seq(records)
    assert handle.read(7, offset) == text[offset : offset + 7]
    assert handle.read(7, 0) == text[:7]


def test_reads_of_whole_records() -> None:
    handle = seq(["x" * 1999 + "\n"] * 5)
    assert len(handle.read(65536, 0)) == 4000
    assert len(handle.read(65536, 4000)) == 4000
    assert len(handle.read(65536, 8000)) == 2000


def test_a_record_longer_than_a_page_comes_alone() -> None:
    handle = seq(["a\n", "b" * 9999 + "\n", "c\n"])
    assert handle.read(65536, 0) == b"a\n"
    assert len(handle.read(65536, 2)) == 10000
    assert handle.read(65536, 10002) == b"c\n"


def test_a_new_pass_shows_new_records() -> None:
    records = ["one\n"]
    handle = seq(records)
    assert handle.read(10, 0) == b"one\n"
    records[:] = ["two\n"]
    assert handle.read(10, 4) == b""
    assert handle.read(10, 0) == b"two\n"


def test_text() -> None:
    taken: list[str] = []
    handle: TextHandle[None] = TextHandle(
        None,
        os.O_RDWR,
        None,  # type: ignore[arg-type]
        lambda scope: f"{len(taken)}\n",
        lambda scope, text: taken.append(text),
    )
    assert handle.read(10, 0) == b"0\n"
    assert handle.write(b"x\xff", 0, None) == 2  # type: ignore[arg-type]
    assert taken == ["x\xff"]
    assert handle.read(10, 0) == b"1\n"
    assert handle.read(10, 1) == b"\n"


def test_what_a_file_cannot_do() -> None:
    handle: TextHandle[None] = TextHandle(None, os.O_RDWR, None, None, None)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="Invalid argument"):
        handle.read(1, 0)
    with pytest.raises(OSError, match="Invalid argument"):
        handle.write(b"x", 0, None)  # type: ignore[arg-type]


class Lines(LinesHandle[None]):
    """Given lines."""

    given = b""

    def text(self) -> bytes:
        return self.given


@given(
    st.lists(st.integers(1, 300).flatmap(lambda n: st.sampled_from([n, 15 * n])), max_size=60),
    st.lists(st.tuples(st.integers(1, 9000), st.integers(0, 5)), min_size=1, max_size=30),
)
def test_lines_are_read_as_records_are(lengths: list[int], reads: list[tuple[int, int]]) -> None:
    records = ["x" * (length - 1) + "\n" for length in lengths]
    one = seq(records)
    other = Lines(None, os.O_RDONLY, None)  # type: ignore[arg-type]
    other.given = "".join(records).encode()
    position = 0
    for size, jump in reads:
        if not jump:
            position = position * size // 9000
        data = one.read(size, position)
        assert other.read(size, position) == data
        position += len(data)
