"""Filters of events in the guest (kernel_image/kernel/trace/trace_events_filter.c)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.events.backend import Pred
    from tracefs.image import Abi
    from tracefs.machine import Memory

PAGE_SIZE = 4096
PRED = "filter_pred"
# As the C enums.
KINDS = (
    "END",
    "NUMBER",
    "CPU",
    "STRING",
    "DYN_STRING",
    "PTR_STRING",
    "PTR_USTRING",
    "COMM",
)
OPS = ("EQ", "NE", "LT", "LE", "GT", "GE", "BAND")
MATCHES = ("FULL", "FRONT_ONLY", "MIDDLE_ONLY", "END_ONLY", "GLOB")


class GuestFilter:
    """A struct event_filter: the program, and behind it the patterns of its strings (ENOMEM)."""

    def __init__(self, memory: Memory, abi: Abi, program: Sequence[Pred]) -> None:
        self._memory = memory
        self._abi = abi
        size = abi.size(PRED)
        patterns = b"".join(pred.pattern + b"\0" for pred in program)
        self._pages = -(-(size * len(program) + len(patterns)) // PAGE_SIZE)
        self.address = memory.alloc_pages(self._pages)
        at = self.address + size * len(program)
        memory.write(at, patterns)
        for index, pred in enumerate(program):
            self._store(self.address + index * size, pred, at)
            at += len(pred.pattern) + 1

    def _store(self, base: int, pred: Pred, pattern: int) -> None:
        memory, offset = self._memory, self._abi.offset
        small = {
            "kind": KINDS.index(pred.kind),
            "op": OPS.index(pred.op),
            "size": pred.size if pred.kind == "NUMBER" else 0,
            "is_signed": int(pred.signed),
            "match": MATCHES.index(pred.match),
            "not": int(pred.negate),
            "branch": int(pred.branch),
        }
        for field, value in small.items():
            memory.put_u8(base + offset(PRED, field), value)
        memory.put_u32(base + offset(PRED, "target"), pred.target)
        memory.put_u32(base + offset(PRED, "offset"), pred.offset)
        memory.put_u32(base + offset(PRED, "length"), pred.size)
        memory.put_u64(base + offset(PRED, "val"), pred.value & (1 << 64) - 1)
        memory.put_word(base + offset(PRED, "pattern"), pattern)
        memory.put_word(base + offset(PRED, "pattern_len"), len(pred.pattern))

    def free(self) -> None:
        """Release it."""
        self._memory.free_pages(self.address, self._pages)
