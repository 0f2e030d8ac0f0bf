"""The guest's function profiler: its records of each CPU (kernel/trace/ftrace_profile.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.kernel.hashing import table_bits
from tracefs.trace.backend import Profile

if TYPE_CHECKING:
    from tracefs.kernel.backend import GuestBackend

PAGE_SIZE = 4096


class GuestProfiler:
    """Profiler of tracefs.trace over the running guest; the machine stands still here."""

    def __init__(self, backend: GuestBackend) -> None:
        self._backend = backend
        self._memory = backend.memory
        self._enabled = False
        self._graph_time = True
        self._tables: list[tuple[int, int, int]] = []  # of each CPU: address, pages, bits

    @property
    def enabled(self) -> bool:
        """Whether it counts."""
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        if value:
            self._allocate()
        self._enabled = value
        self._memory.put_u32(self._backend.symbol("ftrace_profile_enabled"), value)

    @property
    def graph_time(self) -> bool:
        """Option graph-time."""
        return self._graph_time

    @graph_time.setter
    def graph_time(self, value: bool) -> None:
        self._graph_time = value
        self._memory.put_u32(self._backend.symbol("fgraph_graph_time"), value)

    def records(self, cpu: int) -> list[Profile]:
        """The functions that were called on a CPU."""
        if not self._tables:
            return []
        import numpy as np  # takes 0.1 s: not at the mount's start

        address, _, bits = self._tables[cpu]
        offset, word = self._backend.abi.offset, f"<u{self._memory.layout.bits // 8}"
        fields = {"ip": word, "counter": word, "time": "<u8", "time_squared": "<u8"}
        layout = np.dtype(
            {
                "names": list(fields),
                "formats": list(fields.values()),
                "offsets": [offset("ftrace_profile", name) for name in fields],
                "itemsize": self._backend.abi.size("ftrace_profile"),
            }
        )
        data = self._memory.read(address, layout.itemsize << bits)
        records = np.frombuffer(data, layout)
        return [Profile(*record) for record in records[records["counter"] != 0].tolist()]

    def _allocate(self) -> None:
        # For each CPU, as many places as there are functions now, and as many again.
        bits = table_bits(len(self._backend.ftrace.records))
        size = self._backend.abi.size("ftrace_profile") << bits
        pages = -(-size // PAGE_SIZE)
        old, self._tables = self._tables, []
        for address, count, _ in old:
            self._backend.syscalls.retired.pages(self._memory, address, count)
        stats = self._backend.symbol("ftrace_profile_stats")
        for cpu in range(self._backend.cpus):
            table = self._memory.alloc_pages(pages)
            self._tables.append((table, pages, bits))
            stat = stats + cpu * self._backend.abi.size("ftrace_profile_stat")
            offset = self._backend.abi.offset
            self._memory.put_word(stat + offset("ftrace_profile_stat", "records"), table)
            self._memory.put_u32(stat + offset("ftrace_profile_stat", "bits"), bits)
