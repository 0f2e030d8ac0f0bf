"""Consuming readers: events leave the buffer as they are read."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from tracefs.ring.buffer import TraceBuffer
from tracefs.ring.page import (
    MISSED_EVENTS,
    MISSED_STORED,
    PAGE_SIZE,
    Event,
    FunctionBatch,
    data_end,
    decode,
    function_run,
    time_after,
)
from tracefs.ring.percpu import CpuBuffer


def reader_page(b: CpuBuffer) -> int:
    """The page to read from, out of the ring if need be; 0 if none is (rb_get_reader_page)."""
    while True:
        page = b.reader_page
        if b.page_read(page) < b.commit(page):
            break
        if b.commit_page == page or b.entries == 0:
            return 0
        b.swap_reader_page()
    if b.page_read(page) == 0:
        b.read_stamp = b.time_stamp(page)
    return page


class CpuReader:
    """The consuming end of one CPU's ring. The position is the buffer's: readers may share it."""

    def __init__(self, buffer: TraceBuffer, cpu: int) -> None:
        self._b = buffer.per_cpu[cpu]
        self._layout = buffer.layout
        self.cpu = cpu
        # Decoded but not consumed; good while nobody else has consumed, swapped pages or reset.
        self._queue: list[tuple[int, Event]] = []  # reversed; (end on the page, event)
        self._page = 0
        self._read = 0
        self._generation = -1
        # The same in bulk: a run of function entries, and how many of them are gone.
        self._run: FunctionBatch | None = None
        self._done = 0
        self._nothing = False  # what run() found, if it found no run

    def peek(self) -> Event | None:
        """The next event, which stays; its `lost` counts what was lost before it."""
        b = self._b
        if self._queue and self._is_current():
            return self._queue[-1][1]
        while True:
            page = reader_page(b)
            if not page:
                self._queue = []
                return None
            read, commit = b.page_read(page), b.commit(page)
            self._decode(page, read, commit)
            if self._queue:
                return self._queue[-1][1]
            self._drop_padding(page, read, commit)

    def consume(self) -> Event | None:
        """The next event, which is gone then."""
        event = self.peek()
        if event is None:
            return None
        b = self._b
        end, _ = self._queue.pop()
        b.set_page_read(self._page, end)
        b.add("read_bytes", end - self._read)
        b.add("read", 1)
        b.read_stamp = event.ts
        if event.lost:
            b.set("lost_events", 0)
        self._read = end
        return event

    def run(self) -> tuple[FunctionBatch, int] | None:
        """A run of function entries and the index of the next event in it, which all stay.

        None if what is next is no such run, or if events were lost before it. The same batch comes
        again while it lasts.
        """
        b = self._b
        known, done = self._run, self._done
        if known is not None and done < len(known) and self._is_current():
            return known, done
        self._nothing = False
        while page := reader_page(b):
            read = b.page_read(page)
            if b.lost_events:
                return None
            commit = b.commit(page)
            data = b.memory.read(b.data(page) + self._layout.header_size, commit)
            self._run = function_run(data, read, commit, b.read_stamp, self._layout, self.cpu)
            self._page, self._read, self._generation = page, read, b.generation
            self._queue, self._done = [], 0
            if self._run is not None:
                return self._run, 0
            if next(decode(data, read, commit, 0), None) is not None:
                return None
            self._drop_padding(page, read, commit)
        self._nothing = True
        return None

    def _is_current(self) -> bool:
        # What was decoded is what comes next.
        b = self._b
        return self._generation == b.generation and self._read == b.page_read(self._page)

    def _drop_padding(self, page: int, read: int, commit: int) -> None:
        # No event is left on the page: padding, and extends of the time whose events are gone.
        b = self._b
        data = b.memory.read(b.data(page) + self._layout.header_size, commit)
        b.read_stamp = time_after(data, read, commit, b.read_stamp)
        b.add("read_bytes", commit - read)
        b.set_page_read(page, commit)

    def next_ts(self) -> int | None:
        """When the next event was; None if there is none."""
        run = self.run()
        if run is not None:
            batch, at = run
            return int(batch.ts[at])
        event = None if self._nothing else self.peek()
        return None if event is None else event.ts

    def skip(self, n: int) -> None:
        """The next n events of run() are gone."""
        assert self._run is not None
        b = self._b
        length = n * self._layout.function.size
        self._done += n
        self._read += length
        b.set_page_read(self._page, self._read)
        b.add("read_bytes", length)
        b.add("read", n)
        b.read_stamp = int(self._run.ts[self._done - 1])

    def _decode(self, page: int, read: int, commit: int) -> None:
        b = self._b
        data = b.memory.read(b.data(page) + self._layout.header_size, commit)
        self._page, self._read, self._generation = page, read, b.generation
        self._run = None
        cpu = self.cpu
        queue = [
            (end, Event(cpu, ts, data[offset : offset + length]))
            for end, ts, offset, length in decode(data, read, commit, b.read_stamp)
        ]
        if queue and (lost := b.lost_events):
            queue[0] = queue[0][0], queue[0][1]._replace(lost=lost)
        queue.reverse()
        self._queue = queue

    def read_page(self, size: int | None = None, *, full: bool = False) -> bytes | None:
        """A page as trace_pipe_raw gives it, or None if there is nothing (ring_buffer_read_page).

        `size` limits the bytes of events; with `full`, only a page that the writer has left counts.
        """
        b, layout = self._b, self._layout
        head = layout.header_size
        room = layout.capacity if size is None else size
        page = reader_page(b)
        if not page:
            return None
        read, commit = b.page_read(page), b.commit(page)
        missed = b.lost_events
        busy = page == b.commit_page
        if read or room < commit or busy:
            if full and (not read or room < commit - read or busy):
                return None
            raw = b.memory.read(b.data(page) + head, commit)
            stamp = ts = b.read_stamp
            limit = min(room, commit - read)
            end, events = read, 0
            for after, when, _, _ in decode(raw, read, commit, stamp):
                if after - read > limit:
                    break
                end, ts, events = after, when, events + 1
            else:
                # Padding that ends the page goes along when it fits.
                if commit - read <= limit:
                    ts = time_after(raw, end, commit, ts)
                    end = commit
            if end == read:
                return None
            b.set_page_read(page, end)
            b.add("read_bytes", end - read)
            b.add("read", events)
            b.read_stamp = ts
            body = raw[read:end]
        else:
            body = b.memory.read(b.data(page) + head, commit)
            b.add("read", b.page_entries(page))
            b.add("read_bytes", commit)
            stamp = b.time_stamp(page)
            b.release_page(page)
            # The number of lost events may take the padding's place.
            if commit == layout.capacity:
                body = body[: data_end(body, 0, commit)]
        b.set("lost_events", 0)
        commit = len(body)
        if missed:
            if layout.capacity - commit >= layout.word:
                body += missed.to_bytes(layout.word, "little")
                commit += MISSED_STORED
            # 6.1 adds the flag as an int: the upper half of a long is all ones then.
            commit -= MISSED_EVENTS
        word = struct.pack("<Qq" if layout.word == 8 else "<Qi", stamp, commit)
        return (word + body).ljust(PAGE_SIZE, b"\0")


class Consumer:
    """Consuming, with the chosen CPUs merged by time: what trace_pipe reads."""

    def __init__(self, buffer: TraceBuffer, cpus: Iterable[int] | None = None) -> None:
        self._readers = [
            CpuReader(buffer, cpu) for cpu in (range(buffer.cpus) if cpus is None else cpus)
        ]
        self._oldest = 0  # index of the reader whose run it is

    def _next(self) -> tuple[CpuReader | None, Event | None]:
        best, found = None, None
        for reader in self._readers:
            event = reader.peek()
            if event is not None and (found is None or event.ts < found.ts):
                best, found = reader, event
        return best, found

    def peek(self) -> Event | None:
        """The oldest event, which stays."""
        return self._next()[1]

    def consume(self) -> Event | None:
        """The oldest event, which is gone then."""
        reader, _ = self._next()
        return reader.consume() if reader else None

    def after(self, cpu: int) -> Event | None:
        """The event that follows, on that CPU, the one consumed last."""
        return self._reader(cpu).peek()

    def drop_after(self, cpu: int) -> None:
        """What `after` gave is gone."""
        self._reader(cpu).consume()

    def _reader(self, cpu: int) -> CpuReader:
        return next(reader for reader in self._readers if reader.cpu == cpu)

    def run(self) -> tuple[FunctionBatch, int, int] | None:
        """Function entries that come next: indexes of the first and behind the last, in a batch.

        All stay; the same batch comes again while it lasts. None: it is not worth while, or what
        comes next is something else.
        """
        heads = sorted(
            (ts, index)
            for index, reader in enumerate(self._readers)
            if (ts := reader.next_ts()) is not None
        )
        run = self._readers[heads[0][1]].run() if heads else None
        if run is None:
            return None
        self._oldest = heads[0][1]
        batch, start = run
        end = int(batch.ts.searchsorted(heads[1][0])) if len(heads) > 1 else len(batch)
        return (batch, start, end) if end > start else None

    def skip(self, n: int) -> None:
        """The first n of what run() gave are gone."""
        self._readers[self._oldest].skip(n)

    def is_empty(self) -> bool:
        """Whether nothing waits (trace_empty)."""
        return all(reader.next_ts() is None for reader in self._readers)
