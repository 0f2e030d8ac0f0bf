"""Writers that an NMI interrupts at any of their instructions, by other writers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.machine.ring.decoder import contents
from tests.machine.ring.guest import RingGuest
from tracefs.ring import TraceBuffer

SMALL, BIG = 4, 1500


@pytest.fixture(scope="module", params=[(64, False), (64, True), (32, False)])
def guest(request: pytest.FixtureRequest) -> Iterator[RingGuest]:
    bits, tsc = request.param
    guest = RingGuest(bits=bits, seed=1, tsc=tsc)
    yield guest
    guest.close()


def fill(guest: RingGuest, buffer: TraceBuffer, left: int, pages: int) -> int:
    """Write until `left` bytes are free on the last of so many pages; returns how many events."""
    b = buffer.per_cpu[0]
    write_offset = guest.abi.offset("buffer_page", "write")
    first = b.tail_page
    number = 0

    def room() -> int:
        index = guest.memory.u32(b.tail_page + write_offset) & 0xFFFF
        return buffer.layout.capacity - index

    def write(total: int) -> None:
        nonlocal number
        # Header, type and number are 12 bytes.
        assert guest.call("write_event", buffer.address, number, total - 12) == 0
        number += 1

    write(100)
    if pages == 2:
        for _ in range(41):
            write(100)
        assert b.tail_page != first
    page = b.tail_page
    while room() - left >= 16 and b.tail_page == page:  # a time extend may take it too far
        write(min(100, room() - left))
    return number


class Saved:
    """A buffer's memory at one moment, to go back to."""

    def __init__(self, buffer: TraceBuffer) -> None:
        b = buffer.per_cpu[0]
        pages = [b.reader_page, b.head_page, b.next(b.head_page)]
        self._memory = buffer.memory
        where = {buffer.address, *(b.data(page) for page in pages), *(p & -4096 for p in pages)}
        self._pages = {va: self._memory.read(va, 4096) for va in where}

    def restore(self) -> None:
        for va, data in self._pages.items():
            self._memory.write(va, data)


def check(
    buffer: TraceBuffer, written: set[int], attempts: int, failed: int, *, whole: bool
) -> None:
    events = contents(buffer)
    numbers = [event.number for event in events]
    stats = buffer.stats(0)
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) <= written
    if whole:
        assert set(numbers) == written
    times = [event.ts for event in events]
    assert times == sorted(times)
    assert stats.entries == len(events)
    assert stats.entries + stats.overrun == len(written)
    assert stats.dropped_events + stats.commit_overrun == failed
    assert attempts == len(written) + failed
    assert buffer.per_cpu[0].depth == 0


@pytest.mark.parametrize("left", [4, 8, 28, 300])
@pytest.mark.parametrize(("nested", "times"), [(SMALL, 1), (BIG, 3)])
@pytest.mark.parametrize("overwrite", [True, False])
def test_nested_at_any_instruction(
    guest: RingGuest, left: int, nested: int, times: int, overwrite: bool
) -> None:
    """Nothing is lost, doubled or out of order, and the counters say what happened."""
    buffer = guest.buffer(overwrite=overwrite)
    try:
        step = 0
        running = True
        ready = []
        for pages in (1, 2):
            buffer.reset()
            n = fill(guest, buffer, left, pages)
            ready.append((n, Saved(buffer)))
        while running:
            n, saved = ready[step % 2]
            saved.restore()
            attempts = n
            failed = 0
            written = set(range(n))

            def interrupt(written: set[int] = written) -> None:
                nonlocal attempts, failed
                for i in range(times):
                    attempts += 1
                    if guest.call("write_event", buffer.address, 1000 + i, nested):
                        failed += 1
                    else:
                        written.add(1000 + i)

            result, running = guest.interrupted(
                "write_event", (buffer.address, 500, SMALL), step, interrupt
            )
            attempts += 1
            if result & 0xFFFFFFFF:
                failed += 1
            else:
                written.add(500)
            # Something after it, which must find the clock right.
            before = guest.call("ring_buffer_time_stamp", buffer.address)
            attempts += 1
            if guest.call("write_event", buffer.address, 2000, SMALL):
                failed += 1
            else:
                written.add(2000)
                assert contents(buffer)[-1].ts >= before
            after = guest.call("ring_buffer_time_stamp", buffer.address)
            assert all(event.ts <= after for event in contents(buffer))
            check(buffer, written, attempts, failed, whole=buffer.overruns() == 0)
            step += 1
        assert step > 40
    finally:
        buffer.free()


