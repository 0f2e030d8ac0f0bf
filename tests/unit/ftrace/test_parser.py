"""Words out of writes."""

from __future__ import annotations

import errno
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracefs.ftrace.parser import FTRACE_BUFF_MAX, TraceParser


def words_of(chunks: list[bytes], size: int = FTRACE_BUFF_MAX) -> list[bytes]:
    """As a file does: write until all is taken; a word at close counts."""
    parser, words = TraceParser(size), []
    for data in chunks:
        while data:
            taken = parser.feed(data)
            assert taken > 0
            data = data[taken:]
            if parser.loaded and not parser.cont:
                words.append(parser.word)
                parser.clear()
    if parser.loaded:
        words.append(parser.word)
    return words


@settings(max_examples=500)
@given(st.lists(st.text("ab:*!", min_size=1, max_size=6), max_size=6), st.data())
def test_cuts_do_not_matter(words: list[str], data: st.DataObject) -> None:
    blanks = st.text(" \t\n", min_size=1, max_size=3)
    text = "".join(data.draw(blanks) + word for word in words).encode()
    text += data.draw(st.sampled_from([b"", b"\n", b"\0"]))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(len(text) - 1, 1)), max_size=5)))
    chunks = [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]
    assert words_of(chunks) == [word.encode() for word in words]


def test_one_word_a_write() -> None:
    parser = TraceParser()
    assert parser.feed(b"  vfs_read vfs_write\n") == 11
    assert (parser.word, parser.cont) == (b"vfs_read", False)


def test_a_nul_ends_a_word() -> None:
    assert words_of([b"vfs_read\tvfs_write\0vfs_open"]) == [b"vfs_read", b"vfs_write", b"vfs_open"]
    assert words_of([b"\0\0a"]) == [b"a"]


def test_blanks_only() -> None:
    parser = TraceParser()
    assert parser.feed(b" \n\t") == 3
    assert not parser.loaded


def test_the_longest_word() -> None:
    assert words_of([b"x" * 9], size=10) == [b"x" * 9]
    assert words_of([b"x" * 4, b"y" * 5 + b" "], size=10) == [b"xxxxyyyyy"]
    for chunks in ([b"x" * 10], [b"x" * 10 + b" "], [b"x" * 5, b"x" * 5]):
        with pytest.raises(OSError) as caught:  # noqa: PT011
            words_of(chunks, size=10)
        assert caught.value.errno == errno.EINVAL


def test_a_word_too_long_is_not_kept() -> None:
    parser = TraceParser(4)
    with pytest.raises(OSError):  # noqa: PT011
        parser.feed(b"abcdef")
    assert not parser.loaded
