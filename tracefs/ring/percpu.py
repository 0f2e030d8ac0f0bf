"""One CPU's ring: its list of pages, its counters, its reader page (struct ring_buffer_per_cpu)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tracefs.image.abi import Abi
from tracefs.machine.memory import Memory
from tracefs.ring.page import COMMIT_MASK
from tracefs.ring.pool import PagePool

if TYPE_CHECKING:
    from tracefs.ring.buffer import TraceBuffer

RB_DEPTH = 0x00FF
RB_STOPPED = 0x0100
RB_SLOW_CLOCK = 0x0200
RB_ABSOLUTE = 0x0400
RB_PID_FILTER = 0x0800
RB_NESTED = 0x1000
RB_FRESH = 0x2000

_COUNTERS = (
    "entries",
    "entries_bytes",
    "overrun",
    "commit_overrun",
    "dropped_events",
    "read",
    "read_bytes",
    "lost_events",
    "last_overrun",
)
_CONTENTS = (
    "tail_page",
    "commit_page",
    "head_page",
    "reader_page",
    "nr_pages",
    "pages_removed",
    *_COUNTERS,
)


class Fields:
    """Where the guest's structs keep what, looked up once."""

    def __init__(self, abi: Abi, word_size: int) -> None:
        self.word_size = word_size

        def cpu(name: str) -> int:
            return abi.offset("ring_buffer_per_cpu", name)

        self.cpu_size = abi.size("ring_buffer_per_cpu")
        self.state = cpu("state")
        self.number = cpu("cpu")
        self.tail_page = cpu("tail_page")
        self.commit_page = cpu("commit_page")
        self.head_page = cpu("head_page")
        self.reader_page = cpu("reader_page")
        self.nr_pages = cpu("nr_pages")
        self.cpu_disabled = cpu("record_disabled")
        self.pages_removed = cpu("pages_removed")
        self.write_stamp = cpu("write_stamp")
        self.read_stamp = cpu("read_stamp")
        self.tsc_base = cpu("tsc_base")
        self.tsc_frac = cpu("tsc_frac")
        self.owner = cpu("buffer")
        self.counters = {name: cpu(name) for name in _COUNTERS}
        self.contents = [cpu(name) for name in _CONTENTS]
        self.stamps = [cpu("write_stamp"), cpu("read_stamp")]

        self.page_size = abi.size("buffer_page")
        self.next = abi.offset("buffer_page", "next")
        self.prev = abi.offset("buffer_page", "prev")
        self.page = abi.offset("buffer_page", "page")
        self.write = abi.offset("buffer_page", "write")
        self.page_read = abi.offset("buffer_page", "read")
        # A whole descriptor in one store.
        self.descriptor = struct.Struct("<QQQII" if word_size == 8 else "<IIIII")
        expected = [word_size * i for i in range(4)] + [3 * word_size + 4]
        if [self.next, self.prev, self.page, self.write, self.page_read] != expected:
            raise ValueError("struct buffer_page is not what this was written for")
        self.header_size = abi.const("BUF_PAGE_HDR_SIZE")

        self.buffer_size = abi.size("trace_buffer")
        self.flags = abi.offset("trace_buffer", "flags")
        self.clock = abi.offset("trace_buffer", "clock")
        self.disabled = abi.offset("trace_buffer", "record_disabled")
        self.time_stamp_abs = abi.offset("trace_buffer", "time_stamp_abs")
        self.cpus = abi.offset("trace_buffer", "cpus")
        self.buffers = abi.offset("trace_buffer", "buffers")

    def word(self, memory: Memory, va: int) -> int:
        """The unsigned long at va."""
        return memory.u64(va) if self.word_size == 8 else memory.u32(va)

    def put_word(self, memory: Memory, va: int, value: int) -> None:
        """Store an unsigned long."""
        if self.word_size == 8:
            memory.put_u64(va, value)
        else:
            memory.put_u32(va, value)


