"""Any sequence of writing, reading, resizing, clearing and swapping, against what was accepted."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.machine.ring.decoder import contents, decode, size
from tests.machine.ring.guest import RingGuest
from tracefs.ring import Consumer, Event, FunctionBatch, Iterator, TraceBuffer
from tracefs.ring.reader import CpuReader

CPUS = 2
cpu_numbers = st.integers(0, CPUS - 1)
some_cpus = st.none() | cpu_numbers
sizes = st.sampled_from([1, 8160, 12240, 20000, 30000])


@cache
def shared_guest(bits: int) -> RingGuest:
    return RingGuest(CPUS, bits=bits)


def number(event: Event) -> int:
    return int.from_bytes(event.data[4:8], "little")


class Model:
    """What one buffer has accepted, per CPU, and how far it was consumed."""

    def __init__(self, buffer: TraceBuffer) -> None:
        self.buffer = buffer
        self.accepted: list[list[int]] = [[] for _ in range(CPUS)]
        self.position = [
            0
        ] * CPUS  # of the first that was not consumed, or lost before one that was
        self.dropped = [0] * CPUS

    def forget(self, cpu: int) -> None:
        self.accepted[cpu] = []
        self.position[cpu] = self.dropped[cpu] = 0


class RingMachine(RuleBasedStateMachine):
    bits = 64

    def __init__(self) -> None:
        super().__init__()
        self.guest = shared_guest(self.bits)
        self.free = self.guest.memory.pages.free
        self.main = Model(self.guest.buffer())
        self.twin = Model(self.main.buffer.twin())
        self.count = 0
        self.recording = True
        self.masked = [False] * CPUS
        self.open()

    def stopped(self, cpu: int) -> bool:
        return not self.recording or self.masked[cpu]

    @rule(
        cpu=cpu_numbers,
        n=st.integers(1, 60),
        length=st.sampled_from([0, 1, 20, 100, 105, 400, 3000, 4056]),
    )
    def write(self, cpu: int, n: int, length: int) -> None:
        for _ in range(n):
            self.count += 1
            m = self.main
            if self.guest.call("write_event", m.buffer.address, self.count, length, cpu=cpu):
                assert self.stopped(cpu) or not m.buffer.overwrite
                m.dropped[cpu] += not self.stopped(cpu)
            else:
                assert not self.stopped(cpu)
                m.accepted[cpu].append(self.count)

    @rule(cpu=cpu_numbers, length=st.sampled_from([4, 100, 2000]), later=st.booleans())
    def discard(self, cpu: int, length: int, later: bool) -> None:
        if later:  # an extend of the time stands before it, and stays
            self.guest.let_time_pass(1 << 28)
        m = self.main
        if self.guest.call("discard_event", m.buffer.address, 0, length, cpu=cpu):
            m.dropped[cpu] += not self.stopped(cpu)

    @rule()
    def open(self) -> None:
        """Somebody opens trace, to go on reading it while everything else happens."""
        self.iterator = Iterator(self.main.buffer)
        self.given = [-1] * CPUS  # what it gave last, as a place among the accepted
        self.may_restart = [False] * CPUS

    @rule(n=st.integers(1, 100))
    def iterate(self, n: int) -> None:
        """It begins anew where somebody has consumed; else nothing that is there is left out."""
        for _ in range(n):
            event = self.iterator.next()
            if event is None:
                break
            assert isinstance(event, Event)
            cpu, accepted = event.cpu, self.main.accepted[event.cpu]
            place = accepted.index(number(event))
            if place <= self.given[cpu]:
                assert self.may_restart[cpu]
                self.may_restart[cpu] = False
            elif not self.may_restart[cpu] and not event.lost:
                present = {seen.number for seen in contents(self.main.buffer, cpu)}
                assert not present & set(accepted[self.given[cpu] + 1 : place])
            self.given[cpu] = place

    def _consumed(self, cpu: int, found: int, lost: int) -> None:
        m = self.main
        at = m.accepted[cpu].index(found)
        assert at - m.position[cpu] == lost
        m.position[cpu] = at + 1

    @rule(n=st.integers(1, 200))
    def consume_all(self, n: int) -> None:
        """As trace_pipe: the CPUs merged by time."""
        consumer = Consumer(self.main.buffer)
        self.may_restart = [True] * CPUS
        before = 0
        for _ in range(n):
            event = consumer.consume()
            if event is None:
                assert self.main.buffer.is_empty()
                break
            assert event.ts >= before
            before = event.ts
            self._consumed(event.cpu, number(event), event.lost)

    @rule(cpu=cpu_numbers, n=st.integers(1, 200))
    def consume(self, cpu: int, n: int) -> None:
        reader = CpuReader(self.main.buffer, cpu)
        self.may_restart[cpu] = True
        for _ in range(n):
            event = reader.consume()
            if event is None:
                assert self.main.buffer.is_empty(cpu)
                break
            self._consumed(cpu, number(event), event.lost)

    @rule(cpu=cpu_numbers, size=st.sampled_from([None, 100, 2000]), full=st.booleans())
    def read_page(self, cpu: int, size: int | None, full: bool) -> None:
        page = CpuReader(self.main.buffer, cpu).read_page(size, full=full)
        self.may_restart[cpu] = True  # a page may have changed hands
        if page is None:
            return
        word = self.bits // 8
        commit = int.from_bytes(page[8 : 8 + word], "little")
        end = 8 + word + (commit & 0xFFFFF)
        lost = int.from_bytes(page[end : end + word], "little") if commit >> 30 & 1 else 0
        for i, event in enumerate(decode(page, word)):
            if i == 0 and commit >> 31 and not commit >> 30 & 1:
                # Lost, but the number did not fit on the page.
                lost = self.main.accepted[cpu].index(event.number) - self.main.position[cpu]
                assert lost > 0
            self._consumed(cpu, event.number, lost if i == 0 else 0)

    @rule(size=sizes, cpu=some_cpus)
    def resize(self, size: int, cpu: int | None) -> None:
        self.main.buffer.resize(size, cpu)
        self.twin.buffer.resize(size, cpu)
        self.may_restart = [True] * CPUS

    @rule(cpu=some_cpus)
    def reset(self, cpu: int | None) -> None:
        self.main.buffer.reset(cpu)
        for n in range(CPUS) if cpu is None else [cpu]:
            self.main.forget(n)
        self.open()

    @rule(on=st.booleans())
    def record(self, on: bool) -> None:
        self.main.buffer.recording = self.twin.buffer.recording = self.recording = on

    @rule(cpu=cpu_numbers)
    def mask(self, cpu: int) -> None:
        """Of tracing_cpumask: it belongs to the buffer, not to what is swapped."""
        for m in (self.main, self.twin):
            (m.buffer.record_enable if self.masked[cpu] else m.buffer.record_disable)(cpu)
        self.masked[cpu] = not self.masked[cpu]

    @rule(on=st.booleans())
    def overwrite(self, on: bool) -> None:
        self.main.buffer.overwrite = self.twin.buffer.overwrite = on

    @rule(on=st.booleans())
    def absolute(self, on: bool) -> None:
        self.main.buffer.absolute = self.twin.buffer.absolute = on

    @rule(cpu=some_cpus)
    def swap(self, cpu: int | None) -> None:
        a, b = self.main, self.twin
        a.buffer.swap(b.buffer, cpu)
        for n in range(CPUS) if cpu is None else [cpu]:
            a.accepted[n], b.accepted[n] = b.accepted[n], a.accepted[n]
            a.position[n], b.position[n] = b.position[n], a.position[n]
            a.dropped[n], b.dropped[n] = b.dropped[n], a.dropped[n]
        self.open()

    @invariant()
    def agrees(self) -> None:
        for m in (self.main, self.twin):
            everything = []
            for cpu in range(CPUS):
                events = contents(m.buffer, cpu)
                accepted = m.accepted[cpu]
                stats = m.buffer.stats(cpu)
                numbers = [event.number for event in events]
                waiting = accepted[m.position[cpu] :]
                # In order, and complete but for one gap, behind the reader's page.
                places = [waiting.index(n) for n in numbers]
                assert places == sorted(set(places))
                assert sum(b - a > 1 for a, b in pairwise(places)) <= 1
                if places:
                    assert places[-1] == len(waiting) - 1
                assert stats.entries == len(events)
                assert stats.entries + stats.overrun + stats.read_events == len(accepted)
                assert stats.dropped_events == m.dropped[cpu]
                assert stats.commit_overrun == 0
                assert stats.bytes == size(m.buffer, cpu)
                assert not m.buffer.per_cpu[cpu].depth
                assert m.buffer.is_empty(cpu) == (not events)
                times = [event.ts for event in events]
                assert times == sorted(times)
                everything += [(event.ts, cpu, event.number) for event in events]
            seen = []
            for event in Iterator(m.buffer):
                assert not isinstance(event, FunctionBatch)
                assert not event.lost
                seen.append((event.ts, event.cpu, number(event)))
            assert seen == sorted(everything)

    def teardown(self) -> None:
        self.main.buffer.free()
        self.twin.buffer.free()
        assert self.guest.memory.pages.free == self.free


TestRing = RingMachine.TestCase
TestRing.settings = settings(max_examples=30, stateful_step_count=40)


class RingMachine32(RingMachine):
    bits = 32


TestRing32 = RingMachine32.TestCase
TestRing32.settings = settings(max_examples=15, stateful_step_count=40)


def test_a_page_that_only_a_discarded_event_is_on() -> None:
    """Found by the model: its bytes go with it when the buffer shrinks."""
    machine = RingMachine32()
    machine.discard(cpu=0, later=False, length=4)
    machine.resize(cpu=None, size=12240)
    machine.write(cpu=0, length=4056, n=2)
    machine.resize(cpu=None, size=1)
    machine.agrees()
    machine.teardown()
