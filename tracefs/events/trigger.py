"""Triggers: what an event does when it happens (kernel/trace/trace_events_trigger.c).

``traceoff:5 if prev_pid == 1``: a command, how often it may run, and an expression over the event's
fields. Each command is declared once in COMMANDS; what it does happens in the guest, or here for
what is rare.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.events.filter import SPACE, FilterError, parse_filter

if TYPE_CHECKING:
    from tracefs.events.backend import GuestTrigger
    from tracefs.events.file import EventFile
    from tracefs.trace.array import TraceArray

HOST = "host_trigger"
ULONG_MAX = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class TriggerCommand:
    """A command (struct event_command).

    ``function`` is the guest's; ``action`` is what the host does if that is `HOST`, with the array
    and the CPU; ``prepare`` runs before the first (ENOMEM). A file has one trigger of a ``kind``,
    or one for each event that it is about, if it is ``about_event``.
    """

    name: str
    kind: str
    function: str
    post: bool = False
    about_event: bool = False
    action: Callable[[TraceArray, int], None] | None = None
    prepare: Callable[[TraceArray], None] | None = None


COMMANDS = {
    command.name: command
    for command in (
        TriggerCommand("traceon", "traceon", "traceon_trigger"),
        TriggerCommand("traceoff", "traceoff", "traceoff_trigger"),
        TriggerCommand(
            "snapshot",
            "snapshot",
            HOST,
            action=lambda tr, cpu: tr.snapshot.trigger(cpu),
            prepare=lambda tr: tr.snapshot.allocate(),
        ),
        TriggerCommand("stacktrace", "stacktrace", "stacktrace_trigger", post=True),
        TriggerCommand("enable_event", "event", "event_enable_trigger", about_event=True),
        TriggerCommand("disable_event", "event", "event_disable_trigger", about_event=True),
    )
}
AVAILABLE = "# Available triggers:\n# " + " ".join(COMMANDS) + "\n"


@dataclass(frozen=True, slots=True)
class TriggerText:
    """A trigger as it was written. ``event`` is what it is about, ``count`` -1: always."""

    command: TriggerCommand
    remove: bool
    event: tuple[str, str] | None
    count: int
    filter: str | None


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger of an event; ``other`` is the event that it is about."""

    command: TriggerCommand
    guest: GuestTrigger
    filter: str | None
    other: EventFile | None

    def __str__(self) -> str:
        """Its line of the trigger file."""
        about = f":{self.other.call.system}:{self.other.call.name}" if self.other else ""
        left = "unlimited" if self.guest.count == -1 else f"count={self.guest.count}"
        condition = f" if {self.filter}" if self.filter is not None else ""
        return f"{self.command.name}{about}:{left}{condition}\n"


def parse_trigger(text: str) -> TriggerText:
    """Take a command apart (EINVAL, ERANGE). The filter is not looked at yet."""
    text = text.partition("\0")[0].strip(SPACE)
    remove = text.startswith("!")
    name, rest = _split(text.removeprefix("!"), ": \t")
    command = COMMANDS.get(name)
    if command is None:
        raise _error(errno.EINVAL)
    rest = rest.lstrip(SPACE)
    param, condition = "", rest
    if rest and (command.about_event or rest[0].isdigit()):
        param, condition = _split(rest, " \t")
    event = None
    if command.about_event:
        system, colon, name = param.partition(":")
        name, has_count, param = name.partition(":")
        if not colon:
            raise _error(errno.EINVAL)
        event = system, name
        if has_count and not param and not remove:
            raise _error(errno.EINVAL)
    if remove:
        return TriggerText(command, True, event, -1, None)
    count = _count(param.partition(":")[0]) if param else -1
    return TriggerText(command, False, event, count, _condition(condition))


def create_trigger(file: EventFile, text: TriggerText, other: EventFile | None) -> Trigger:
    """Make a trigger, which is not in its file yet (EINVAL, ENOMEM)."""
    program = None
    if text.filter is not None:
        try:
            program = parse_filter(text.filter, file.call)
        except FilterError as error:
            raise _error(error.errno or errno.EINVAL) from None
    command, tr = text.command, file.tr
    if command.prepare is not None:
        command.prepare(tr)
    action = command.action
    guest = file.guest.create_trigger(
        command.function,
        text.count,
        program=program,
        other=other.guest if other is not None else None,
        post=command.post,
        hit=None if action is None else lambda cpu: action(tr, cpu),
    )
    return Trigger(command, guest, text.filter, other)


def _split(text: str, separators: str) -> tuple[str, str]:
    """The text up to the first separator, and what is behind that."""
    match = re.search(f"[{separators}]", text)
    return (text, "") if match is None else (text[: match.start()], text[match.end() :])


def _condition(text: str) -> str | None:
    text = text.lstrip(SPACE)
    if not text:
        return None
    word, expression = _split(text, " \t")
    if word != "if" or not expression:
        raise _error(errno.EINVAL)
    return expression


def _count(text: str) -> int:
    """An unsigned long in C's notation, as a signed one."""
    octal = text[:1] == "0" and text.isdigit()
    try:
        value = int(text, 8 if octal else 0) if text.isalnum() else -1
    except ValueError:
        value = -1
    if value < 0:
        raise _error(errno.EINVAL)
    if value > ULONG_MAX:
        raise _error(errno.ERANGE)
    return value - (value >> 63 << 64)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
