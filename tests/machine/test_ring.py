"""The ring buffer as 6.1 answers: numbers of the golden transcripts 12, 13 and 14."""

from __future__ import annotations

from collections.abc import Iterator as Iterating

import pytest

from tests.machine.ring.decoder import contents, decode
from tests.machine.ring.guest import RingGuest
from tracefs.ring import Consumer, Event, FunctionBatch, Iterator, TraceBuffer
from tracefs.ring.reader import CpuReader


class Marked:
    """A trace array to write markers to."""

    def __init__(self, bits: int, cpus: int = 1) -> None:
        self.guest = RingGuest(cpus, bits=bits)
        self.buffer: TraceBuffer = self.guest.buffer()
        self.tr = self.guest.trace_array(self.buffer)
        self._text = self.guest.memory.alloc_pages(1)

    def mark(self, text: str, cpu: int = 0) -> int:
        """tracing_mark_write; negative is an errno."""
        data = text.encode()
        self.guest.memory.write(self._text, data)
        result = self.guest.call("tracing_mark_write", self.tr, self._text, len(data), cpu=cpu)
        return result - (1 << self.guest.bits) if result >> (self.guest.bits - 1) else result

    def marks(self, pattern: str, n: int) -> int:
        """How many of n markers were taken."""
        return sum(self.mark(pattern % i) > 0 for i in range(1, n + 1))


def text(event: Event | FunctionBatch, word: int = 8) -> str:
    assert isinstance(event, Event)
    assert event.type == 5
    return event.data[8 + word :].split(b"\n")[0].decode()


@pytest.fixture
def m() -> Iterating[Marked]:
    marked = Marked(64)
    yield marked
    marked.guest.close()


@pytest.fixture
def m32() -> Iterating[Marked]:
    marked = Marked(32)
    yield marked
    marked.guest.close()


@pytest.mark.parametrize(
    ("asked", "got"), [(1, 7), (4, 7), (8, 11), (100, 103), (1000, 1000), (1408, 1410), (10, 11)]
)
def test_sizes(m: Marked, asked: int, got: int) -> None:
    """As buffer_size_kb reads after such a write."""
    m.buffer.resize(asked << 10)
    assert m.buffer.size(0) >> 10 == got


def test_too_large_changes_nothing(m: Marked) -> None:
    free = m.guest.memory.pages.free
    with pytest.raises(OSError, match="Cannot allocate"):
        m.buffer.resize(99999999999 << 10)
    assert m.buffer.size(0) >> 10 == 7
    assert m.guest.memory.pages.free == free


def test_overwriting_after_a_read(m: Marked) -> None:
    """The reader's page stays with the writer, so the first event of the 1000 survives."""
    m.buffer.resize(1408 << 10)
    assert m.marks("msg %d\n", 5) == 5
    assert m.buffer.stats(0).bytes == 160
    reader = Consumer(m.buffer)
    for i in range(1, 6):
        event = reader.consume()
        assert event is not None
        assert text(event) == f"msg {i}"
    assert reader.consume() is None
    stats = m.buffer.stats(0)
    assert (stats.entries, stats.bytes, stats.read_events) == (0, 0, 5)
    m.buffer.resize(8 << 10)
    m.buffer.per_cpu[0].memory.put_u64(  # as if a second had passed: a time extend
        m.buffer.per_cpu[0].address + m.guest.abi.offset("ring_buffer_per_cpu", "write_stamp"), 1
    )
    assert m.marks("msg %d\n", 1000) == 1000
    stats = m.buffer.stats(0)
    assert (stats.entries, stats.overrun) == (492, 508)
    assert stats.read_events == 5
    events = list(Iterator(m.buffer))
    assert len(events) == 492
    assert text(events[0]) == "msg 1"
    assert text(events[-1]) == "msg 1000"


def test_not_overwriting(m: Marked) -> None:
    m.buffer.resize(8 << 10)
    m.buffer.overwrite = False
    assert m.marks("msg %d\n", 1000) == 381
    stats = m.buffer.stats(0)
    assert (stats.entries, stats.bytes, stats.dropped_events) == (381, 12240, 619)


def test_lost_events(m: Marked) -> None:
    m.buffer.resize(4 << 10)
    m.marks("line %d of an overrun test\n", 500)
    reader = Consumer(m.buffer)
    event = reader.peek()
    assert event is not None
    assert event.lost == 391
    assert text(event) == "line 392 of an overrun test"
    events = []
    while (event := reader.consume()) is not None:
        events.append(event)
    assert len(events) == 109
    assert m.buffer.overruns() == 391
    m.marks("line %d of an overrun test\n", 500)
    stats = m.buffer.stats(0)
    assert (stats.entries, stats.overrun, stats.bytes, stats.read_events) == (188, 703, 9772, 109)
    events = []
    while (event := reader.consume()) is not None:
        events.append(event)
    assert len(events) == 188
    assert [(i, e.lost, text(e)) for i, e in enumerate(events) if e.lost] == [
        (48, 312, "line 361 of an overrun test")
    ]
    assert stats.oldest_event_ts == events[48].ts


