"""Words of a filter of 2008."""

from __future__ import annotations

import pytest

from tracefs.ftrace.flagged import matcher

NAMES = [b"foo", b"foofoo", b"foobar", b"barfoo", b"abarc", b"bar"]


@pytest.mark.parametrize(
    ("word", "matched"),
    [
        (b"foo", [b"foo"]),
        (b"foo*", [b"foo", b"foofoo", b"foobar"]),
        (b"*foo", [b"foo", b"barfoo"]),  # the first foo of foofoo is not its end
        (b"*ar*", [b"foobar", b"barfoo", b"abarc", b"bar"]),
        (b"b*o", [b"barfoo", b"bar"]),  # what follows the asterisk is not looked at
        (b"*a*c", [b"foobar", b"barfoo", b"abarc", b"bar"]),
        (b"*", []),
        (b"**", NAMES),
        (b"", []),
        (b"fo?", []),
    ],
)
def test_words(word: bytes, matched: list[bytes]) -> None:
    assert [name for name in NAMES if matcher(word)(name)] == matched
