"""``events/``: a directory for each system and event, and the lists that name them."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tracefs.control.directory import Directory, Family
from tracefs.control.handle import PAGE_SIZE, SeqHandle, Task, error
from tracefs.control.parse import parse_ulong
from tracefs.control.tables import INSTANCE, TOP
from tracefs.events import ArrayEvents, EventCall, Events, array_events
from tracefs.events.trigger import AVAILABLE
from tracefs.ftrace.parser import TraceParser
from tracefs.trace.array import TraceArray

EVENT_BUF_SIZE = 128


class SystemScope(NamedTuple):
    """A system of events in a trace array: ``events/SYSTEM``."""

    events: ArrayEvents
    name: str

    @property
    def calls(self) -> dict[str, EventCall]:
        """Its events, by name."""
        return self.events.events.systems[self.name]


class EventScope(NamedTuple):
    """An event in a trace array: ``events/SYSTEM/EVENT``."""

    events: ArrayEvents
    call: EventCall


EVENTS: Directory[ArrayEvents] = Directory()
SYSTEM: Directory[SystemScope] = Directory()
FORMAT: Directory[EventScope] = Directory()
"""What every type of entry has, also those that tracers write."""
TRIGGERED: Directory[EventScope] = Directory(base=FORMAT)
"""What can have triggers: events, and markers."""
EVENT: Directory[EventScope] = Directory(base=TRIGGERED)
FTRACE: Directory[ArrayEvents] = Directory()

INSTANCE.directory(
    "events",
    EVENTS,
    array_events,
    doc="""Events of the kernel, by system

    enable in any directory there takes 0 or 1 for all below it; X says that some are enabled.
    SYSTEM/EVENT/format describes an event's entries, id is their type.
    """,
)
EVENTS.family(
    Family(
        SYSTEM,
        names=lambda events: events.events.systems,
        find=lambda events, name: (
            SystemScope(events, name) if name in events.events.systems else None
        ),
    )
)
SYSTEM.family(
    Family(
        EVENT,
        names=lambda scope: scope.calls,
        find=lambda scope, name: (
            EventScope(scope.events, scope.calls[name]) if name in scope.calls else None
        ),
    )
)
EVENTS.directory("ftrace", FTRACE, lambda events: events)
FTRACE.directory(
    "print", TRIGGERED, lambda events: EventScope(events, events.events.entries["print"])
)
FTRACE.family(
    Family(
        FORMAT,
        names=lambda events: (name for name in events.events.entries if name != "print"),
        find=lambda events, name: (
            EventScope(events, events.events.entries[name])
            if name in events.events.entries
            else None
        ),
    )
)


def _parse_enable(text: str) -> bool:
    value = parse_ulong(text)
    if value > 1:
        raise error(errno.EINVAL)
    return bool(value)


@EVENTS.file("enable")
def events_enable(events: ArrayEvents) -> str:
    """1 or 0 if all events are enabled or none, else X"""
    return events.state(events.events.calls) + "\n"


@events_enable.write
def _(events: ArrayEvents, text: str) -> None:
    on = _parse_enable(text)
    events.tr.expand()
    events.enable(events.events.calls, on)


@SYSTEM.file("enable")
def system_enable(scope: SystemScope) -> str:
    """The same for the system's events"""
    return scope.events.state(scope.calls.values()) + "\n"


@system_enable.write
def _(scope: SystemScope, text: str) -> None:
    on = _parse_enable(text)
    scope.events.tr.expand()
    scope.events.enable(scope.calls.values(), on)


@EVENT.file("enable")
def event_enable(scope: EventScope) -> str:
    """1 if the event is recorded; a star says that triggers use it"""
    file = scope.events.find(scope.call)
    return f"{file.state if file else 0}\n"


@event_enable.write
def _(scope: EventScope, text: str) -> None:
    on = _parse_enable(text)
    scope.events.tr.expand()
    scope.events.enable([scope.call], on)


@EVENT.file("filter")
def event_filter(scope: EventScope) -> str:
    """An expression over the event's fields, such as prev_pid == 0 && next_comm ~ "sh*"

    Only entries for which it is true are recorded. 0 removes it.
    """
    file = scope.events.find(scope.call)
    return f"{'none' if file is None or file.filter_text is None else file.filter_text}\n"


