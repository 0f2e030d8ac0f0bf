"""An event in a trace array (struct trace_event_file)."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tracefs.events.filter import BAD_SUBSYSTEM, NO_ERROR, SPACE, FilterError, parse_filter
from tracefs.events.trigger import create_trigger
from tracefs.trace.options import RECORD_CMD, RECORD_TGID

if TYPE_CHECKING:
    from tracefs.events.backend import GuestEvents, GuestFile, Pred
    from tracefs.events.call import EventCall
    from tracefs.events.trigger import Trigger, TriggerText
    from tracefs.trace.array import TraceArray

ENABLED, FILTERED, SOFT_MODE, SOFT_DISABLED = 0x1, 0x8, 0x20, 0x40
TRIGGER_MODE, TRIGGER_COND = 0x80, 0x100


class EventFile:
    """Whether an event is enabled in an array, its filter and its triggers.

    An event that is enabled for its triggers alone is soft-disabled: its probe runs, but records
    nothing.
    """

    def __init__(
        self, tr: TraceArray, call: EventCall, guest: GuestEvents, began: Callable[[], None]
    ) -> None:
        self.tr = tr
        self.call = call
        self._events = guest
        self._began = began
        self._guest: GuestFile | None = None
        self._soft_users = 0
        self._recorded: set[object] = set()
        self.filter_text: str | None = None
        """The filter as it was written, with what is wrong with it; None: there is none."""
        self.triggers: list[Trigger] = []
        """What the event runs, the newest first."""

    @property
    def guest(self) -> GuestFile:
        """The guest's side, made when first needed (ENOMEM)."""
        if self._guest is None:
            self._guest = self._events.create_file(self.call.key, self.tr)
        return self._guest

    @property
    def flags(self) -> int:
        """EVENT_FILE_FL_*, as they are now."""
        return 0 if self._guest is None else self._guest.flags

    def change(self, *, add: int = 0, remove: int = 0) -> None:
        """Set and clear flags."""
        if self._guest is not None or add:
            self.guest.flags = self.guest.flags & ~remove | add

    @property
    def enabled(self) -> bool:
        """True if the event's probe runs, be it for its triggers alone."""
        return bool(self.flags & ENABLED)

    @property
    def state(self) -> str:
        """What its ``enable`` shows: ``1`` or ``0``, with ``*`` if triggers use it."""
        flags = self.flags
        recorded = flags & (ENABLED | SOFT_DISABLED) == ENABLED
        return f"{recorded:d}" + ("*" if flags & (SOFT_MODE | SOFT_DISABLED) else "")

    def enable(self, on: bool) -> None:
        """Record the event, or do so no more (ENOMEM)."""
        if on:
            self.change(remove=SOFT_DISABLED)
            self._start()
        elif self.flags & SOFT_MODE:
            self.change(add=SOFT_DISABLED)
        else:
            self._stop()

    def soft_enable(self) -> None:
        """One more trigger needs the event's probe to run (ENOMEM)."""
        self._soft_users += 1
        if self._soft_users > 1:
            return
        running = self.flags & ENABLED
        self.change(add=SOFT_MODE | (0 if running else SOFT_DISABLED))
        self._start()

    def soft_disable(self) -> None:
        """One trigger fewer needs it; what a trigger has enabled meanwhile stays so."""
        self._soft_users -= 1
        if self._soft_users:
            return
        if self.flags & SOFT_DISABLED:
            self._stop()
        self.change(remove=SOFT_MODE | SOFT_DISABLED)

    def _start(self) -> None:
        if self.flags & ENABLED:
            return
        self.guest.link()
        self._began()
        self.change(add=ENABLED)
        self.record_tasks()

    def _stop(self) -> None:
        if self.flags & ENABLED:
            self.guest.unlink()
        self.change(remove=ENABLED | SOFT_DISABLED)
        self.record_tasks()

    def set_filter(self, text: str, system: bool = False) -> None:
        """Record only entries for which an expression is true; "0": all (FilterError, ENOMEM).

        One that cannot be used replaces the old one all the same, and is logged; ``system``: it was
        meant for others, too.
        """
        text = text.rstrip(SPACE)
        if text.lstrip(SPACE) == "0":
            self._set_program(None)
            self.filter_text = None
            return
        try:
            program = parse_filter(text, self.call)
        except FilterError as error:
            self._set_program(None)
            shown = FilterError(errno.EINVAL, BAD_SUBSYSTEM) if system else error
            self.filter_text = shown.describe(text)
            self.tr.errors.log(
                "event filter parse error", shown.text or NO_ERROR, text, shown.position
            )
            if not system:
                raise
            return
        self._set_program(program)
        self.filter_text = text

    def _set_program(self, program: Sequence[Pred] | None) -> None:
        if program is None:
            self.change(remove=FILTERED)
            if self._guest is not None:
                self._guest.set_filter(None)
        else:
            self.guest.set_filter(program)
            self.change(add=FILTERED)

    # -- triggers ---------------------------------------------------------------------------

    def add_trigger(self, text: TriggerText, other: EventFile | None) -> None:
        """Let the event run a command, about an ``other`` event if it is such a one.

        EEXIST: it has one of that kind; EINVAL, ENOMEM.
        """
        trigger = create_trigger(self, text, other)
        if self._find_trigger(text, other) is not None:
            trigger.guest.free()
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
        if other is not None:
            other.soft_enable()
        self.triggers.insert(0, trigger)
        self._set_triggers()
        if len(self.triggers) == 1:
            self.change(add=TRIGGER_MODE)
            self._use(True)

    def remove_trigger(self, text: TriggerText, other: EventFile | None) -> None:
        """Take the trigger of that kind away, if there is one."""
        trigger = self._find_trigger(text, other)
        if trigger is not None:
            self._drop_trigger(trigger)

    def _find_trigger(self, text: TriggerText, other: EventFile | None) -> Trigger | None:
        for trigger in self.triggers:
            if trigger.command.kind == text.command.kind and trigger.other is other:
                return trigger
        return None

    def _drop_trigger(self, trigger: Trigger) -> None:
        self.triggers.remove(trigger)
        self._set_triggers()
        trigger.guest.free()
        if trigger.other is not None:
            trigger.other.soft_disable()
        if not self.triggers:
            self.change(remove=TRIGGER_MODE)
            self._use(False)

    def _set_triggers(self) -> None:
        self.guest.set_triggers([trigger.guest for trigger in self.triggers])
        seeing = any(t.command.post or t.filter is not None for t in self.triggers)
        self.change(add=TRIGGER_COND if seeing else 0, remove=0 if seeing else TRIGGER_COND)

    def _use(self, on: bool) -> None:
        """The first trigger has come, or the last has gone."""
        if not self.call.tracepoint:
            if on:
                self.guest.link()
            else:
                self.guest.unlink()
        elif on:
            self.soft_enable()
        else:
            self.soft_disable()

    def record_tasks(self) -> None:
        """Have names and thread groups of tasks saved as the array's options say."""
        backend = self.tr.backend
        for option, record in (
            (RECORD_CMD, backend.record_cmdlines),
            (RECORD_TGID, backend.record_tgids),
        ):
            wanted = bool(self.flags & ENABLED) and self.tr.has(option)
            if wanted != (option in self._recorded):
                record(wanted)
                self._recorded ^= {option}

    def settle(self) -> bool:
        """True if nothing is left of it but what every event has; then it can be forgotten."""
        if self.flags:
            return False
        if self._guest is not None:
            self._guest.free()
            self._guest = None
        return self.filter_text is None

    def drop_triggers(self) -> None:
        """Take all triggers away."""
        for trigger in list(self.triggers):
            self._drop_trigger(trigger)

    def clear(self) -> None:
        """Make it as at first; the array is going away, and its triggers have gone."""
        self._soft_users = 0
        self.change(remove=SOFT_MODE)
        self._stop()
        self.filter_text = None
        if self._guest is not None:
            self._guest.flags = 0
        self.settle()
