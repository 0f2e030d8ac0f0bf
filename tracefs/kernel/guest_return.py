"""The guest's return tracer of 2008: its ops, and where it records.

The guest's side is arch/x86/kernel/ftrace_return_32.c and kernel/trace/trace_functions_return_32.c.
The machine stands still here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.ftrace import FtraceOps, OpsFlag

if TYPE_CHECKING:
    from tracefs.kernel.backend import GuestBackend, GuestTraceArray


class GuestReturn:
    """Returns of tracefs.trace over the running guest, recording into the top array."""

    def __init__(self, backend: GuestBackend, top: GuestTraceArray) -> None:
        self._backend = backend
        self._top = top
        self.caller = backend.find("ftrace_return_caller")
        """What hooks the functions' returns; 0: the image has no return tracer."""
        self.ops = stub_ops("return_ops", backend, top)

    def start(self) -> None:
        """Begin to record."""
        memory, symbol = self._backend.memory, self._backend.symbol
        memory.put_word(symbol("return_array"), self._top.address)
        memory.put_u32(symbol("ftrace_return_active"), 1)
        self._backend.ftrace.arch.set_graph_caller(self.caller, alone=True)

    def stop(self) -> None:
        """Record no more."""
        self._backend.memory.put_u32(self._backend.symbol("ftrace_return_active"), 0)
        self._backend.ftrace.arch.set_graph_caller(0)


def stub_ops(name: str, backend: GuestBackend, top: GuestTraceArray) -> FtraceOps:
    """Ops whose sites are patched, but whose function does nothing: the work is done behind it."""
    func, address = backend.find("ftrace_stub"), backend.memory.alloc_pages(1)
    flags = OpsFlag.STUB
    return FtraceOps(name, func, address, flags, private=top, hash=top.ops.hash)
