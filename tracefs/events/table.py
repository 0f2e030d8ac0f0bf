"""All events there are."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tracefs.events.call import EventCall, place
from tracefs.events.syscalls import create_call

if TYPE_CHECKING:
    from tracefs.events.backend import GuestEvents
    from tracefs.trace.array import TraceArrays
    from tracefs.trace.entries import EntryType

FTRACE = "ftrace"
"""The system of the types that tracers write; they cannot be enabled."""


class Events:
    """The events of a kernel, read from the guest when first asked for."""

    def __init__(self, arrays: TraceArrays, guest: GuestEvents) -> None:
        self.arrays = arrays
        self.guest = guest
        arrays.events = self

    @cached_property
    def _all(self) -> list[EventCall]:
        common = place(self.guest.common_fields(), 0)
        return [create_call(self.guest, info, common) for info in self.guest.calls()]

    @cached_property
    def calls(self) -> list[EventCall]:
        """Those that can be enabled, by type."""
        return [call for call in self._all if call.tracepoint]

    @cached_property
    def systems(self) -> dict[str, dict[str, EventCall]]:
        """The same, by system and name."""
        systems: dict[str, dict[str, EventCall]] = {}
        for call in self.calls:
            systems.setdefault(call.system, {})[call.name] = call
        return systems

    @cached_property
    def entries(self) -> dict[str, EventCall]:
        """The types of entries that tracers write, by name."""
        return {call.name: call for call in self._all if call.system == FTRACE}

    @cached_property
    def _types(self) -> dict[int, EventCall]:
        return {call.number: call for call in self.calls}

    def find(self, system: str, name: str) -> EventCall | None:
        """The event of that name."""
        return self.systems.get(system, {}).get(name)

    def entry_type(self, number: int) -> EntryType | None:
        """What prints entries of that type."""
        return self._types.get(number)
