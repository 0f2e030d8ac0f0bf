"""Decoding pages: every kind of event, in bulk and one at a time."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from tracefs.ring.page import LAYOUT_32, LAYOUT_64, Event, Layout, data_end, decode, segments


def event(delta: int, data: bytes) -> bytes:
    """A data event."""
    data = data.ljust(-(-len(data) // 4) * 4, b"\0")
    if len(data) <= 112:
        return struct.pack("<I", delta << 5 | len(data) // 4) + data
    return struct.pack("<II", delta << 5, len(data) + 4) + data


def extend(delta: int, *, absolute: bool = False) -> bytes:
    kind = 31 if absolute else 30
    return struct.pack("<II", (delta & 0x7FFFFFF) << 5 | kind, delta >> 27)


def padding(size: int) -> bytes:
    return struct.pack("<II", 1 << 5 | 29, size - 4).ljust(size, b"\xaa")


def function(layout: Layout, ip: int, parent: int) -> bytes:
    return struct.pack("<HBBi" + ("QQ" if layout.word == 8 else "II"), 1, 0, 0, 7, ip, parent)


def test_kinds() -> None:
    page = (
        event(0, b"abcd")
        + event(5, b"x" * 113)
        + extend(1 << 30)
        + event(0, b"late")
        + padding(24)
        + event(1, b"gone on")
        + extend(77 << 27 | 3, absolute=True)
        + event(0, b"then")
        + struct.pack("<I", 29)
    )
    found = [(ts, page[at : at + n]) for _, ts, at, n in decode(page, 0, len(page), 1000)]
    assert [ts for ts, _ in found] == [
        1000,
        1005,
        1005 + (1 << 30),
        1006 + (1 << 30),
        77 << 27 | 3,
    ]
    assert found[1][1] == b"x" * 113 + b"\0\0\0"
    assert found[3][1] == b"gone on\0"


def test_where_the_data_ends() -> None:
    page = event(0, b"abcd") + padding(24)
    assert data_end(page, 0, len(page)) == 8
    assert data_end(page, 0, 8) == 8


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, (1 << 27) - 1), st.integers(0, 1 << 31)),
        max_size=60,
    ),
    st.sampled_from([LAYOUT_32, LAYOUT_64]),
)
def test_bulk_is_the_same(items: list[tuple[bool, int, int]], layout: Layout) -> None:
    """Runs of function entries, whatever stands between them."""
    page = b"".join(
        event(delta, function(layout, ip, ip + 5)) if plain else event(delta, b"other" * 5)
        for plain, delta, ip in items
    )
    single = [
        Event(3, ts, page[at : at + n]) for _, ts, at, n in decode(page, 0, len(page), 10**15)
    ]
    bulk: list[Event] = []
    found, ts = segments(page, 0, len(page), 10**15, layout, 3)
    for item in found:
        bulk += [item] if isinstance(item, Event) else item.events()
    assert bulk == single
    assert ts == (bulk[-1].ts if bulk else 10**15)
