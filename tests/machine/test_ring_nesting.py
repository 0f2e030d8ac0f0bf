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
        while b.tail_page == first:
            write(100)
    while room() - left >= 200:
        write(100)
    while room() - left >= 16:
        write(min(100, room() - left))  # a time extend more or less: it is near enough
    return number


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


@pytest.mark.parametrize("left", [0, 4, 8, 20, 28, 300, 4000])
@pytest.mark.parametrize(("nested", "times"), [(SMALL, 1), (SMALL, 3), (BIG, 3)])
@pytest.mark.parametrize("overwrite", [True, False])
def test_nested_at_any_instruction(
    guest: RingGuest, left: int, nested: int, times: int, overwrite: bool
) -> None:
    """Nothing is lost, doubled or out of order, and the counters say what happened."""
    buffer = guest.buffer(overwrite=overwrite)
    try:
        tr = guest.trace_array(buffer)
        step = 0
        running = True
        while running:
            buffer.reset()
            pages = 1 if step % 2 else 2
            n = fill(guest, buffer, left, pages)
            attempts = n
            failed = 0
            written = set(range(n))

            def interrupt() -> None:
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
        guest.memory.free_pages(tr, 1)
    finally:
        buffer.free()
