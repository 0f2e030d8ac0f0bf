"""Sub-buffer pages: Linux 6.1's binary format, decoded one event at a time or in bulk."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PAGE_SIZE = 4096
PADDING = 29
TIME_EXTEND = 30
TIME_STAMP = 31
TS_SHIFT = 27
MISSED_EVENTS = 1 << 31  # in a page's commit: events were lost before it
MISSED_STORED = 1 << 30  # and their number follows the data
COMMIT_MASK = (1 << 20) - 1
TRACE_FN = 1
LOST_UNKNOWN = -1

_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


class Event(NamedTuple):
    """One entry: the CPU and time of its recording, and its bytes from the common header on."""

    cpu: int
    ts: int
    data: bytes
    lost: int = 0  # events lost just before this one; LOST_UNKNOWN if nobody counted

    @property
    def type(self) -> int:
        """The entry's type: 1 function, 5 print, ..."""
        return self.data[0] | self.data[1] << 8


@dataclass(frozen=True)
class Layout:
    """What differs between word sizes."""

    word: int  # bytes of an unsigned long

    @cached_property
    def header_size(self) -> int:
        """Bytes before a page's data: time stamp and commit."""
        return 8 + self.word

    @cached_property
    def capacity(self) -> int:
        """Bytes of data that a page holds (BUF_PAGE_SIZE)."""
        return PAGE_SIZE - self.header_size

    @cached_property
    def function(self) -> struct.Struct:
        """A record of FunctionBatch.records: event header, common header, ip and parent_ip."""
        return struct.Struct("<I8s16s" if self.word == 8 else "<I8s8s")

    @cached_property
    def function_dtype(self) -> np.dtype[Any]:
        """The same as a numpy record: h, common (u64), ip, parent."""
        import numpy as np

        address = f"<u{self.word}"
        return np.dtype([("h", "<u4"), ("common", "<u8"), ("ip", address), ("parent", address)])

    @cached_property
    def full_page_dtype(self) -> np.dtype[Any]:
        """A page with as many function events as it holds, and the padding behind them."""
        import numpy as np

        n = self.capacity // self.function_dtype.itemsize
        rest = self.capacity - n * self.function_dtype.itemsize
        fields = [
            ("ts", "<u8"),
            ("commit", f"<u{self.word}"),
            ("events", self.function_dtype, (n,)),
        ]
        return np.dtype([*fields, ("padding", "<u4"), ("rest", f"V{rest - 4}")])

    def commit(self, page: bytes | memoryview) -> int:
        """Bytes of data on a page that readers may see."""
        return (
            int(_U64.unpack_from(page, 8)[0] if self.word == 8 else _U32.unpack_from(page, 8)[0])
            & COMMIT_MASK
        )


LAYOUT_64 = Layout(8)
LAYOUT_32 = Layout(4)


@dataclass(frozen=True, eq=False)
class FunctionBatch:
    """A run of function entries as parallel columns, in time order."""

    ts: npt.NDArray[np.uint64]
    cpu: npt.NDArray[np.uint8]
    columns: npt.NDArray[Any]  # Layout.function_dtype: h, common, ip, parent

    def __len__(self) -> int:
        return len(self.ts)

    @cached_property
    def records(self) -> bytes:
        """The events as Layout.function lays them out, one after the other."""
        return self.columns.tobytes()

    def events(self, start: int = 0) -> Iterator[Event]:
        """The same as single events, from index start on."""
        size = self.columns.itemsize
        data = self.records
        for i, (ts, cpu) in enumerate(
            zip(self.ts[start:].tolist(), self.cpu[start:].tolist(), strict=True), start
        ):
            yield Event(cpu, ts, data[i * size + 4 : (i + 1) * size])


def event_length(page: bytes | memoryview, at: int) -> int:
    """Bytes of the event at `at`, header included; the page's rest for padding without a length."""
    header = _U32.unpack_from(page, at)[0]
    kind = header & 31
    if kind == 0 or (kind == PADDING and header >> 5):
        return 4 + int(_U32.unpack_from(page, at + 4)[0])
    if kind < PADDING:
        return 4 + 4 * int(kind)
    if kind == PADDING:
        return len(page) - at
    return 8


def decode(
    page: bytes | memoryview, start: int, end: int, ts: int
) -> Iterator[tuple[int, int, int, int]]:
    """Walk the events in page[start:end], where ts is the time before the first.

    Yields (end of the event, its time, offset of its data, length of its data). Time extends,
    stamps and padding are stepped over; the length is what was reserved: up to a few bytes more
    than was written.
    """
    u32 = _U32.unpack_from
    at = start
    while at + 4 <= end:
        header = u32(page, at)[0]
        kind = header & 31
        if 0 < kind < PADDING:
            ts += header >> 5
            after = at + 4 + 4 * kind
            yield after, ts, at + 4, 4 * kind
        elif kind == 0:
            ts += header >> 5
            length = u32(page, at + 4)[0]
            after = at + 4 + length
            yield after, ts, at + 8, length - 4
        elif kind == TIME_EXTEND:
            ts += (u32(page, at + 4)[0] << TS_SHIFT) + (header >> 5)
            after = at + 8
        elif kind == TIME_STAMP:
            ts = _absolute(page, at, ts)
            after = at + 8
        elif header >> 5:
            after = at + 4 + u32(page, at + 4)[0]
        else:
            return
        at = after


