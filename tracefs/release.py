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
    BUFFER_STARTS = auto()
    """After an overrun a trace says where each CPU's entries begin (since 2.6.28)."""
    WIDE_CPU = auto()
    """CPU numbers in a trace have three digits (before 2.6.29 in its tip tree)."""
    BUG_DETAILS = auto()
    """ftrace_bug tells what was expected, what was being done, and the record."""
    SCHED_SWITCH = auto()
    """The tracer ``sched_switch``: wake-ups and context switches (before there were events)."""
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


@dataclass(frozen=True)
class Quirk:
    """What surprises who knows today's kernel: a file, and what it does there."""

    file: str
    text: str
    since: str | None = None
    until: str | None = "2.6.30"


QUIRKS = (
    Quirk("available_tracers", "lists the tracers on one line, the one that came last first"),
    Quirk(
        "current_tracer",
        "an unknown name is accepted, and changes nothing; a long one is cut, and the count short",
        until="2.6.28",
    ),
    Quirk("tracing_enabled", "decimal only; any other number than 0 is 1; starting empties trace"),
    Quirk("trace", "cannot be written; tracing pauses while it is open"),
    Quirk("trace_pipe", "one reader (EBUSY); ends when tracing is off and something was read"),
    Quirk("trace_pipe", "does not hold the tracer; ends when another is chosen"),
    Quirk("trace_pipe", "function_graph: no call is joined to f();", since="2.6.29"),
    Quirk("trace", "return: neither task nor time", since="2.6.28.1", until="2.6.29"),
    Quirk("trace", "function_graph: the first task of a CPU comes after -1", since="2.6.29"),
    Quirk(
        "set_graph_function",
        "one exact name a write; without white space behind it a name loses its last letter",
        since="2.6.29",
    ),
    Quirk("trace_options", "a name is known by its beginning: rawX is raw", since="2.6.28"),
    Quirk("iter_ctrl", "a name is known by its beginning: rawX is raw", until="2.6.28"),
    Quirk("trace_entries", "entries, not kB; the tracer must be none (EBUSY)", until="2.6.28"),
    Quirk("tracing_max_latency", "-1 after boot: nothing is longer; write 0 to see latencies"),
    Quirk("tracing_cpumask", "reads with the NULs behind it; in bytes one by one: EINVAL"),
    Quirk("set_ftrace_filter", "a* is a beginning, *a an end, *a* a part; a*b acts as a*"),
    Quirk("set_ftrace_filter", "* alone matches nothing, ** everything; *foo misses foofoo"),
    Quirk("set_ftrace_filter", "any word sets filtering: after a typo nothing is traced, no error"),
    Quirk("set_ftrace_filter", "echo > clears the flags, and leaves a running tracer as it is"),
    Quirk("set_ftrace_filter", "no filter is an empty file; reading what one writes: EPERM"),
    Quirk("set_ftrace_filter", "!name takes a function away", since="2.6.28.1"),
    Quirk(
        "set_ftrace_notrace",
        "does nothing to a site that is being traced while there is no filter",
        until="2.6.28.1",
    ),
    Quirk("available_filter_functions", "only what has run, and ftraced has seen", until="2.6.28"),
    Quirk("failures", "sites that could not be changed; the kernel goes on", until="2.6.28"),
    Quirk("failures", "always empty: the first failure turns ftrace off (ENODEV)", since="2.6.28"),
    Quirk("trace_marker", "cut at the first newline", since="2.6.28.1"),
)
"""Bounds are as in declarations (since= included, until= not)."""


def quirks(release: Release) -> list[Quirk]:
    """Those of a release, by file."""
    mine = [quirk for quirk in QUIRKS if release.within(quirk.since, quirk.until)]
    return sorted(mine, key=lambda quirk: quirk.file)


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
                Feature.BUFFER_STARTS,
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
                Feature.BUFFER_STARTS,
                Feature.WIDE_CPU,
                Feature.FUNCTION_NAMES,
                Feature.SCHED_SWITCH,
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
                Feature.BUFFER_STARTS,
                Feature.WIDE_CPU,
                Feature.FUNCTION_NAMES,
                Feature.SCHED_SWITCH,
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
        features=frozenset(
            {
                Feature.MCOUNT_LOC,
                Feature.BUFFER_STARTS,
                Feature.FUNCTION_NAMES,
                Feature.SCHED_SWITCH,
            }
        ),
    ),
    Release(
        name="2.6.27",
        version=(2, 6, 27),
        image="i386",
        utsname="2.6.27-tracefs",
        features=frozenset({Feature.FTRACED, Feature.SCHED_SWITCH}),
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
