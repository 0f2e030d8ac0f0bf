"""The guest's function graph tracer: its ops, and the variables that it heeds.

The guest's side is kernel/trace/fgraph.c and trace_functions_graph.c. The machine stands still
here.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from tracefs.arch import Save
from tracefs.ftrace import FtraceOps
from tracefs.ftrace.hash import EMPTY, Hash
from tracefs.kernel.guest_return import stub_ops

if TYPE_CHECKING:
    from tracefs.kernel.backend import GuestBackend, GuestTraceArray


TRACER = "trace_graph"
"""The user that the guest has quick ways for."""


class GuestGraph:
    """Graph of tracefs.trace over the running guest, recording into the top array."""

    def __init__(self, backend: GuestBackend, top: GuestTraceArray) -> None:
        self._backend = backend
        self._memory = backend.memory
        self._top = top
        self._active = False
        self._user = TRACER
        self._function = self._notrace = EMPTY
        self._max_depth = self._thresh = 0
        self._irqs = self._sleep_time = True
        self._pages: dict[str, tuple[int, int]] = {}
        self._caller = backend.find("ftrace_graph_caller")  # i386: behind the ops' calls
        self.ops = stub_ops("graph_ops", backend, top) if self._caller else self._own_ops()

    def _own_ops(self) -> FtraceOps:
        address = self._memory.alloc_pages(1)
        func = self._backend.find("ftrace_graph_func")
        entry = self._backend.find("ftrace_graph_entry")
        save = Save.NOTHING if entry else Save.ARGS
        top = self._top
        private = self._backend.abi.offset("ftrace_ops", "private")
        self._memory.put_word(address + private, top.address)
        return FtraceOps(
            "graph_ops", func, address, private=top, hash=top.ops.hash, save=save, entry=entry
        )

    # -- what it heeds ----------------------------------------------------------------------

    @property
    def function(self) -> Hash:
        """set_graph_function; empty: all functions."""
        return self._function

    @function.setter
    def function(self, value: Hash) -> None:
        self._function = value
        self._set_hash("ftrace_graph_hash", value)

    @property
    def notrace(self) -> Hash:
        """set_graph_notrace."""
        return self._notrace

    @notrace.setter
    def notrace(self, value: Hash) -> None:
        self._notrace = value
        self._set_hash("ftrace_graph_notrace_hash", value)

    @property
    def max_depth(self) -> int:
        """max_graph_depth; 0: no limit."""
        return self._max_depth

    @max_depth.setter
    def max_depth(self, value: int) -> None:
        self._max_depth = value
        self._memory.put_u32(self._backend.symbol("fgraph_max_depth"), value)
        self._update()

    @property
    def thresh(self) -> int:
        """tracing_thresh in ns; 0: none."""
        return self._thresh

    @thresh.setter
    def thresh(self, value: int) -> None:
        self._thresh = value
        word = value & (1 << self._memory.layout.bits) - 1
        self._memory.put_word(self._backend.symbol("tracing_thresh"), word)
        self._update()

    @property
    def irqs(self) -> bool:
        """Option funcgraph-irqs."""
        return self._irqs

    @irqs.setter
    def irqs(self, value: bool) -> None:
        self._irqs = value
        self._memory.put_u32(self._backend.symbol("ftrace_graph_skip_irqs"), not value)
        self._update()

    @property
    def sleep_time(self) -> bool:
        """Option sleep-time."""
        return self._sleep_time

    @sleep_time.setter
    def sleep_time(self, value: bool) -> None:
        self._sleep_time = value
        self._memory.put_u32(self._backend.symbol("fgraph_sleep_time"), value)

    # -- running ----------------------------------------------------------------------------

    def start(self, user: str = TRACER) -> None:
        """Give every task a stack of return addresses and begin (ENOMEM; EBUSY: another user has).

        The guest's functions USER_entry and USER_return are then told of calls and returns.
        """
        if self._active:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self._user = user
        for hook in ("entry", "return"):
            function = self._backend.symbol(f"{user}_{hook}")
            self._memory.put_word(self._backend.symbol(f"fgraph_{hook}"), function)
        self._memory.put_word(self._backend.symbol("graph_array"), self._top.address)
        self._set_active(True)
        start = self._backend.symbol("start_graph_tracing")
        if self._backend.syscalls.current_cpu.call(start):
            self._set_active(False)
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    def stop(self) -> None:
        """Record no more; returns that are hooked will come all the same."""
        self._set_active(False)

    def _set_active(self, active: bool) -> None:
        self._active = active
        self._backend.ftrace.arch.set_graph_caller(self._caller if active else 0)
        self._memory.put_u32(self._backend.symbol("ftrace_graph_active"), active)
        self._update()

    def _update(self) -> None:
        # One word tells the guest's fast path whether it is enough.
        filtered = not (self._function.empty and self._notrace.empty)
        limited = bool(self._max_depth or self._thresh or not self._irqs)
        unusual = not self._active or filtered or limited or self._user != TRACER
        self._memory.put_u32(self._backend.symbol("fgraph_unusual"), unusual)

    def _set_hash(self, symbol: str, value: Hash) -> None:
        pointer = self._backend.symbol(symbol)
        self._memory.put_word(pointer, 0)
        held = self._pages.pop(symbol, None)
        if held is not None:
            self._memory.free_pages(*held)
        if not value.empty:
            self._pages[symbol] = self._backend.guest_ftrace.make_hash(value)
            self._memory.put_word(pointer, self._pages[symbol][0])
        self._update()
