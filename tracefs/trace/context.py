"""Parts of a line that say in what context an entry was written."""

from __future__ import annotations

# Bits of an entry's flags.
IRQS_OFF, IRQS_NOSUPPORT, NEED_RESCHED, HARDIRQ, SOFTIRQ = 0x01, 0x02, 0x04, 0x08, 0x10
PREEMPT_RESCHED, NMI, BH_OFF = 0x20, 0x40, 0x80

_RESCHED = {
    0: ".",
    NEED_RESCHED: "n",
    PREEMPT_RESCHED: "p",
    NEED_RESCHED | PREEMPT_RESCHED: "N",
}
_DELAY_MARKS = ((10**6, "$"), (10**5, "@"), (10**4, "*"), (1000, "#"), (100, "!"), (10, "+"))


def flags_column(flags: int, preempt_count: int) -> str:
    """The five characters ``irqs-off need-resched hard/softirq preempt-depth migrate-disable``."""
    if flags & IRQS_OFF:
        irqs = "D" if flags & BH_OFF else "d"
    elif flags & BH_OFF:
        irqs = "b"
    else:
        irqs = "X" if flags & IRQS_NOSUPPORT else "."
    resched = _RESCHED[flags & (NEED_RESCHED | PREEMPT_RESCHED)]
    hard, soft = flags & HARDIRQ, flags & SOFTIRQ
    if flags & NMI:
        context = "Z" if hard else "z"
    elif hard:
        context = "H" if soft else "h"
    else:
        context = "s" if soft else "."
    depth, migrate = preempt_count & 0xF, preempt_count >> 4
    return (
        irqs
        + resched
        + context
        + (f"{depth:x}" if depth else ".")
        + (f"{migrate:x}" if migrate else ".")
    )


def delay_mark(us: int) -> str:
    """How much later the next entry is, as one character (trace_find_mark)."""
    for limit, mark in _DELAY_MARKS:
        if us > limit:
            return mark
    return " "
