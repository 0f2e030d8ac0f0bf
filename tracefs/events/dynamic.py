"""Dynamic events (kernel/trace/trace_dynevent.c): those that are made and removed at run time.

Each kind (kprobes, ...) makes its own from lines of text; all are in one list, in the order in
which they were made.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tracefs.events.table import Events

WRITE_BUFSIZE = 4096


class DynEvent(Protocol):
    """An event, or a part of one, that a line of text has made."""

    @property
    def busy(self) -> bool:
        """True while a trace array uses the event."""

    def matches(self, system: str | None, event: str, words: list[str]) -> bool:
        """True if a line that removes events means it; ``words`` say how it was made."""

    def free(self) -> None:
        """Remove it (EBUSY)."""


class DynKind(Protocol):
    """A kind of dynamic event. Its events are DynEvents whose str is the line that makes them."""

    def create(self, command: str) -> DynEvent | None:
        """Make an event; None: the command is not about this kind. OSError, already logged."""

    def owns(self, event: DynEvent) -> bool:
        """True for this kind's events."""


class DynEvents:
    """All dynamic events of a kernel."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.kinds: list[DynKind] = []
        self.all: list[DynEvent] = []

    def of(self, kind: DynKind | None) -> Iterator[DynEvent]:
        """Those of a kind; None: of all."""
        return (event for event in list(self.all) if kind is None or kind.owns(event))

    def write(self, data: bytes, kind: DynKind | None = None) -> int:
        """Carry out lines of commands; the first that fails is the last (OSError).

        Without a newline the text's end ends the line; a ``#`` begins a comment.
        """
        done = 0
        while done < len(data):
            line, newline, _ = data[done:].partition(b"\n")
            if len(line) > WRITE_BUFSIZE - 2 and len(data) - done >= WRITE_BUFSIZE:
                raise _error(errno.EINVAL)
            text = line.partition(b"\0")[0].decode("latin-1")
            self.run(text.partition("#")[0], kind)
            done += len(line) + len(newline)
        return done

    def run(self, command: str, kind: DynKind | None) -> None:
        """Make an event, or remove some (OSError)."""
        if command.startswith("-") or (kind is None and command.startswith("!")):
            self._remove(command.split(), kind)
            return
        if not command.split():
            return
        for one in self.kinds if kind is None else [kind]:
            made = one.create(command)
            if made is not None:
                self.all.append(made)
                return
        raise _error(errno.EINVAL)

    def _remove(self, words: list[str], kind: DynKind | None) -> None:
        _, colon, event = words[0].partition(":")
        if not colon or (words[0].startswith("-") and words[0][1] != ":"):
            raise _error(errno.EINVAL)
        system, slash, name = event.partition("/")
        if not slash:
            name = system
            if not name:
                raise _error(errno.EINVAL)
        mine = [
            event
            for event in self.of(kind)
            if event.matches(system if slash else None, name, words[1:])
        ]
        if not mine:
            raise _error(errno.ENOENT)
        self._free(mine)

    def remove_all(self, kind: DynKind | None = None) -> None:
        """Remove all of a kind, or none (EBUSY)."""
        mine = list(self.of(kind))
        if any(event.busy for event in mine):
            raise _error(errno.EBUSY)
        self._free(mine)

    def _free(self, events: list[DynEvent]) -> None:
        try:
            for event in events:
                event.free()
                self.all.remove(event)
        finally:
            self._events.clear_recorded()


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
