"""Changing call sites while NMIs arrive, with one of the six steps wrong: S9.

They show only where an NMI comes at just that instruction: ``tracefs explore nmi`` finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tracefs.kernel.bugs.table import bug

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

SINCE = "2.6.28.1"
PATCH, ENTER = "do_ftrace_mod_code", "ftrace_nmi_enter"
JMP_SIZE = 5


@contextmanager
def instead(system: System, function: str, other: str) -> Iterator[None]:
    """Lead one function of the guest to another one, as long as the context lasts."""
    at = system.symbol(function)
    kept = system.memory.read(at, JMP_SIZE)
    offset = system.symbol(other) - at - JMP_SIZE
    system.memory.write(at, b"\xe9" + offset.to_bytes(4, "little", signed=True))
    system.machine.flush_text()
    yield
    system.memory.write(at, kept)
    system.machine.flush_text()


@bug(
    "nmi-no-wait-before",
    seed="S9",
    since=SINCE,
    symptom="an NMI that began before the flag was set executes a half written site",
    how=("tracefs explore nmi --mutant nmi-no-wait-before",),
)
def no_wait_before(system: System) -> Iterator[None]:
    """Step 3 is missing."""
    with instead(system, PATCH, f"{PATCH}_no_wait_before"):
        yield


@bug(
    "nmi-no-wait-after",
    seed="S9",
    since=SINCE,
    symptom="a late NMI writes the code of one site over the next",
    how=("tracefs explore nmi --mutant nmi-no-wait-after",),
)
def no_wait_after(system: System) -> Iterator[None]:
    """Step 6 is missing."""
    with instead(system, PATCH, f"{PATCH}_no_wait_after"):
        yield


@bug(
    "nmi-flag-first",
    seed="S9",
    since=SINCE,
    symptom="an NMI writes what the buffers held before",
    how=("tracefs explore nmi --mutant nmi-flag-first",),
)
def flag_first(system: System) -> Iterator[None]:
    """Steps 1 and 2 have changed places."""
    with instead(system, PATCH, f"{PATCH}_flag_first"):
        yield


@bug(
    "nmi-no-write",
    seed="S9",
    since=SINCE,
    symptom="an NMI in the middle of the write executes half of it",
    how=("tracefs explore nmi --mutant nmi-no-write",),
)
def no_write(system: System) -> Iterator[None]:
    """NMIs count themselves, but do not write."""
    with instead(system, ENTER, f"{ENTER}_no_write"):
        yield