@event_filter.write
def _(scope: EventScope, text: str) -> None:
    scope.events.set_filter(scope.call, _filter_text(text))


@SYSTEM.file("filter")
def system_filter(scope: SystemScope) -> str:
    """The same for all of the system's events that have the fields"""
    return (
        "### global filter ###\n"
        "# Use this to set filters for multiple events.\n"
        "# Only events with the given fields will be affected.\n"
        "# If no events are modified, an error message will be displayed here\n"
    )


@system_filter.write
def _(scope: SystemScope, text: str) -> None:
    scope.events.set_system_filter(scope.calls.values(), _filter_text(text))


def _filter_text(text: str) -> str:
    if len(text) >= PAGE_SIZE:
        raise error(errno.EINVAL)
    return text.partition("\0")[0]


@TRIGGERED.handle("trigger")
class EventTrigger(SeqHandle[EventScope]):
    """What the event does when it happens: a command, a count, and when

    COMMAND[:COUNT] [if EXPRESSION], with traceon, traceoff, snapshot, stacktrace,
    enable_event:SYSTEM:EVENT and disable_event:SYSTEM:EVENT; a ! before it takes it away.
    """

    def records(self) -> Iterable[str]:
        file = self.scope.events.find(self.scope.call)
        return map(str, file.triggers) if file is not None and file.triggers else [AVAILABLE]

    def write(self, data: bytes, offset: int, task: Task) -> int:
        if len(data) >= PAGE_SIZE:
            raise error(errno.EINVAL)
        if data:
            self.scope.events.trigger(self.scope.call, data.decode("latin-1"))
        return len(data)


@FORMAT.file("id")
def event_id(scope: EventScope) -> str:
    """The type of the event's entries"""
    return f"{scope.call.number}\n"


@FORMAT.seq("format")
def event_format(scope: EventScope) -> Iterator[str]:
    """The fields of its entries, and how they are printed"""
    return scope.call.format()


@EVENTS.file("header_page")
def header_page(events: ArrayEvents) -> str:
    """The layout of a page of the ring buffer"""
    word = events.tr.buffer.layout.word
    data = 8 + word
    return (
        f"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
        f"\tfield: local_t commit;\toffset:8;\tsize:{word};\tsigned:1;\n"
        f"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
        f"\tfield: char data;\toffset:{data};\tsize:{4096 - data};\tsigned:1;\n"
    )


@EVENTS.file("header_event")
def header_event(events: ArrayEvents) -> str:
    """The layout of an event's header in such a page"""
    return (
        "# compressed entry header\n"
        "\ttype_len    :    5 bits\n"
        "\ttime_delta  :   27 bits\n"
        "\tarray       :   32 bits\n"
        "\n"
        "\tpadding     : type == 29\n"
        "\ttime_extend : type == 30\n"
        "\tdata max type_len  == 28\n"
    )


@TOP.seq("available_events")
def available_events(tr: TraceArray) -> Iterator[str]:
    """The events there are, as set_event takes them"""
    assert isinstance(tr.arrays.events, Events)
    return (f"{call.system}:{call.name}\n" for call in tr.arrays.events.calls)


@INSTANCE.handle("set_event")
class SetEvent(SeqHandle[TraceArray]):
    """The events that are enabled; write SYSTEM:EVENT, or SYSTEM:*, to enable more

    > begins anew, a ! before a name disables.
    """

    def __init__(self, scope: TraceArray, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        self._events = array_events(scope)
        if self.truncating:
            self._events.enable(self._events.events.calls, False)

    def records(self) -> Iterator[str]:
        return (f"{call.system}:{call.name}\n" for call in self._events.enabled())

    def write(self, data: bytes, offset: int, task: Task) -> int:
        self.scope.expand()
        parser = TraceParser(EVENT_BUF_SIZE)
        taken = parser.feed(data)
        if parser.loaded:
            self._events.set_by_name(parser.word.decode("latin-1"))
        return taken