def test_switched_off(m: Marked) -> None:
    m.buffer.recording = False
    assert m.mark("off") == -9
    m.buffer.recording = True
    m.buffer.record_disable(0)
    assert m.mark("off") == -9
    m.buffer.record_enable(0)
    assert m.mark("on") == 2
    m.guest.call("ring_buffer_record_off", m.buffer.address)
    assert not m.buffer.recording


def test_marker_ends(m: Marked) -> None:
    """A newline is added, and nothing cuts what the host asked for but the limit."""
    assert m.mark("no newline") == 10
    assert m.mark("x" * 3000) == 1024
    first, second = Iterator(m.buffer)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert first.data[16:].startswith(b"no newline\n\0")
    assert second.data[16:].startswith(b"x" * 1024 + b"\n\0")
    assert first.data[:8] == bytes.fromhex("0500000064000000")
    ip = int.from_bytes(first.data[8:16], "little")
    start = m.guest.symbols["tracing_mark_write"]
    assert start <= ip < start + 200


def test_pages(m: Marked) -> None:
    """trace_pipe_raw's pages: whole ones, parts, lost events in the header."""
    m.buffer.resize(4 << 10)
    m.marks("line %d of an overrun test\n", 500)
    reader = CpuReader(m.buffer, 0)
    page = reader.read_page()
    assert page is not None
    assert len(page) == 4096
    commit = int.from_bytes(page[8:16], "little")
    assert commit >> 30 == (1 << 34) - 1  # the flag is added as a negative int
    end = 16 + (commit & 0xFFFFF)
    assert int.from_bytes(page[end : end + 8], "little") == 391
    events = decode(page, 8)
    assert len(events) == 78
    assert reader.read_page(full=True) is None
    page = reader.read_page(size=200)
    assert page is not None
    assert len(decode(page, 8)) == 3
    event = reader.consume()
    assert event is not None
    page = reader.read_page()
    assert page is not None
    assert len(decode(page, 8)) == 31 - 4
    assert reader.read_page() is None
    stats = m.buffer.stats(0)
    assert (stats.entries, stats.bytes, stats.read_events) == (0, 0, 109)


def test_pages_of_32_bits(m32: Marked) -> None:
    m32.buffer.resize(4 << 10)
    m32.marks("line %d of an overrun test\n", 500)
    page = CpuReader(m32.buffer, 0).read_page()
    assert page is not None
    commit = int.from_bytes(page[8:12], "little")
    assert commit >> 30 == 3
    end = 12 + (commit & 0xFFFFF)
    assert int.from_bytes(page[end : end + 4], "little") == m32.buffer.overruns() > 0


def test_how_full(m: Marked) -> None:
    """buffer_percent counts pages; the one that the writer is on counts as full."""

    def percent() -> int:
        return max(percent for percent in range(101) if m.buffer.fills(0, percent))

    assert percent() == 50
    m.buffer.resize(10 * 4080)
    for pages in range(25):
        assert percent() == 10 * min(max(pages, 1), 10)
        m.marks(f"{pages}" + 980 * "x" + "%d", 4)
    reader = CpuReader(m.buffer, 0)
    for pages in range(9, 0, -1):
        assert reader.read_page() is not None
        assert percent() == 10 * pages
    assert reader.read_page() is not None  # the writer's
    assert percent() == 10


def test_iterator_goes_on_while_writing(m: Marked) -> None:
    """As a reader of trace in small pieces: nothing twice, and an overrun is told."""
    m.buffer.resize(4 << 10)
    m.marks("a %d", 10)
    iterator = Iterator(m.buffer)
    assert [text(next(iterator)) for _ in range(10)] == [f"a {i}" for i in range(1, 11)]
    assert iterator.next() is None
    m.marks("b %d", 5)
    assert [text(event) for event in iterator] == [f"b {i}" for i in range(1, 6)]
    m.marks("c %d", 1000)
    rest = list(iterator)
    assert rest
    assert isinstance(rest[0], Event)
    assert rest[0].lost == -1
    assert text(rest[-1]) == "c 1000"


@pytest.mark.parametrize("way", ["consume", "read_page", "iterate"])
def test_time_goes_on_where_its_event_was_discarded(m: Marked, way: str) -> None:
    """An extend that no event follows is read, too, before the next event comes."""
    m.mark("before")
    m.guest.let_time_pass(1 << 28)
    m.guest.call("discard_event", m.buffer.address, 0, 100)
    reader, iterator = CpuReader(m.buffer, 0), Iterator(m.buffer)
    if way == "iterate":
        assert len(list(iterator)) == 1
    elif way == "consume":
        assert len(list(iter(reader.consume, None))) == 1
    else:
        assert reader.read_page() is not None
    m.mark("after")
    (expected,) = [event.ts for event in contents(m.buffer) if b"after" in event.data]
    event = iterator.next() if way == "iterate" else reader.consume()
    assert isinstance(event, Event)
    assert text(event) == "after"
    assert event.ts == expected


