"""Trace clocks: the names that ``trace_clock`` lists, and how their times are printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """A trace clock; ``in_ns`` times are nanoseconds, others are plain counts."""

    name: str
    in_ns: bool


CLOCKS = (
    Clock("local", True),
    Clock("global", True),
    Clock("counter", False),
    Clock("uptime", False),
    Clock("perf", True),
    Clock("mono", True),
    Clock("mono_raw", True),
    Clock("boot", True),
    Clock("tai", True),
    Clock("x86-tsc", False),
)

LOCAL = CLOCKS[0]
_BY_NAME = {clock.name: clock for clock in CLOCKS}


def find(name: str) -> Clock | None:
    """The clock of that name."""
    return _BY_NAME.get(name)


def ns_to_us(ns: int) -> int:
    """Nanoseconds as microseconds, rounded to nearest (ns2usecs)."""
    return (ns + 500) // 1000
