"""Reads that sleep and polls: who waits for an open file to have something."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.kernel.files import OpenFile

POLLIN = 1


@dataclass(eq=False, slots=True)
class Waiter:
    """A blocked read; ``event`` is set once its file may have something."""

    file: OpenFile
    event: threading.Event = field(default_factory=threading.Event)


class Waiting:
    """Blocked reads and polls of all files; the machine's lock is held."""

    def __init__(self) -> None:
        self._waiters: set[Waiter] = set()
        self._polls: dict[OpenFile, list[Callable[[], None]]] = {}

    def __len__(self) -> int:
        return len(self._waiters)

    def add(self, file: OpenFile) -> Waiter:
        """A read that sleeps."""
        waiter = Waiter(file)
        self._waiters.add(waiter)
        return waiter

    def remove(self, waiter: Waiter) -> None:
        """It does not wait any more; needs no lock."""
        self._waiters.discard(waiter)

    def poll(self, file: OpenFile, notify: Callable[[], None]) -> None:
        """Call ``notify`` once when the file becomes readable."""
        self._polls.setdefault(file, []).append(notify)

    def forget(self, file: OpenFile) -> None:
        """The file is closed."""
        self._polls.pop(file, None)

    def wake(self) -> None:
        """Wake the reads and polls whose files have become readable."""
        for waiter in tuple(self._waiters):
            if not waiter.event.is_set() and waiter.file.handle.ready():
                waiter.event.set()
        for file in list(self._polls):
            if file.handle.poll() & POLLIN:
                for notify in self._polls.pop(file):
                    notify()

    def wake_all(self) -> None:
        """Let every blocked read look why; needs no lock."""
        for waiter in tuple(self._waiters):
            waiter.event.set()
