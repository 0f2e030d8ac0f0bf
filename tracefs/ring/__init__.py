"""The ring buffer's host side: the guest writes pages, this package owns and reads them.

The guest's half is kernel_image/kernel/trace/ring_buffer.c. Buffers, pages and descriptors live in
host-owned RAM; the guest only follows pointers, so everything that allocates, frees or removes
pages is here. All methods run while the machine stands still (the caller holds the machine's lock);
a CPU may then be anywhere, also in the middle of a write: readers see what is committed.

    TraceBuffer   one buffer: a ring of pages per CPU (struct trace_buffer)      buffer.py
      .resize .reset .recording .overwrite .clock .stats(cpu) .free .swap
      .peek(cpu) .consume(cpu) .read_page(cpu)      consuming, one CPU           reader.py
    Consumer      consuming, CPUs merged by time (trace_pipe)                    reader.py
    Iterator      not consuming, CPUs merged by time, survives writers (trace)   iterator.py

What readers give, in time order (all immutable):

    Event(cpu, ts, data, lost)       data: the entry, which begins with its common header
                                     u16 type, u8 flags, u8 preempt_count, i32 pid;
                                     lost: events lost just before it (LOST_UNKNOWN: some, -1)
    FunctionBatch(ts, cpu, columns)  a run of function entries (type 1) as parallel numpy arrays:
                                     ts u64[n], cpu u8[n], columns[n] of h, common, ip, parent;
                                     .records: columns as bytes (buffer.layout.function)

Only Iterator yields batches; ``batch.events()`` turns one into Events. Times are in the units of
the buffer's clock. The fast way to text: ``layout.function.iter_unpack(batch.records)`` gives
hashable keys for the common header and the two addresses; cache their text in dicts.
"""

from __future__ import annotations

from tracefs.ring.buffer import Stats, TraceBuffer
from tracefs.ring.iterator import Iterator
from tracefs.ring.page import LOST_UNKNOWN, Event, FunctionBatch
from tracefs.ring.reader import Consumer

__all__ = [
    "LOST_UNKNOWN",
    "Consumer",
    "Event",
    "FunctionBatch",
    "Iterator",
    "Stats",
    "TraceBuffer",
]
