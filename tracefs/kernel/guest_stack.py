"""The guest's stack tracer: its ops and what it has found (kernel/trace/trace_stack.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.ftrace import FtraceOps

if TYPE_CHECKING:
    from tracefs.kernel.backend import GuestBackend, GuestTraceArray


class GuestStackTracer:
    """StackTracer of tracefs.trace over the running guest; the machine stands still here."""

    def __init__(self, backend: GuestBackend, top: GuestTraceArray) -> None:
        self._backend = backend
        self._memory = backend.memory
        self.ops = FtraceOps(
            "trace_ops",
            func=backend.symbol("stack_trace_call"),
            address=self._memory.alloc_pages(1),
            private=top,
        )

    @property
    def max_size(self) -> int:
        """How deep the deepest stack was, in bytes."""
        return self._memory.word(self._backend.symbol("stack_trace_max_size"))

    @max_size.setter
    def max_size(self, value: int) -> None:
        self._memory.put_word(self._backend.symbol("stack_trace_max_size"), value)

    def entries(self) -> list[tuple[int, int]]:
        """That stack, innermost first: addresses, and how deep each stands."""
        count = self._memory.word(self._backend.symbol("stack_trace_nr_entries"))
        addresses = self._words("stack_dump_trace", count)
        return list(zip(addresses, self._words("stack_trace_index", count), strict=True))

    def _words(self, symbol: str, count: int) -> list[int]:
        word = self._memory.layout.bits // 8
        at = self._backend.symbol(symbol)
        return [self._memory.word(at + i * word) for i in range(count)]
