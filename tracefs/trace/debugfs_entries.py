"""Entries of the ring buffer as the kernels of 2008 print them, where that was different."""

from __future__ import annotations

from itertools import islice
from struct import Struct
from typing import TYPE_CHECKING

from tracefs.trace.entries import (
    SWITCH,
    TYPES,
    EntryType,
    FunctionEntry,
    PrintEntry,
    StackEntry,
    SwitchEntry,
    WakeEntry,
    addresses,
)

if TYPE_CHECKING:
    from tracefs.trace.entries import Context

_STATES = "RSDTtZX"
_IDLE = 8  # sleeps, and no load: an interruptible sleep in 2008
_THREE, _THREE_SIGNED = Struct("<III"), Struct("<iii")
_TASKS = Struct("<IBBIBB")
STACK_ENTRIES = 8
"""A stack in the trace had room for so many."""


def _state(index: int) -> str:
    # The state itself was taken for the letter's index: right up to 2, uninterruptible.
    index = 1 if index == _IDLE else index
    value = 1 << index >> 1
    return _STATES[value] if value < len(_STATES) else "X"


def _first_bit(index: int) -> str:
    index = 1 if index == _IDLE else index
    return _STATES[index] if index < len(_STATES) - 2 else "X"


class Marker(PrintEntry):
    """Text from user space, which has no function of the kernel to name."""

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        return f"0: {self.message(context, data)}"

    def raw(self, context: Context, data: bytes, ts: int) -> str:
        return f"# 0 {self.message(context, data)}"

    def hex(self, context: Context, data: bytes) -> str:
        return ""

    def binary(self, context: Context, data: bytes) -> bytes:
        return b""


class LatencyCall(FunctionEntry):
    """A call in ``latency_trace``."""

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        ip, parent = addresses(context, data)
        return f"{context.symbol(ip)} ({context.symbol(parent)})\n"


class Stack(StackEntry):
    """A stack, on one line."""

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        callers = islice(self.callers(context, data), STACK_ENTRIES)
        return " <= ".join(map(context.symbol, callers)) + "\n"

    # The other formats take it for three numbers.

    def raw(self, context: Context, data: bytes, ts: int) -> str:
        return "# {} {} {}\n".format(*_THREE_SIGNED.unpack(self.binary(context, data)))

    def hex(self, context: Context, data: bytes) -> str:
        return "{:08x} {:08x} {:08x} ".format(*_THREE.unpack(self.binary(context, data)))

    def binary(self, context: Context, data: bytes) -> bytes:
        first = *islice(self.callers(context, data), 3), 0, 0, 0
        return _THREE.pack(*first[:3])


class Switch(SwitchEntry):
    """A task that leaves its CPU to another; ``wide``: the other's CPU is told."""

    def __init__(self, wide: bool, latency: bool) -> None:
        self._where = "[{:03d}] " if wide else ""
        self._raw = "{} {} {} {} {} {} {}\n" if wide else "{0} {1} {2} {4} {5} {6}\n"
        self._latency = latency

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        prev, after, cpu, prio, state, after_prio, after_state = SWITCH.unpack_from(data, 8)
        letter = _first_bit(state) if self._latency else _state(state)
        name = f" {context.comm(after)}" if self._latency else ""
        return (
            f" {prev:5d}:{prio:3d}:{letter} {self.arrow} {self._where.format(cpu)}"
            f"{after:5d}:{after_prio:3d}:{_state(after_state)}{name}\n"
        )

    def raw(self, context: Context, data: bytes, ts: int) -> str:
        prev, after, cpu, prio, state, after_prio, after_state = SWITCH.unpack_from(data, 8)
        letter = self._letter(_state(state))
        return self._raw.format(prev, prio, letter, cpu, after, after_prio, _state(after_state))

    def hex(self, context: Context, data: bytes) -> str:
        prev, after, cpu, prio, state, after_prio, after_state = SWITCH.unpack_from(data, 8)
        letter, where = self._letter(_state(state)), f"{cpu:08x} " if self._where else ""
        return (
            f"{prev:08x} {prio:02x} {ord(letter):08x} {where}"
            f"{after:08x} {after_prio:02x} {ord(_state(after_state)):08x} "
        )

    def binary(self, context: Context, data: bytes) -> bytes:
        prev, after, _, prio, state, after_prio, after_state = SWITCH.unpack_from(data, 8)
        return _TASKS.pack(
            prev, prio, 1 << state >> 1 & 255, after, after_prio, 1 << after_state >> 1 & 255
        )


class Wake(Switch):
    """A task that wakes another."""

    number = WakeEntry.number
    arrow = WakeEntry.arrow

    def _letter(self, state: str) -> str:
        return "+"

    def binary(self, context: Context, data: bytes) -> bytes:
        return b""


def types(wide: bool, latency: bool) -> dict[int, EntryType]:
    """How entries are printed, in ``latency_trace`` or elsewhere."""
    here = [Marker(), Stack(), Switch(wide, latency), Wake(wide, latency)]
    if latency:
        here.append(LatencyCall())
    return {**TYPES, **{entry.number: entry for entry in here}}