def _index(write: int) -> int:
    return write & 0xFFFF


def _entries(write: int) -> int:
    return write >> 16 & 0x3FF


class CpuBuffer:
    """The ring of one CPU.  Pages are named by the address of their descriptor."""

    def __init__(
        self, owner: TraceBuffer, fields: Fields, address: int, cpu: int, pool: PagePool
    ) -> None:
        self.address = address
        self.cpu = cpu
        self.memory = owner.memory
        self._f = fields
        self._pool = pool
        self.generation = 0  # moves when events that readers have decoded may be gone
        (reader, reader_data), *ring = pool.alloc(3)
        first = ring[0][0]
        self._chain(ring[-1][0], ring, first)
        self._put(fields.number, cpu)
        self._put(fields.owner, owner.address)
        self._put(fields.nr_pages, len(ring))
        self._put(fields.reader_page, reader)
        for offset in (fields.head_page, fields.tail_page, fields.commit_page):
            self._put(offset, first)
        # The reader page's next says where to continue once the writer stands on it.
        self.memory.write(reader, fields.descriptor.pack(first, first, reader_data, 0, 0))

    # ---- words of the structs

    def _get(self, offset: int) -> int:
        return self._f.word(self.memory, self.address + offset)

    def _put(self, offset: int, value: int) -> None:
        self._f.put_word(self.memory, self.address + offset, value)

    def get_page(self, page: int, offset: int) -> int:
        """A pointer field of a page's descriptor."""
        return self._f.word(self.memory, page + offset)

    def _put_page(self, page: int, offset: int, value: int) -> None:
        self._f.put_word(self.memory, page + offset, value)

    def _counter(self, name: str) -> int:
        return self._get(self._f.counters[name])

    def add(self, name: str, n: int) -> None:
        """Add to a counter."""
        offset = self._f.counters[name]
        self._put(offset, self._get(offset) + n)

    def set(self, name: str, value: int) -> None:
        """Set a counter."""
        self._put(self._f.counters[name], value)

    def _clear_page(self, page: int) -> None:
        self.memory.put_u64(page + self._f.write, 0)  # and read
        self.memory.write(self.data(page), bytes(self._f.header_size))

    def _chain(self, before: int, pages: list[tuple[int, int]], after: int) -> None:
        """Link fresh pages, whose data is zero, between two that stay."""
        pack = self._f.descriptor.pack
        write = self.memory.write
        names = [before, *(page for page, _ in pages), after]
        for i, (page, data) in enumerate(pages):
            write(page, pack(names[i + 2], names[i], data, 0, 0))
        self._put_page(before, self._f.next, names[1])
        self._put_page(after, self._f.prev, names[-2])

    def _link(self, page: int, after: int) -> None:
        self._put_page(page, self._f.next, after)
        self._put_page(after, self._f.prev, page)

    # ---- positions

    @property
    def nr_pages(self) -> int:
        """Pages in the ring, the reader's not counted."""
        return self._get(self._f.nr_pages)

    @property
    def head_page(self) -> int:
        """The oldest page of the ring."""
        return self._get(self._f.head_page)

    @property
    def tail_page(self) -> int:
        """The page that is written to."""
        return self._get(self._f.tail_page)

    @property
    def commit_page(self) -> int:
        """The last page with committed events."""
        return self._get(self._f.commit_page)

    @property
    def reader_page(self) -> int:
        """The page that left the ring to be read."""
        return self._get(self._f.reader_page)

    def next(self, page: int) -> int:
        """The page after this one."""
        return self.get_page(page, self._f.next)

    def data(self, page: int) -> int:
        """Address of the page's data: time stamp, commit, events."""
        return self.get_page(page, self._f.page)

    def commit(self, page: int) -> int:
        """Bytes of events on the page that may be read."""
        return self.get_page(self.data(page), 8) & COMMIT_MASK

    def time_stamp(self, page: int) -> int:
        """Time of the page's first event."""
        return self.memory.u64(self.data(page))

    def page_entries(self, page: int) -> int:
        """Events on the page."""
        return _entries(self.memory.u32(page + self._f.write))

    def page_read(self, page: int) -> int:
        """Bytes of the reader page that were consumed."""
        return self.memory.u32(page + self._f.page_read)

    def set_page_read(self, page: int, n: int) -> None:
        """Note how much of the reader page was consumed."""
        self.memory.put_u32(page + self._f.page_read, n)

    def release_page(self, page: int) -> None:
        """The reader page was taken as a whole: it is empty now, and its time stamp stays."""
        self.generation += 1
        self.memory.put_u64(page + self._f.write, 0)  # and read
        self._put_page(self.data(page), 8, 0)

    @property
    def depth(self) -> int:
        """Writers that this CPU is inside of."""
        return self.memory.u32(self.address + self._f.state) & RB_DEPTH

    # ---- counters, as 6.1 counts

    def _written(self) -> tuple[int, int]:
        """(events, bytes) written so far: on pages that the commit position left, and since."""
        entries, size = self._counter("entries"), self._counter("entries_bytes")
        page, tail = self.commit_page, self.tail_page
        while True:
            write = self.memory.u32(page + self._f.write)
            entries += _entries(write)
            size += _index(write)
            if page == tail:
                return entries, size
            page = self.next(page)

    @property
    def entries(self) -> int:
        """Events that wait to be read."""
        return max(0, self._written()[0] - self.overrun - self.read_events)

    @property
    def bytes(self) -> int:
        """Bytes of them, padding included."""
        mask = (1 << 8 * self._f.word_size) - 1
        return self._written()[1] - self._counter("read_bytes") & mask

    @property
    def overrun(self) -> int:
        """Events that newer ones replaced."""
        return self._counter("overrun")

    @property
    def commit_overrun(self) -> int:
        """Events dropped because nested writers filled the whole ring."""
        return self._counter("commit_overrun")

    @property
    def dropped_events(self) -> int:
        """Events dropped because the ring was full and not to be overwritten."""
        return self._counter("dropped_events")

    @property
    def read_events(self) -> int:
        """Events that were consumed."""
        return self._counter("read")

    @property
    def lost_events(self) -> int:
        """Events lost before the next one to consume."""
        return self._counter("lost_events")

    @property
    def oldest_event_ts(self) -> int:
        """Time of the page that the oldest events are on."""
        reader = self.reader_page
        return self.time_stamp(reader if self.tail_page == reader else self.head_page)

    @property
    def read_stamp(self) -> int:
        """Time of the event consumed last, or of the page."""
        return self.memory.u64(self.address + self._f.read_stamp)

    @read_stamp.setter
    def read_stamp(self, ts: int) -> None:
        self.memory.put_u64(self.address + self._f.read_stamp, ts)

    @property
    def pages_removed(self) -> int:
        """Pages that resizing took away; iterators start over when it moves."""
        return self._get(self._f.pages_removed)

    def is_empty(self) -> bool:
        """Whether no committed event is unread (rb_per_cpu_empty); padding alone is nothing."""
        reader, head, commit = self.reader_page, self.head_page, self.commit_page
        if self.page_read(reader) >= self.commit(reader):
            if commit == reader:
                return True
            if commit == head and self.commit(commit) == 0:
                return True
        return self.entries == 0

    # ---- control

    @property
    def record_disabled(self) -> int:
        """How many want this CPU not to record."""
        return self._get(self._f.cpu_disabled)

    @record_disabled.setter
    def record_disabled(self, value: int) -> None:
        self._put(self._f.cpu_disabled, value)

    def set_state(self, flags: int, stopped: bool, tsc_base: int, tsc_frac: int) -> None:
        """The flags that the guest's fast path tests; depth and RB_NESTED are its own."""
        if stopped or self.record_disabled:
            flags |= RB_STOPPED
        if not _index(self.memory.u32(self.tail_page + self._f.write)):
            flags |= RB_FRESH
        self.memory.put_u64(self.address + self._f.tsc_base, tsc_base)
        self.memory.put_u64(self.address + self._f.tsc_frac, tsc_frac)
        state = self.address + self._f.state
        self.memory.put_u32(state, self.memory.u32(state) & (RB_DEPTH | RB_NESTED) | flags)

    def reset(self) -> None:
        """Empty, all counters zero (rb_reset_cpu)."""
        self.generation += 1
        head = self.head_page
        page = head
        while True:
            self._clear_page(page)
            page = self.next(page)
            if page == head:
                break
        self._clear_page(self.reader_page)
        self._put(self._f.tail_page, head)
        self._put(self._f.commit_page, head)
        for offset in self._f.counters.values():
            self._put(offset, 0)
        for offset in self._f.stamps:
            self.memory.put_u64(self.address + offset, 0)
        state = self.address + self._f.state
        self.memory.put_u32(state, self.memory.u32(state) | RB_FRESH)

    # ---- the ring

    def swap_reader_page(self) -> None:
        """Put the empty reader page in the head page's place, which becomes the reader page."""
        f = self._f
        self.generation += 1
        head, reader = self.head_page, self.reader_page
        self._clear_page(reader)
        after, before = self.next(head), self.get_page(head, f.prev)
        self._link(before, reader)
        self._link(reader, after)
        self._put(f.head_page, after)
        self._put(f.reader_page, head)
        self.set_page_read(head, 0)
        overrun = self.overrun
        last = self._counter("last_overrun")
        if overrun != last:
            self.set("lost_events", overrun - last)
            self.set("last_overrun", overrun)

    def insert_pages(self, pages: list[tuple[int, int]]) -> None:
        """Add pages before the head, where the writer comes to them first (rb_insert_pages)."""
        head = self.head_page
        self._chain(self.get_page(head, self._f.prev), pages, head)
        self._put(self._f.nr_pages, self.nr_pages + len(pages))

    def remove_pages(self, n: int) -> None:
        """Take n pages away behind the tail: free ones, then the oldest (rb_remove_pages)."""
        f = self._f
        tail, reader = self.tail_page, self.reader_page
        before = self.next(tail) if tail == reader else tail
        head, commit = self.head_page, self.commit_page
        page = self.next(before)
        removed = []
        moved = False
        for _ in range(n):
            removed.append(page)
            moved |= page == head
            page = self.next(page)
        self._link(before, page)
        if moved:
            self._put(f.head_page, page)
        for gone in removed:
            # Also a page without entries may have bytes: of a discarded one.
            self.add("overrun", self.page_entries(gone))
            self.add("entries_bytes", -self.commit(gone))
            assert gone not in (commit, reader)
        self._pool.free([(gone, self.data(gone)) for gone in removed])
        self._put(f.nr_pages, self.nr_pages - n)
        self._put(f.pages_removed, self.pages_removed + n)

    def swap_contents(self, other: CpuBuffer) -> None:
        """Exchange pages, counters and time stamps; both rings have the same number of pages."""
        self.generation += 1
        other.generation += 1
        for offset in self._f.contents:
            mine, theirs = self._get(offset), other._get(offset)
            self._put(offset, theirs)
            other._put(offset, mine)
        for offset in self._f.stamps:
            a, b = self.address + offset, other.address + offset
            mine, theirs = self.memory.u64(a), self.memory.u64(b)
            self.memory.put_u64(a, theirs)
            self.memory.put_u64(b, mine)

    def free(self) -> None:
        """Give the pages back."""
        head = self.head_page
        page = self.next(head)
        pages = [head, self.reader_page]
        while page != head:
            pages.append(page)
            page = self.next(page)
        self._pool.free([(page, self.data(page)) for page in pages])