def test_snapshot(m: Marked) -> None:
    other = m.buffer.twin()
    m.mark("before")
    m.buffer.swap(other)
    m.mark("after")
    assert [text(event) for event in Iterator(m.buffer)] == ["after"]
    assert [text(event) for event in Iterator(other)] == ["before"]
    m.buffer.swap(other)
    assert [text(event) for event in Iterator(m.buffer)] == ["before"]
    other.resize(8 << 10)
    with pytest.raises(OSError, match="Invalid"):
        m.buffer.swap(other)
    other.free()


def test_nothing_leaks() -> None:
    marked = Marked(64)
    free = marked.guest.memory.pages.free
    buffer = marked.guest.buffer()
    buffer.resize(100 << 10)
    other = buffer.twin()
    buffer.swap(other)
    buffer.resize(4 << 10)
    buffer.free()
    other.free()
    assert marked.guest.memory.pages.free == free
    marked.guest.close()


def test_cpus_are_merged_by_time() -> None:
    marked = Marked(64, cpus=2)
    for i in range(20):
        marked.mark(f"{i}", cpu=i * 7 % 3 % 2)
    assert [text(event) for event in Iterator(marked.buffer)] == [f"{i}" for i in range(20)]
    one = [text(event) for event in Iterator(marked.buffer, [1])]
    assert one == [f"{i}" for i in range(20) if i * 7 % 3 % 2]
    reader = Consumer(marked.buffer)
    assert [text(event) for event in iter(reader.consume, None)] == [f"{i}" for i in range(20)]
    marked.guest.close()


def test_functions(m: Marked) -> None:
    """Calls of the workload, by the tracer's fast path, in bulk and one by one."""
    guest = m.guest
    guest.set_ops(m.tr)
    m.buffer.resize(1 << 20)
    for way in ("trampoline", "function_trace_entry"):
        m.buffer.reset()
        guest.patch(way)
        guest.call("workload", 1000)
        guest.patch(None)
        m.mark("in between")
        guest.patch(way)
        guest.call("workload", 1000)
        guest.patch(None)
        batches = list(Iterator(m.buffer))
        total = sum(len(b) if isinstance(b, FunctionBatch) else 1 for b in batches)
        assert total == 14001
        assert m.buffer.entries() == 14001
        events: list[Event] = []
        for item in batches:
            events += item.events() if isinstance(item, FunctionBatch) else [item]
        sites = {site: i for i, site in enumerate(guest.sites())}
        assert all(int.from_bytes(e.data[8:16], "little") in sites for e in events if e.type == 1)
        consumed = list(iter(Consumer(m.buffer).consume, None))
        assert consumed == events
        assert [e.ts for e in events] == sorted(e.ts for e in events)


def test_traced_code_computes_the_same(m: Marked) -> None:
    results = []
    for way in (None, "trampoline", "function_trace_entry", "ftrace_caller", "ftrace_regs_caller"):
        other = Marked(64)
        other.guest.set_ops(other.tr)
        other.guest.patch(way)
        results.append(other.guest.call("workload", 5000))
        other.guest.close()
    assert len(set(results)) == 1


def test_shared_caller_and_list(m: Marked) -> None:
    """ftrace_caller with the list function: each ops by its hashes."""
    guest, memory = m.guest, m.guest.memory
    ops = guest.set_ops(m.tr)
    offset = guest.abi.offset
    memory.put_u64(ops + offset("ftrace_ops", "func"), guest.symbols["function_trace_call"])
    wanted = guest.sites()[0]
    table = memory.alloc_pages(1)
    memory.put_u32(table + offset("ftrace_hash", "bits"), 4)
    memory.put_u32(table + offset("ftrace_hash", "count"), 1)
    slot = ((wanted & 0xFFFFFFFF) * 0x9E3779B1 & 0xFFFFFFFF) >> 28
    memory.put_u64(table + offset("ftrace_hash", "ips") + 8 * slot, wanted)
    memory.put_u64(guest.symbols["ftrace_ops_list"], ops)
    for caller, call in (
        ("ftrace_caller", "ftrace_call"),
        ("ftrace_regs_caller", "ftrace_regs_call"),
    ):
        at = guest.symbols[call]
        distance = guest.symbols["arch_ftrace_ops_list_func"] - at - 5
        memory.write(at + 1, (distance & 0xFFFFFFFF).to_bytes(4, "little"))
        guest.patch(caller)
        m.buffer.reset()
        memory.put_u64(ops + offset("ftrace_ops", "filter_hash"), 0)
        guest.call("workload", 10)
        assert m.buffer.entries() == 70
        m.buffer.reset()
        memory.put_u64(ops + offset("ftrace_ops", "filter_hash"), table)
        guest.call("workload", 10)
        assert 0 < m.buffer.entries() < 70
        events = list(iter(Consumer(m.buffer).consume, None))
        assert {int.from_bytes(e.data[8:16], "little") for e in events} == {wanted}


def test_32_bits(m32: Marked) -> None:
    m32.buffer.resize(8 << 10)
    m32.marks("msg %d", 1000)
    events = list(Iterator(m32.buffer))
    assert text(events[-1], 4) == "msg 1000"
    stats = m32.buffer.stats(0)
    assert stats.entries == len(events)
    assert stats.entries + stats.overrun == 1000
