"""A decoder of ring-buffer pages that shares nothing with tracefs.ring.page."""

from __future__ import annotations

from typing import NamedTuple

from tracefs.ring import TraceBuffer


class Seen(NamedTuple):
    """An event as it lies on a page."""

    ts: int
    number: int
    data: bytes


def decode(page: bytes, word: int, start: int = 0) -> list[Seen]:
    """Events of a page of 4096 bytes; fails on anything that the format does not allow."""
    int_ = int.from_bytes
    ts = int_(page[:8], "little")
    commit = int_(page[8 : 8 + word], "little") & 0xFFFFF
    body = page[8 + word : 8 + word + commit]
    assert len(body) == commit
    at = 0
    out: list[Seen] = []
    while at < commit:
        header = int_(body[at : at + 4], "little")
        kind, delta = header & 31, header >> 5
        if kind == 29:
            if delta == 0:
                break
            size = 4 + int_(body[at + 4 : at + 8], "little")
        elif kind in (30, 31):
            long = int_(body[at + 4 : at + 8], "little") << 27 | delta
            ts = long if kind == 31 else ts + long
            size = 8
        else:
            first = at + 4 if kind else at + 8
            size = 4 + (4 * kind if kind else int_(body[at + 4 : at + 8], "little"))
            data = body[first : at + size]
            ts += delta
            if at >= start:
                out.append(Seen(ts, int_(data[4:8], "little"), data))
        assert size >= 8
        assert size % 4 == 0
        at += size
    assert at == commit or body[at] & 31 == 29
    return out


def unread(buffer: TraceBuffer, cpu: int = 0) -> list[tuple[bytes, int]]:
    """The pages with unread committed events, oldest first, and where those begin."""
    b = buffer.per_cpu[cpu]
    page = b.reader_page
    pages = [(buffer.memory.read(b.data(page), 4096), b.page_read(page))]
    if page == b.commit_page:
        return pages
    page = b.head_page
    while True:
        pages.append((buffer.memory.read(b.data(page), 4096), 0))
        if page == b.commit_page:
            return pages
        page = b.next(page)


def contents(buffer: TraceBuffer, cpu: int = 0) -> list[Seen]:
    """All unread committed events, oldest first."""
    word = buffer.layout.word
    return [event for page, start in unread(buffer, cpu) for event in decode(page, word, start)]


def size(buffer: TraceBuffer, cpu: int = 0) -> int:
    """Bytes of all unread events, padding included."""
    word = buffer.layout.word
    return sum(
        (int.from_bytes(page[8 : 8 + word], "little") & 0xFFFFF) - start
        for page, start in unread(buffer, cpu)
    )
