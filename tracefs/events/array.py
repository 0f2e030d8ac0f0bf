"""What one trace array wants of the events."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from tracefs.events.file import EventFile
from tracefs.events.table import Events
from tracefs.events.trigger import parse_trigger
from tracefs.trace.options import RECORD_CMD, RECORD_TGID

if TYPE_CHECKING:
    from tracefs.events.call import EventCall
    from tracefs.trace.array import TraceArray
    from tracefs.trace.options import Option


class ArrayEvents:
    """The events of a trace array. Only those that are not as at first have an object here."""

    def __init__(self, tr: TraceArray) -> None:
        events = tr.arrays.events
        assert isinstance(events, Events)
        self.tr = tr
        self.events = events
        self._files: dict[EventCall, EventFile] = {}
        self.recorded: set[EventCall] = set()
        """Those that were enabled at some time."""

    def file(self, call: EventCall) -> EventFile:
        """An event in this array, to be changed (ENODEV: it has been removed)."""
        if call.removed:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        found = self._files.get(call)
        if found is None:
            found = self._files[call] = EventFile(
                self.tr, call, self.events.guest, partial(self.recorded.add, call)
            )
        return found

    def find(self, call: EventCall) -> EventFile | None:
        """The same to be looked at; None: it is as at first."""
        return self._files.get(call)

    def is_enabled(self, call: EventCall) -> bool:
        """True if the event's probe runs."""
        file = self._files.get(call)
        return file is not None and file.enabled

    def enabled(self) -> Iterator[EventCall]:
        """The events that are enabled, in the order of their types."""
        return (call for call in self.events.calls if self.is_enabled(call))

    def state(self, calls: Iterable[EventCall]) -> str:
        """``1`` or ``0`` if all of these are or are not enabled, else ``X``."""
        states = {self.is_enabled(call) for call in calls}
        return "X" if len(states) > 1 else f"{int(True in states)}"

    def enable(self, calls: Iterable[EventCall], on: bool) -> None:
        """Enable or disable events (ENOMEM)."""
        for call in calls:
            if on or call in self._files:
                self.file(call).enable(on)
        self.settle()

    def set_by_name(self, text: str) -> None:
        """``SYSTEM:EVENT``, ``SYSTEM``, ``EVENT``, ``SYSTEM:*``, ``*:*``, or one of them after "!".

        EINVAL if nothing is so called.
        """
        on = not text.startswith("!")
        system, colon, name = text.removeprefix("!").partition(":")
        wanted = name if colon else None
        calls = [call for call in self.events.calls if _named(call, system, wanted)]
        if not calls:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self.enable(calls, on)

    def set_filter(self, call: EventCall, text: str) -> None:
        """Filter an event (FilterError, ENOMEM)."""
        try:
            self.file(call).set_filter(text)
        finally:
            self.settle()

    def set_system_filter(self, calls: Iterable[EventCall], text: str) -> None:
        """Filter all events that have the fields; those that do not say so (ENOMEM)."""
        for call in calls:
            self.file(call).set_filter(text, system=True)
        self.settle()

    def trigger(self, call: EventCall, text: str) -> None:
        """Give an event a trigger, or (``!``) take one away.

        EINVAL, ERANGE, EEXIST, ENOMEM; the error of a filter that is not understood.
        """
        command = parse_trigger(text)
        other = None
        if command.event is not None:
            about = self.events.find(*command.event)
            if about is None:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            other = self.file(about)
        try:
            if command.remove:
                self.file(call).remove_trigger(command, other)
            else:
                self.file(call).add_trigger(command, other)
        finally:
            self.settle()

    def remove(self, call: EventCall) -> bool:
        """An event that is not enabled goes away; True if the buffer may have entries of it."""
        file = self._files.pop(call, None)
        if file is not None:
            file.drop_triggers()
            file.clear()
        recorded = call in self.recorded
        self.recorded.discard(call)
        return recorded

    def settle(self) -> None:
        """Forget what is as at first again."""
        for call, file in list(self._files.items()):
            if file.settle():
                del self._files[call]

    def option_changed(self, option: Option, on: bool) -> None:
        """A core option of the array has changed."""
        if option in (RECORD_CMD, RECORD_TGID):
            for file in self._files.values():
                file.record_tasks()

    def free(self) -> None:
        """The array is going away."""
        for file in self._files.values():
            file.drop_triggers()
        for file in self._files.values():
            file.clear()
        self._files.clear()


def array_events(tr: TraceArray) -> ArrayEvents:
    """The events of a trace array."""
    return tr.part(ArrayEvents)


def _named(call: EventCall, system: str, name: str | None) -> bool:
    # One word is a system or an event; with a colon, "" and "*" stand for any.
    if name is None:
        return system in (call.system, call.name)
    return system in ("", "*", call.system) and name in ("", "*", call.name)
