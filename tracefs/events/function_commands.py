"""Commands of set_ftrace_filter that are about events: ``FUNC:enable_event:SYSTEM:EVENT:COUNT``."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.events.array import ArrayEvents, array_events
from tracefs.events.table import Events
from tracefs.trace.function_probes import OPS, ProbeOps

if TYPE_CHECKING:
    from tracefs.events.file import EventFile
    from tracefs.trace.array import TraceArray


@dataclass(frozen=True)
class EventSubject:
    """Subject of tracefs.trace.function_probes: an event of the array."""

    events: ArrayEvents
    file: EventFile

    @property
    def name(self) -> str:
        """``SYSTEM:EVENT``."""
        return f"{self.file.call.system}:{self.file.call.name}"

    @property
    def guest(self) -> object:
        """The event's file in the guest."""
        return self.file.guest

    def attach(self) -> None:
        """Have the event's probe run, though it may not record."""
        self.file.soft_enable()

    def detach(self) -> None:
        """Undo one attach."""
        self.file.soft_disable()
        self.events.settle()


def find_event(tr: TraceArray, param: bytes | None) -> tuple[EventSubject, bytes | None]:
    """The event that the parameters begin with (EINVAL), and what is left of them."""
    system, colon, rest = (param or b"").decode("latin-1").partition(":")
    name, has_count, count = rest.partition(":")
    events = tr.arrays.events
    call = events.find(system, name) if colon and isinstance(events, Events) else None
    if call is None or (has_count and not count):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    mine = array_events(tr)
    return EventSubject(mine, mine.file(call)), count.encode("latin-1") if has_count else None


def _ops(name: str, function: str) -> tuple[ProbeOps, ProbeOps]:
    return (
        ProbeOps(name, function, subject=find_event),
        ProbeOps(name, function, counts=True, subject=find_event),
    )


OPS["enable_event"] = _ops("enable_event", "ftrace_event_enable")
OPS["disable_event"] = _ops("disable_event", "ftrace_event_disable")
