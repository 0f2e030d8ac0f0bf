"""Reading without consuming: what `trace` shows.  Writers may go on between two steps."""

from __future__ import annotations

from collections.abc import Iterable

from tracefs.ring.buffer import TraceBuffer
from tracefs.ring.page import (
    LOST_UNKNOWN,
    PAGE_SIZE,
    Event,
    FunctionBatch,
    full_pages,
    segments,
)
from tracefs.ring.percpu import CpuBuffer

_MANY_PAGES = 64  # that are decoded at once


class _Cursor:
    """One CPU's position: pages are copied and decoded one at a time (ring_buffer_iter)."""

    def __init__(self, buffer: TraceBuffer, cpu: int) -> None:
        self._buffer = buffer
        self._cpu = cpu
        self._layout = buffer.layout
        self._queue: list[Event | FunctionBatch] = []  # reversed
        self._missed = False
        self._reset()

    def _ring(self) -> CpuBuffer:
        return self._buffer.per_cpu[self._cpu]

    def _reset(self) -> None:
        b = self._ring()
        self._page = b.reader_page
        self._head = b.page_read(self._page)
        self._page_stamp = b.time_stamp(self._page)
        self._stamp = b.read_stamp if self._head else self._page_stamp
        self._seen = (b.reader_page, b.read_events, b.pages_removed)

    def peek(self) -> Event | FunctionBatch | None:
        """What comes next: an event, or a run of function entries."""
        if not self._queue:
            self._fetch()
        return self._queue[-1] if self._queue else None

    def pop(self) -> None:
        """Done with what peek gave."""
        self._queue.pop()

    def replace(self, rest: Event | FunctionBatch) -> None:
        """Done with the beginning of what peek gave."""
        self._queue[-1] = rest

    def skip_before(self, ts: int) -> int:
        """Go on to the first event at ``ts`` or later; how many were left out."""
        count = 0
        while (head := self.peek()) is not None:
            n = int(head.ts < ts) if isinstance(head, Event) else int(head.ts.searchsorted(ts))
            count += n
            if not isinstance(head, Event) and n < len(head):
                if n:
                    self.replace(_slice(head, n, len(head)))
                break
            if not n:
                break
            self.pop()
        return count

    def _fetch(self) -> None:
        b = self._ring()
        if self._seen != (b.reader_page, b.read_events, b.pages_removed):
            # Somebody consumed, or pages went away: begin anew at the oldest.
            self._reset()
        while not b.is_empty():
            commit = b.commit(self._page)
            rewritten = self._page_stamp != b.time_stamp(self._page)
            if self._head and (rewritten or commit < self._head):
                self._page_stamp = self._stamp = b.time_stamp(self._page)
                self._head = 0
                self._missed = True
            if self._head == 0:
                self._page_stamp = self._stamp = b.time_stamp(self._page)
            if self._head == 0 and commit == self._layout.capacity and self._fetch_pages(b):
                return
            if self._head < commit:
                page = b.memory.read(b.data(self._page) + self._layout.header_size, commit)
                found, self._stamp = segments(
                    page, self._head, commit, self._stamp, self._layout, self._cpu
                )
                self._head = commit
                if found:
                    if self._missed:
                        self._missed = False
                        found[:1] = _mark_lost(found[0])
                    self._queue = found[::-1]
                    return
            if self._page == b.commit_page:
                return
            self._page = b.head_page if self._page == b.reader_page else b.next(self._page)
            self._head = 0

    def _fetch_pages(self, b: CpuBuffer) -> bool:
        # Full pages of function entries, many at a time.
        pages: list[int] = []
        page, reader, last = self._page, b.reader_page, b.commit_page
        while page != last and len(pages) < _MANY_PAGES:
            pages.append(page)
            page = b.head_page if page == reader else b.next(page)
        if not pages:
            return False
        raw = b"".join([b.memory.read(b.data(page), PAGE_SIZE) for page in pages])
        found = full_pages(raw, self._layout, self._cpu)
        if found is None:
            return False
        n, batch = found
        self._page = pages[n - 1]
        self._page_stamp = b.time_stamp(self._page)
        self._head = self._layout.capacity
        self._stamp = int(batch.ts[-1])
        self._queue = [batch]
        if self._missed:
            self._missed = False
            self._queue = _mark_lost(batch)[::-1]
        return True


