"""Releases: which kernel the mount behaves like.

A release is a set of named features. Version numbers stand here, and in the ``since=`` and
``until=`` of declarations; code asks ``release.has(Feature.X)`` and never compares versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto


class Feature(Enum):
    """What one release has and another lacks."""

    FENTRY = auto()
    """Call sites are ``call __fentry__`` before the prologue (gcc -mfentry)."""
    MCOUNT_LOC = auto()
    """The build records the call sites in ``__mcount_loc`` (since 2.6.28)."""
    FTRACED = auto()
    """Call sites are found when they run, and a daemon makes them nops (2.6.27, S28)."""
    TEXT_POKE_BP = auto()
    """Sites are patched behind a breakpoint, without stopping the machine."""
    NMI_SAFE_PATCHING = auto()
    """Sites are patched under stop_machine in six steps that NMIs take part in (S9)."""
    TRACEFS = auto()
    """The directory is tracefs, with 6.1's files, modes and errors."""
    INSTANCES = auto()
    """``instances/``: further trace arrays made by mkdir."""
    TRACER_OPTIONS = auto()
    """Tracers have options of their own (before tracefs: since 2.6.29)."""
    FILTER_NEGATION = auto()
    """``!name`` takes a function out of a filter (since 2.6.29)."""
    LIVE_NOTRACE = auto()
    """set_ftrace_notrace acts on functions that are being traced (since 2.6.29)."""
    FUNCTION_NAMES = auto()
    """Tracers are called function and nop, and unknown ones refused (before: ftrace, none)."""
    WIDE_CPU = auto()
    """CPU numbers in a trace have three digits (since 2.6.29)."""
    BUG_DETAILS = auto()
    """ftrace_bug tells what was expected, what was being done, and the record."""
    FUNCTION_RETURN = auto()
    """The tracer ``return``: how long each call took (before function_graph took its place)."""
    FUNCTION_GRAPH = auto()
    """The tracer function_graph (since 2.6.29)."""
    NMI_STATISTICS = auto()
    """dyn_ftrace_total_info counts what NMIs did while sites were patched (S8)."""


class UnknownRelease(ValueError):
    """A release name that this program does not know; the message lists the known ones."""


@dataclass(frozen=True)
class Release:
    """One kernel to behave like.

    ``name`` is what ``--release`` takes; ``version`` orders ``since=`` and ``until=``;
    ``image`` is the directory of the kernel image; ``utsname`` is what uname(2) answers.
    """

    name: str
    version: tuple[int, ...]
    image: str
    utsname: str
    features: frozenset[Feature]

    def has(self, feature: Feature) -> bool:
        """True if this release has the feature."""
        return feature in self.features

    def within(self, since: str | None, until: str | None) -> bool:
        """True if a declaration with these bounds applies (``since`` included, ``until`` not)."""
        return (since is None or parse_version(since) <= self.version) and (
            until is None or self.version < parse_version(until)
        )


def parse_version(text: str) -> tuple[int, ...]:
    """``"2.6.28"`` as ``(2, 6, 28)``."""
    return tuple(int(part) for part in text.split("."))


_RELEASES = (
    Release(
        name="6.1",
        version=(6, 1),
        image="x86_64",
        utsname="6.1.0-tracefs",
        features=frozenset(
            {
                Feature.FENTRY,
                Feature.MCOUNT_LOC,
                Feature.TEXT_POKE_BP,
                Feature.TRACEFS,
                Feature.INSTANCES,
                Feature.TRACER_OPTIONS,
                Feature.FILTER_NEGATION,
                Feature.LIVE_NOTRACE,
                Feature.WIDE_CPU,
                Feature.FUNCTION_NAMES,
                Feature.FUNCTION_GRAPH,
                Feature.BUG_DETAILS,
            }
        ),
    ),
    Release(
        name="2.6.29",
        version=(2, 6, 29),
        image="i386",
        utsname="2.6.29-tracefs",
        features=frozenset(
            {
                Feature.MCOUNT_LOC,
                Feature.TRACER_OPTIONS,
                Feature.FILTER_NEGATION,
                Feature.LIVE_NOTRACE,
                Feature.WIDE_CPU,
                Feature.FUNCTION_NAMES,
                Feature.FUNCTION_GRAPH,
                Feature.NMI_SAFE_PATCHING,
                Feature.NMI_STATISTICS,
            }
        ),
    ),
    # The tip tree of November 2008, on the way from 2.6.28 to 2.6.29.
    Release(
        name="tip-return",
        version=(2, 6, 28, 1),
        image="i386",
        utsname="2.6.28-rc4-tip-tracefs",
        features=frozenset(
            {
                Feature.MCOUNT_LOC,
                Feature.TRACER_OPTIONS,
                Feature.FILTER_NEGATION,
                Feature.LIVE_NOTRACE,
                Feature.FUNCTION_NAMES,
                Feature.FUNCTION_RETURN,
                Feature.NMI_SAFE_PATCHING,
                Feature.NMI_STATISTICS,
            }
        ),
    ),
    Release(
        name="2.6.28",
        version=(2, 6, 28),
        image="i386",
        utsname="2.6.28-tracefs",
        features=frozenset({Feature.MCOUNT_LOC, Feature.FUNCTION_NAMES}),
    ),
    Release(
        name="2.6.27",
        version=(2, 6, 27),
        image="i386",
        utsname="2.6.27-tracefs",
        features=frozenset({Feature.FTRACED}),
    ),
)

DEFAULT = "6.1"


def releases() -> Iterator[Release]:
    """All releases, the default first."""
    return iter(_RELEASES)


def get(name: str = DEFAULT) -> Release:
    """The release of that name.

    Raises UnknownRelease, whose message lists the names there are.
    """
    for release in _RELEASES:
        if release.name == name:
            return release
    known = ", ".join(release.name for release in _RELEASES)
    raise UnknownRelease(f"unknown release '{name}' (known: {known})")
