"""The table of bugs, and which of them a system has.

A bug is a generator that brings it back: it runs up to its ``yield`` when the bug is switched on
and from there when it is switched off. Those that act at boot only are switched on before the
guest's first instruction.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs import release as releases

if TYPE_CHECKING:
    from tracefs.kernel.boot import System
    from tracefs.release import Release


class UnknownBug(ValueError):
    """A bug that there is not, or not in that release; the message lists the known ones."""


@dataclass(frozen=True)
class Bug:
    """A defect that one of the 28 changes removed.

    ``name`` is what ``--bug`` takes, ``seed`` the change (S1 to S28); ``since`` and ``until`` bound
    the releases that can have it; ``symptom`` says what goes wrong; ``how`` are lines of shell for
    a mount of the newest of those releases, with further ``options``, whose output then has
    ``sign``, a regular expression; without a sign they are for any shell. A ``live`` one can be
    switched while the machine runs.
    """

    name: str
    seed: str
    symptom: str
    how: tuple[str, ...]
    sign: str
    options: str
    since: str | None
    until: str | None
    live: bool
    effect: Callable[[System], AbstractContextManager[None]]

    @property
    def mount_options(self) -> str:
        """What to give to ``tracefs mount`` to see it."""
        return f"--release {self.releases[-1]} --bug {self.name} {self.options}".rstrip()

    def within(self, release: Release) -> bool:
        """True if that release can have it."""
        return release.within(self.since, self.until)

    @property
    def releases(self) -> list[str]:
        """The names of the releases that can have it, the oldest first."""
        known = sorted(releases.releases(), key=lambda release: release.version)
        return [release.name for release in known if self.within(release)]


_BUGS: dict[str, Bug] = {}
Effect = Callable[["System"], Iterator[None]]


def bug(
    name: str,
    *,
    seed: str,
    symptom: str,
    how: tuple[str, ...],
    sign: str = "",
    options: str = "",
    since: str | None = None,
    until: str | None = "2.6.30",
    live: bool = True,
) -> Callable[[Effect], Effect]:
    """Declare a bug; the decorated generator is its effect."""

    def declare(effect: Effect) -> Effect:
        assert name not in _BUGS
        _BUGS[name] = Bug(
            name, seed, symptom, how, sign, options, since, until, live, contextmanager(effect)
        )
        return effect

    return declare


def bugs() -> list[Bug]:
    """All bugs, in the order of the changes."""
    # Not before somebody asks: booting need not wait for them.
    from tracefs.kernel.bugs import (  # noqa: F401  (they declare the bugs)
        callers,
        modify_code,
        nmi,
        nops,
        returns,
    )

    return sorted(_BUGS.values(), key=lambda each: (int(each.seed[1:]), each.name))


def get(name: str, release: Release | None = None) -> Bug:
    """The bug of that name, if there is one in the release."""
    known = [each for each in bugs() if release is None or each.within(release)]
    found = next((each for each in known if each.name == name), None)
    if found is not None:
        return found
    names = f"known: {', '.join(each.name for each in known) or 'none'}"
    if name in _BUGS and release is not None:
        raise UnknownBug(f"release {release.name} cannot have the bug '{name}' ({names})")
    raise UnknownBug(f"unknown bug '{name}' ({names})")


class Switches:
    """The bugs of one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._on: dict[str, AbstractContextManager[None]] = {}
        self.running = False
        """The guest has booted: only live bugs can be switched now."""

    def __contains__(self, name: str) -> bool:
        return name in self._on

    def listing(self) -> Iterable[tuple[Bug, bool]]:
        """Each bug that this kernel can have, and whether it has it."""
        release = self._system.release
        return [(each, each.name in self._on) for each in bugs() if each.within(release)]

    def switch(self, name: str, on: bool) -> None:
        """Bring a bug back, or remove it.

        UnknownBug; OSError (EBUSY) if it acts at boot only. What is so already stays so.
        """
        chosen = get(name, self._system.release)
        if on == (name in self):
            return
        if self.running and not chosen.live:
            self._system.log.print(f"bug {name} acts at boot: mount with --bug {name}")
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        if on:
            effect = chosen.effect(self._system)
            try:
                effect.__enter__()
            except OSError as error:
                self._system.log.print(f"bug {name}: {error.strerror}")
                raise
            self._on[name] = effect
        else:
            self._on.pop(name).__exit__(None, None, None)
        self._system.log.print(f"bug {name} ({chosen.seed}) is {'back' if on else 'gone'}")