def time_after(page: bytes | memoryview, start: int, end: int, ts: int) -> int:
    """The time that a decoder of page[start:end] arrives at: extends may follow the last event."""
    at = start
    while at + 4 <= end:
        header = _U32.unpack_from(page, at)[0]
        kind = header & 31
        if kind == PADDING:
            if not header >> 5:
                break
        elif kind == TIME_STAMP:
            ts = _absolute(page, at, ts)
        else:
            ts += header >> 5
            if kind == TIME_EXTEND:
                ts += _U32.unpack_from(page, at + 4)[0] << TS_SHIFT
        at += event_length(page, at)
    return ts


def _absolute(page: bytes | memoryview, at: int, ts: int) -> int:
    # 59 bits; the rest is as it was before.
    low, high = _U32.unpack_from(page, at)[0] >> 5, _U32.unpack_from(page, at + 4)[0]
    return int(ts >> 59 << 59 | high << TS_SHIFT | low)


def data_end(page: bytes | memoryview, start: int, end: int) -> int:
    """Where the last event that is no padding ends."""
    at = last = start
    while at + 4 <= end:
        header = _U32.unpack_from(page, at)[0]
        if header & 31 == PADDING and not header >> 5:
            break
        length = event_length(page, at)
        at += length
        if header & 31 != PADDING:
            last = at
    return last


def segments(
    page: bytes | memoryview, start: int, end: int, ts: int, layout: Layout, cpu: int
) -> tuple[list[Event | FunctionBatch], int]:
    """Everything in page[start:end], ts being the time before it, and the time after it.

    Function entries come in bulk.
    """
    size = layout.function.size
    out: list[Event | FunctionBatch] = []
    at = start
    while at < end:
        run = function_run(page, at, end, ts, layout, cpu)
        if run is not None:
            out.append(run)
            at += len(run) * size
            ts = int(run.ts[-1])
        # Whatever follows comes singly, up to where a run may begin.
        for after, when, offset, length in decode(page, at, end, ts):
            out.append(Event(cpu, when, bytes(page[offset : offset + length])))
            at, ts = after, when
            if end - at >= _BULK * size and _is_function(page, at, size):
                break
        else:
            break
    return out, time_after(page, at, end, ts)


def function_run(
    page: bytes | memoryview, start: int, end: int, ts: int, layout: Layout, cpu: int
) -> FunctionBatch | None:
    """The function entries that page[start:end] begins with, if they are worth a batch."""
    size = layout.function.size
    n = (end - start) // size
    if n < _BULK or not _is_function(page, start, size):
        return None
    import numpy as np

    records = np.frombuffer(page, layout.function_dtype, n, start)
    good = ((records["h"] & np.uint32(31)) == np.uint32(size // 4 - 1)) & (
        (records["common"] & np.uint64(0xFFFF)) == TRACE_FN
    )
    if not good.all():
        records = records[: int(good.argmin())]
    times = np.cumsum(records["h"] >> np.uint32(5), dtype=np.uint64) + np.uint64(ts)
    return FunctionBatch(times, np.full(len(records), cpu, np.uint8), records)


def full_pages(raw: bytes, layout: Layout, cpu: int) -> tuple[int, FunctionBatch] | None:
    """How many pages, from the first on, hold all the function events they can; and those."""
    import numpy as np

    pages = np.frombuffer(raw, layout.full_page_dtype)
    events = pages["events"]
    length = np.uint32(layout.function_dtype.itemsize // 4 - 1)
    good = ((events["h"] & np.uint32(31)) == length).all(axis=1)
    good &= ((events["common"] & np.uint64(0xFFFF)) == TRACE_FN).all(axis=1)
    good &= (pages["commit"] == layout.capacity) & (pages["padding"] & np.uint32(31) == PADDING)
    n = len(good) if good.all() else int(good.argmin())
    if not n:
        return None
    events = events[:n]
    times = np.cumsum(events["h"] >> np.uint32(5), axis=1, dtype=np.uint64)
    times += pages["ts"][:n, None]
    return n, FunctionBatch(times.ravel(), np.full(times.size, cpu, np.uint8), events.ravel())


_BULK = 8  # fewer function entries than this are not worth numpy's overhead


def _is_function(page: bytes | memoryview, at: int, size: int) -> bool:
    return page[at] & 31 == size // 4 - 1 and page[at + 4] == TRACE_FN and page[at + 5] == 0
