"""ftrace_dump: the buffer's text goes into the kernel log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.ring import Consumer
from tracefs.trace.options import LATENCY_FORMAT

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray

RULE = "-" * 33
MAX_LINE = 1000


def ftrace_dump(tr: TraceArray, cpu: int | None = None) -> None:
    """Turn tracing off and move what the buffer holds, of one CPU or all, into the log."""
    tr.buffer.recording = False
    log = tr.backend.log
    consumer = Consumer(tr.buffer, None if cpu is None else [cpu])
    printer = tr.tracer.printer(tr, consumer)
    log("Dumping ftrace buffer:")
    flags, tr.flags = tr.flags, tr.flags | LATENCY_FORMAT.mask
    event = consumer.consume()
    if event is None:
        log("   (ftrace buffer empty)")
    else:
        log(RULE)
        while event is not None:
            following = consumer.consume()
            line = printer.line(event, following.ts if following is not None else None)
            for text in line.decode("latin-1")[:MAX_LINE].splitlines():
                log(text)
            event = following
        log(RULE)
    tr.flags = flags