@pytest.mark.parametrize(
    ("left", "way"),
    [(left, "traced") for left in (4, 28, 56)]
    + [(left, "function_trace_call") for left in (4, 28, 300)],
)
def test_function_tracer_at_any_instruction(left: int, way: str) -> None:
    """The fast paths, and function entries that nest in them and cross pages."""
    guest = RingGuest(seed=1, tsc=True)
    try:
        buffer = guest.buffer()
        tr = guest.trace_array(buffer)
        ops = guest.set_ops(tr)
        step = 0
        running = True
        ready = []
        for pages in (1, 2):
            buffer.reset()
            n = fill(guest, buffer, left, pages)
            ready.append((n, Saved(buffer)))
        while running:
            n, saved = ready[step % 2]
            saved.restore()
            nested = 1 + step % 3

            def interrupt(nested: int = nested) -> None:
                for i in range(nested):
                    if i % 2:
                        guest.call("function_trace_call", 0x10, 0x2000 + i, ops)
                    else:
                        guest.call("traced", 0x2000 + i)

            before = buffer.entries()
            args = (0x1000,) if way == "traced" else (0x10, 0x1000, ops)
            _, running = guest.interrupted(way, args, step, interrupt)
            guest.call("traced", 0x3000)
            events = contents(buffer)
            new = events[before - (buffer.overruns()) :]
            parents = [int.from_bytes(event.data[16:24], "little") for event in new]
            expected = [0x1000, 0x3000] + [0x2000 + i for i in range(nested if running else 0)]
            assert sorted(parents) == sorted(expected), (step, n)
            assert parents[-1] == 0x3000
            assert all(event.data[:8] == bytes.fromhex("0100010064000000") for event in new)
            times = [event.ts for event in events]
            assert times == sorted(times)
            now = guest.call("ring_buffer_time_stamp", buffer.address)
            assert times[-1] <= now
            stats = buffer.stats(0)
            assert stats.entries == len(events)
            assert not stats.dropped_events + stats.commit_overrun
            step += 1
        assert step > 60
    finally:
        guest.close()


@pytest.mark.parametrize("left", [4, 28, 50, 300])
def test_graph_tracer_at_any_instruction(left: int) -> None:
    """The same for calls and their returns, which also keep both registers of a result."""
    guest = RingGuest(seed=1, tsc=True)
    try:
        buffer = guest.buffer()
        tr = guest.trace_array(buffer)
        guest.set_ops(tr)
        guest.call("start_graph", tr)
        ready = []
        for pages in (1, 2):
            buffer.reset()
            fill(guest, buffer, left, pages)
            ready.append(Saved(buffer))
        step = 0
        running = True
        while running:
            ready[step % 2].restore()
            nested = 1 + step % 3
            results: list[int] = []

            def interrupt(nested: int = nested, results: list[int] = results) -> None:
                results += [guest.call("graph_call") for _ in range(nested)]

            before = buffer.entries()
            result, running = guest.interrupted("graph_call", (), step, interrupt)
            assert {result, *results} == {3 << 32 | 2}, step
            events = contents(buffer)
            new = events[before - buffer.overruns() :]
            kinds = [event.data[0] for event in new]
            calls = 1 + len(results)
            assert (kinds.count(11), kinds.count(10)) == (calls, calls), step
            # One that interrupts a call before its event is still deeper.
            depths = [(e.data[0], int.from_bytes(e.data[16:20], "little")) for e in new]
            assert sorted(d for kind, d in depths if kind == 11) == sorted(
                d for kind, d in depths if kind == 10
            ), step
            assert {d for _, d in depths} <= {0, 1}, step
            assert depths[-1][1] == 0, step
            times = [event.ts for event in events]
            assert times == sorted(times)
            assert buffer.stats(0).entries == len(events)
            assert guest.call("graph_pending") == 0
            step += 1
        assert step > 130
    finally:
        guest.close()
