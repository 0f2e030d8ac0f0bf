"""A trace buffer: a ring of pages per CPU in host-owned RAM that the guest writes to."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tracefs.image.abi import Abi
from tracefs.machine.memory import Memory
from tracefs.ring.page import LAYOUT_32, LAYOUT_64, PAGE_SIZE
from tracefs.ring.percpu import RB_ABSOLUTE, RB_PID_FILTER, RB_SLOW_CLOCK, CpuBuffer, Fields
from tracefs.ring.pool import PagePool

RB_FL_OVERWRITE = 1
RB_BUFFER_OFF = 1 << 20
CLOCK_LOCAL, CLOCK_GLOBAL, CLOCK_PERF = 0, 1, 4


class Stats(NamedTuple):
    """A CPU's counters, as per_cpu/cpuN/stats prints them; times in the clock's units."""

    entries: int
    overrun: int
    commit_overrun: int
    bytes: int
    oldest_event_ts: int
    now_ts: int
    dropped_events: int
    read_events: int


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class TraceBuffer:
    """struct trace_buffer and everything below it, made with two pages a CPU (plus the reader's).

    `now(buffer)` reads the guest's clock for stats; `settle(cpu)` runs a CPU that stands inside a
    write until it is out of it (needed only where CPUs are stopped at any instruction); `tsc` is
    set_tsc's arguments; buffers with one `pool` can be swapped. `address` is what the guest knows
    the buffer by. Raises OSError(ENOMEM).
    """

    def __init__(
        self,
        memory: Memory,
        abi: Abi,
        cpus: int,
        *,
        now: Callable[[TraceBuffer], int] | None = None,
        settle: Callable[[int], None] | None = None,
        overwrite: bool = True,
        clock: int = CLOCK_LOCAL,
        tsc: tuple[int, int, int] | None = None,
        pool: PagePool | None = None,
    ) -> None:
        self.memory = memory
        self._abi = abi
        self.cpus = cpus
        self.layout = LAYOUT_64 if abi.const("BUF_PAGE_HDR_SIZE") == 16 else LAYOUT_32
        self.expanded = False  # whoever resizes it for use says so: "7 (expanded: 1408)"
        self._now = now
        self._settle = settle
        self._tsc = tsc
        self._fields = Fields(abi, self.layout.word)
        self._pool = pool or PagePool(memory, self._fields.page_size)
        size = self._fields.buffer_size + 63 & ~63
        cpu_size = self._fields.cpu_size + 63 & ~63
        self._control_pages = -(-(size + cpus * cpu_size) // PAGE_SIZE)
        self.address = memory.alloc_pages(self._control_pages)
        self.per_cpu: list[CpuBuffer] = []
        try:
            for cpu in range(cpus):
                where = self.address + size + cpu * cpu_size
                self.per_cpu.append(CpuBuffer(self, self._fields, where, cpu, self._pool))
        except OSError:
            self.free()
            raise
        put = self._fields.put_word
        for cpu, buffer in enumerate(self.per_cpu):
            put(
                memory, self.address + self._fields.buffers + cpu * self.layout.word, buffer.address
            )
        memory.put_u32(self.address + self._fields.cpus, cpus)
        self.overwrite = overwrite
        self.clock = clock

    # ---- size

    def size(self, cpu: int) -> int:
        """Bytes of event data that the CPU's ring holds (ring_buffer_size)."""
        return self.per_cpu[cpu].nr_pages * self.layout.capacity

    def pages_for(self, size: int) -> int:
        """How many pages hold `size` bytes: at least two."""
        return max(2, -(-size // self.layout.capacity))

    def resize(self, size: int, cpu: int | None = None) -> None:
        """Give one CPU's ring, or each, room for `size` bytes; recording goes on.

        Shrinking removes free pages, then the oldest, whose events count as overrun. Raises
        OSError: ENOMEM, and nothing has changed; EBUSY if a CPU stands inside a write.
        """
        pages = self.pages_for(size)
        targets = self._targets(cpu)
        need = sum(max(0, pages - target.nr_pages) for target in targets)
        fresh = self._pool.alloc(need)
        self._settle_all(targets)
        for target in targets:
            missing = pages - target.nr_pages
            if missing > 0:
                target.insert_pages([fresh.pop() for _ in range(missing)])
            elif missing < 0:
                target.remove_pages(-missing)

    # ---- recording

    @property
    def recording(self) -> bool:
        """tracing_on: whether events are accepted, as far as the switch goes."""
        return not self._disabled & RB_BUFFER_OFF

    @recording.setter
    def recording(self, on: bool) -> None:
        value = self._disabled
        self._disabled = value & ~RB_BUFFER_OFF if on else value | RB_BUFFER_OFF

    def record_disable(self, cpu: int | None = None) -> None:
        """Stop recording, for one CPU or all, until as many record_enable calls have come."""
        self._count_disabled(cpu, 1)

    def record_enable(self, cpu: int | None = None) -> None:
        """Undo one record_disable."""
        self._count_disabled(cpu, -1)

    def is_recording(self, cpu: int) -> bool:
        """Whether an event of that CPU would be accepted now."""
        return not self._disabled and not self.per_cpu[cpu].record_disabled

    def _count_disabled(self, cpu: int | None, step: int) -> None:
        if cpu is None:
            self._disabled += step
        else:
            self.per_cpu[cpu].record_disabled += step
            self._update_state()

    @property
    def _disabled(self) -> int:
        return self._fields.word(self.memory, self.address + self._fields.disabled)

    @_disabled.setter
    def _disabled(self, value: int) -> None:
        self._fields.put_word(self.memory, self.address + self._fields.disabled, value)
        self._update_state()

    # ---- options

    @property
    def overwrite(self) -> bool:
        """When full: drop the oldest page (True), or new events."""
        return bool(self.memory.u32(self.address + self._fields.flags) & RB_FL_OVERWRITE)

    @overwrite.setter
    def overwrite(self, on: bool) -> None:
        self.memory.put_u32(self.address + self._fields.flags, RB_FL_OVERWRITE if on else 0)

    @property
    def clock(self) -> int:
        """Index of the trace clock, in the order of trace_clock. Setting it resets nothing."""
        return self.memory.u32(self.address + self._fields.clock)

    @clock.setter
    def clock(self, index: int) -> None:
        self.memory.put_u32(self.address + self._fields.clock, index)
        self._update_state()

    @property
    def absolute(self) -> bool:
        """Whether each event carries its full time (timestamp_mode)."""
        return bool(self.memory.u32(self.address + self._fields.time_stamp_abs))

    @absolute.setter
    def absolute(self, on: bool) -> None:
        self.memory.put_u32(self.address + self._fields.time_stamp_abs, on)
        self._update_state()

    @property
    def pid_filter(self) -> bool:
        """Whether function tracing must look at pids before it writes here."""
        return self._pid_filter

    @pid_filter.setter
    def pid_filter(self, on: bool) -> None:
        self._pid_filter = on
        self._update_state()

    _pid_filter = False

    def set_tsc(self, mult: int, shift: int, base: int) -> None:
        """The local clock is ((tsc - base) * mult) >> shift ns: lets the tracer read it inline."""
        self._tsc = (mult, shift, base)
        self._update_state()

    def _update_state(self) -> None:
        # What the guest's fast path tests in one word, and the clock it uses.
        flags = 0
        fast = self.clock in (CLOCK_LOCAL, CLOCK_GLOBAL, CLOCK_PERF)
        base = frac = 0
        if self._tsc is not None and fast:
            mult, shift, base = self._tsc
            frac = mult << 64 - shift if shift <= 64 else mult >> shift - 64
        if not 0 < frac < 1 << 64 or self._fields.word_size == 4:
            flags |= RB_SLOW_CLOCK
        if self.absolute:
            flags |= RB_ABSOLUTE
        if self._pid_filter:
            flags |= RB_PID_FILTER
        stopped = self._disabled != 0
        for buffer in self.per_cpu:
            buffer.set_state(flags, stopped, base, frac)

    # ---- contents

    def reset(self, cpu: int | None = None) -> None:
        """Forget all events and counters of one CPU, or of each."""
        targets = self._targets(cpu)
        self._settle_all(targets)
        for target in targets:
            target.reset()

    def now(self) -> int:
        """The present time on the buffer's clock; 0 if nobody told how to read it."""
        return self._now(self) if self._now else 0

    def stats(self, cpu: int) -> Stats:
        """The counters of one CPU."""
        b = self.per_cpu[cpu]
        return Stats(
            entries=b.entries,
            overrun=b.overrun,
            commit_overrun=b.commit_overrun,
            bytes=b.bytes,
            oldest_event_ts=b.oldest_event_ts,
            now_ts=self.now(),
            dropped_events=b.dropped_events,
            read_events=b.read_events,
        )

    def entries(self, cpu: int | None = None) -> int:
        """Events that wait to be read."""
        return sum(target.entries for target in self._targets(cpu))

    def overruns(self, cpu: int | None = None) -> int:
        """Events that were overwritten."""
        return sum(target.overrun for target in self._targets(cpu))

    def is_empty(self, cpu: int | None = None) -> bool:
        """Whether nothing waits to be read."""
        return all(target.is_empty() for target in self._targets(cpu))

    def fills(self, cpu: int, percent: int) -> bool:
        """Whether so much of a CPU's ring is full, counted in pages that the writer has left.

        The page it is on counts as well (full_hit), so a ring of two pages is always half full.
        """
        ring = self.per_cpu[cpu]
        missing = -(-percent * ring.nr_pages // 100) - 1
        if missing <= 0:
            return True
        page, tail = ring.head_page, ring.tail_page
        if tail == ring.reader_page:
            return False
        while page != tail and missing:
            page, missing = ring.next(page), missing - 1
        return not missing

    # ---- whole buffers

    def twin(self, *, small: bool = False) -> TraceBuffer:
        """An empty buffer of the same sizes and settings, to swap with. Raises OSError(ENOMEM).

        A ``small`` one has two pages a CPU until it is to `match`.
        """
        other = TraceBuffer(
            self.memory,
            self._abi,
            self.cpus,
            now=self._now,
            settle=self._settle,
            tsc=self._tsc,
            pool=self._pool,
        )
        if not small:
            other.match(self)
        return other

    def match(self, model: TraceBuffer) -> None:
        """Take over another's page counts and settings.  Raises OSError(ENOMEM)."""
        try:
            for cpu in range(self.cpus):
                self.resize(model.size(cpu), cpu)
        except OSError:
            self.free()
            raise
        self.overwrite, self.clock, self.absolute = model.overwrite, model.clock, model.absolute
        self.expanded = model.expanded

    def swap(self, other: TraceBuffer, cpu: int | None = None) -> None:
        """Exchange contents with a buffer of the same sizes (ring_buffer_swap_cpu).

        Each CPU's ring changes hands with its pages, counters and reader. Raises OSError: EINVAL if
        page counts differ, EBUSY if a CPU stands inside a write.
        """
        mine, theirs = self._targets(cpu), other._targets(cpu)
        if self._pool is not other._pool:
            raise ValueError("buffers to swap must be twins")
        for a, b in zip(mine, theirs, strict=True):
            if a.nr_pages != b.nr_pages:
                raise _error(errno.EINVAL)
        self._settle_all(mine)
        other._settle_all(theirs)
        for a, b in zip(mine, theirs, strict=True):
            a.swap_contents(b)
        self._update_state()
        other._update_state()

    def free(self) -> None:
        """Give all memory back.  The guest must not know the buffer any more."""
        for buffer in self.per_cpu:
            buffer.free()
        self.per_cpu.clear()
        self.memory.free_pages(self.address, self._control_pages)

    def _targets(self, cpu: int | None) -> list[CpuBuffer]:
        if cpu is None:
            return self.per_cpu
        return [self.per_cpu[cpu]]

    def _settle_all(self, targets: Iterable[CpuBuffer]) -> None:
        for target in targets:
            if target.depth:
                if self._settle is not None:
                    self._settle(target.cpu)
                if target.depth:
                    raise _error(errno.EBUSY)
