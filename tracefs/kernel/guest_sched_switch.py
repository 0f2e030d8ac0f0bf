"""The guest's tracer of wake-ups and context switches (kernel/trace/trace_sched_switch_32.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.kernel.backend import GuestBackend
    from tracefs.trace.backend import GuestArray


class GuestSchedSwitch:
    """SchedSwitch of tracefs.trace.backend. The machine stands still here."""

    def __init__(self, backend: GuestBackend) -> None:
        self._backend = backend
        self._enabled = False

    def begin(self, array: GuestArray) -> None:
        """Be told of wake-ups and switches."""
        address = self._backend.address(array)
        self._backend.memory.put_word(self._backend.symbol("sched_switch_trace"), address)
        self._probes(True)

    def end(self) -> None:
        """Be told no more."""
        self._probes(False)

    @property
    def enabled(self) -> bool:
        """Whether it records."""
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._enabled = value
        enabled = self._backend.symbol("sched_switch_tracer_enabled")
        self._backend.memory.put_u32(enabled, value)

    def _probes(self, on: bool) -> None:
        cpu = self._backend.syscalls.current_cpu
        cpu.call(self._backend.symbol("sched_switch_tracer_probes"), int(on))
