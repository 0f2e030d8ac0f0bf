"""All events there are."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tracefs.events.backend import CallInfo, FieldInfo, GuestEvents
from tracefs.events.call import EventCall, Field, place
from tracefs.events.dynamic import DynEvents
from tracefs.events.syscalls import create_call

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray, TraceArrays
    from tracefs.trace.entries import EntryType

Create = Callable[[GuestEvents, CallInfo, list[Field]], EventCall]
TRACE_EVENT_TYPE_MAX = (1 << 16) - 1
FTRACE = "ftrace"
"""The system of the types that tracers write; they cannot be enabled."""


class Events:
    """The events of a kernel, read from the guest when first asked for, and those made since."""

    def __init__(self, arrays: TraceArrays, guest: GuestEvents) -> None:
        self.arrays = arrays
        self.guest = guest
        self.dynamic = DynEvents(self)
        """What lines of text have made."""
        self._made: list[EventCall] = []
        self._to_clear: set[TraceArray] = set()
        arrays.events = self

    @cached_property
    def _common(self) -> list[Field]:
        return place(self.guest.common_fields(), 0)

    @cached_property
    def _all(self) -> list[EventCall]:
        return [create_call(self.guest, info, self._common) for info in self.guest.calls()]

    @cached_property
    def calls(self) -> list[EventCall]:
        """Those that can be enabled: of the image, by type, then what was made."""
        return [call for call in self._all if call.tracepoint] + self._made

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

    def create(
        self, system: str, name: str, fields: Sequence[FieldInfo], print_fmt: str, create: Create
    ) -> EventCall:
        """Make an event, with the lowest type that is free (ENOSPC, ENOMEM)."""
        used = {call.number for call in self._all} | {call.number for call in self._made}
        first = max((call.number for call in self._all), default=0) + 1
        free = next((n for n in range(first, TRACE_EVENT_TYPE_MAX) if n not in used), None)
        if free is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        info = CallInfo(0, system, name, free, True)
        info = self.guest.create_call(info, fields, print_fmt, lambda on: call.reg(on))
        call = create(self.guest, info, self._common)
        self._made.append(call)
        self._changed()
        return call

    def remove(self, call: EventCall) -> None:
        """Remove an event that was made (EBUSY: an array has it enabled)."""
        from tracefs.events.array import array_events

        arrays = [array_events(tr) for tr in self.arrays.all()]
        if any(events.is_enabled(call) for events in arrays):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        for events in arrays:
            if events.remove(call):
                self._to_clear.add(events.tr)
        self._made.remove(call)
        call.removed = True
        self._changed()
        self.guest.free_call(call.key)

    def clear_recorded(self) -> None:
        """Empty the buffers that may have entries of events that are gone."""
        for tr in self._to_clear:
            tr.clear()
        self._to_clear.clear()

    def _changed(self) -> None:
        for name in ("calls", "systems", "_types"):
            self.__dict__.pop(name, None)