def _mark_lost(first: Event | FunctionBatch) -> list[Event | FunctionBatch]:
    if isinstance(first, Event):
        return [first._replace(lost=LOST_UNKNOWN)]
    event = next(first.events())
    rest = _slice(first, 1, len(first))
    return [event._replace(lost=LOST_UNKNOWN), *([rest] if len(rest) else [])]


def _slice(batch: FunctionBatch, start: int, end: int) -> FunctionBatch:
    return FunctionBatch(batch.ts[start:end], batch.cpu[start:end], batch.columns[start:end])


class Iterator:
    """Everything in the buffer, the chosen CPUs merged by time, oldest first.

    `next` can be called at any later time: it goes on where it was, with what has been written
    since; if the writer has overrun it, the next event says so (`lost`).
    """

    def __init__(self, buffer: TraceBuffer, cpus: Iterable[int] | None = None) -> None:
        self._cursors = [
            _Cursor(buffer, cpu) for cpu in (range(buffer.cpus) if cpus is None else cpus)
        ]
        self._cpus = list(range(buffer.cpus) if cpus is None else cpus)

    def next(self) -> Event | FunctionBatch | None:
        """The next event, or the next run of function entries; None at the present end."""
        bound: tuple[int, int] | None = None
        heads: list[tuple[int, _Cursor, Event | FunctionBatch]] = []
        for cpu, cursor in zip(self._cpus, self._cursors, strict=True):
            head = cursor.peek()
            if head is None:
                continue
            heads.append((cpu, cursor, head))
            key = (head.ts if isinstance(head, Event) else int(head.ts[-1]), cpu)
            if bound is None or key < bound:
                bound = key
        if bound is None:
            return None
        # All before the bound is safe to give: what a CPU has not shown yet comes later.
        parts: list[FunctionBatch] = []
        event: Event | None = None
        for cpu, cursor, head in heads:
            if isinstance(head, Event):
                if (head.ts, cpu) == bound:
                    event, owner = head, cursor
                continue
            n = int(head.ts.searchsorted(bound[0], side="right" if cpu <= bound[1] else "left"))
            if n == len(head):
                cursor.pop()
                parts.append(head)
            elif n:
                cursor.replace(_slice(head, n, len(head)))
                parts.append(_slice(head, 0, n))
        if not parts:
            assert event is not None
            owner.pop()
            return event
        return _merge(parts)

    def skip_before(self, ts: int) -> int:
        """Do not give events before that time; how many they are."""
        return sum(cursor.skip_before(ts) for cursor in self._cursors)

    def after(self, cpu: int) -> Event | None:
        """The event that follows, on that CPU, the one that `next` gave last."""
        head = self._cursors[self._cpus.index(cpu)].peek()
        return next(head.events()) if isinstance(head, FunctionBatch) else head

    def drop_after(self, cpu: int) -> None:
        """Do not give what `after` gave, which is no function entry."""
        self._cursors[self._cpus.index(cpu)].pop()

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Event | FunctionBatch:
        item = self.next()
        if item is None:
            raise StopIteration
        return item


def _merge(parts: list[FunctionBatch]) -> FunctionBatch:
    if len(parts) == 1:
        return parts[0]
    import numpy as np

    ts = np.concatenate([part.ts for part in parts])
    order = np.argsort(ts, kind="stable")  # ties: the lower CPU first, as parts are
    cpu = np.concatenate([part.cpu for part in parts])
    columns = np.concatenate([part.columns for part in parts])
    return FunctionBatch(ts[order], cpu[order], columns[order])
