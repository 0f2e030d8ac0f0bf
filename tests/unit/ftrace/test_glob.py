"""Patterns against an independent reference."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracefs.ftrace.glob import Glob, Match, glob_match, parse_regex


def reference(pattern: bytes, text: bytes) -> bool:
    """glob(7) by recursion: ``*``, ``?``, classes with ranges and ``!``, backslash."""
    if not pattern:
        return not text
    head, rest = pattern[:1], pattern[1:]
    if head == b"*":
        return any(reference(rest, text[i:]) for i in range(len(text) + 1))
    if head == b"\\":
        return reference_literal(rest[:1], rest[1:], text)
    if not text:
        return False
    if head == b"?":
        return reference(rest, text[1:])
    if head == b"[":
        inverted = rest[:1] == b"!"
        body, at, matched = rest[inverted:], 0, False
        while at == 0 or body[at : at + 1] != b"]":
            if at >= len(body):
                return reference_literal(b"[", rest, text)
            low = high = body[at]
            if body[at + 1 : at + 2] == b"-" and body[at + 2 : at + 3] != b"]":
                if at + 2 >= len(body):
                    return reference_literal(b"[", rest, text)
                high, at = body[at + 2], at + 2
            matched |= low <= text[0] <= high
            at += 1
        return matched != inverted and reference(body[at + 1 :], text[1:])
    return reference_literal(head, rest, text)


def reference_literal(char: bytes, rest: bytes, text: bytes) -> bool:
    return text[: len(char)] == char and reference(rest, text[len(char) :])


letters = st.sampled_from([b"a", b"b", b"c", b"_", b"]", b"-"]).map(bytes)
texts = st.lists(letters, max_size=8).map(b"".join)
patterns = st.lists(
    st.one_of(letters, st.sampled_from([b"*", b"?", b"[", b"[!", b"[a-b]", b"[!c]", b"\\"])),
    max_size=8,
).map(b"".join)


@settings(max_examples=3000)
@given(patterns, texts)
def test_glob_match(pattern: bytes, text: bytes) -> None:
    assert glob_match(pattern, text) == reference(pattern, text)


@settings(max_examples=3000)
@given(patterns.filter(lambda p: p[:1] != b"!"), texts)
def test_every_kind_is_a_glob(pattern: bytes, text: bytes) -> None:
    """Simple patterns mean what the full glob means (but for what brackets do to them)."""
    parsed = parse_regex(pattern)
    if parsed.type is Match.MIDDLE_ONLY and parsed.search == b"":
        assert parsed.matches(text)  # "**"
    else:
        assert parsed.matches(text) == reference(pattern, text)
    assert parsed.select([text, b"x", text]) == (
        ([0] if parsed.matches(text) else [])
        + ([1] if parsed.matches(b"x") else [])
        + ([2] if parsed.matches(text) else [])
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"vfs_read", Glob(Match.FULL, b"vfs_read")),
        (b"vfs_*", Glob(Match.FRONT_ONLY, b"vfs_")),
        (b"*_read", Glob(Match.END_ONLY, b"_read")),
        (b"*vfs*", Glob(Match.MIDDLE_ONLY, b"vfs")),
        (b"*", Glob(Match.END_ONLY, b"")),
        (b"**", Glob(Match.MIDDLE_ONLY, b"")),
        (b"a*b", Glob(Match.GLOB, b"a*b")),
        (b"*a*b", Glob(Match.GLOB, b"*a*b")),
        (b"vfs_rea?", Glob(Match.GLOB, b"vfs_rea?")),
        (b"!vfs_*", Glob(Match.FRONT_ONLY, b"vfs_", True)),
        (b"12", Glob(Match.INDEX, b"12")),
        (b"!1x", Glob(Match.INDEX, b"1x", True)),
        (b"", Glob(Match.FULL, b"")),
    ],
)
def test_kinds(text: bytes, expected: Glob) -> None:
    assert parse_regex(text) == expected
