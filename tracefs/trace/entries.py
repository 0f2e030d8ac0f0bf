"""Entry types of the ring buffer and their text (kernel/trace/trace_entries.h, trace_output.c).

One `EntryType` a type: its number, and what it prints behind the context of a line in each of the
formats. A type that leaves a format out prints its number there, as the kernel does.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Protocol

from tracefs.trace.options import PRINT_PARENT
from tracefs.trace.printf import bstr_printf

TRAMPOLINE_MARKER = (1 << 31) - 1
HEADER_SIZE = 8  # u16 type, u8 flags, u8 preempt count, s32 pid

# By the size of an unsigned long.
_ADDRESS = {4: Struct("<I"), 8: Struct("<Q")}
_CALL = {4: Struct("<II"), 8: Struct("<QQ")}
SWITCH = Struct("<IIIBBBB")
"""Of a switch: pids, CPU, priority and state of the one, of the other."""
_STATES = "RSDTtXZPI"
_REPEATS = {4: Struct("<IIHHI"), 8: Struct("<QQHHI")}
_INT = Struct("<I")


class Context(Protocol):
    """What entries need to print themselves."""

    flags: int
    """The trace array's options."""
    word: int
    """Bytes of an unsigned long of the kernel traced."""

    def symbol(self, address: int, offset: bool | None = None) -> str:
        """An address as the options want it: name, offset (unless that is said), number."""

    def comm(self, pid: int) -> str:
        """The name of a task: saved, or ``<...>``."""

    def time(self, ts: int) -> str:
        """A time stamp as it stands in a line, without the colon."""

    def cstring(self, address: int) -> str:
        """A string of the kernel's memory; a mark where there is none."""

    def ksym(self, address: int, offset: bool) -> str:
        """An address as printk's %pS (or without the offset, %ps) has it."""

    def pointer(self, value: int) -> str:
        """A pointer as printk's %p has it: hashed, unless the options say otherwise."""


class EntryType:
    """A type of entry. ``data`` is the whole entry, with its common header."""

    number = 0

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        """The text of a normal line, with its newline."""
        raise NotImplementedError

    def raw(self, context: Context, data: bytes, ts: int) -> str:
        """The text with option raw."""
        return f"type: {self.number}\n"

    def hex(self, context: Context, data: bytes) -> str:
        """The text with option hex."""
        return f"type: {self.number}\n"

    def binary(self, context: Context, data: bytes) -> bytes:
        """The bytes with option bin."""
        return b"type: %d\n" % self.number


class FunctionEntry(EntryType):
    """A call: the function, and where it was called from."""

    number = 1

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        return call(context, data) + "\n"

    def raw(self, context: Context, data: bytes, ts: int) -> str:
        return "{:x} {:x}\n".format(*_CALL[context.word].unpack_from(data, HEADER_SIZE))

    def hex(self, context: Context, data: bytes) -> str:
        ip, parent = _CALL[context.word].unpack_from(data, HEADER_SIZE)
        return f"{ip:0{2 * context.word}x} {parent:0{2 * context.word}x} "

    def binary(self, context: Context, data: bytes) -> bytes:
        return data[HEADER_SIZE : HEADER_SIZE + 2 * context.word]


class SwitchEntry(EntryType):
    """A task that leaves its CPU to another."""

    number = 2
    arrow = "==>"

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        prev, after, cpu, prio, state, after_prio, after_state = SWITCH.unpack_from(data, 8)
        return (
            f" {prev:7d}:{prio:3d}:{_STATES[state]} {self.arrow} [{cpu:03d}]"
            f" {after:7d}:{after_prio:3d}:{_STATES[after_state]} {context.comm(after)}\n"
        )

    def raw(self, context: Context, data: bytes, ts: int) -> str:
        prev, after, cpu, prio, state, after_prio, after_state = SWITCH.unpack_from(data, 8)
        letter = self._letter(_STATES[state])
        return f"{prev} {prio} {letter} {cpu} {after} {after_prio} {_STATES[after_state]}\n"

    def _letter(self, state: str) -> str:
        return state


class WakeEntry(SwitchEntry):
    """A task that wakes another."""

    number = 3
    arrow = "  +"

    def _letter(self, state: str) -> str:
        return "+"


class StackEntry(EntryType):
    """A stack of the kernel: return addresses, innermost first."""

    number = 4

    def callers(self, context: Context, data: bytes) -> Iterator[int]:
        """Its addresses."""
        word = context.word
        for offset in range(HEADER_SIZE + word, len(data) - word + 1, word):
            (address,) = _ADDRESS[word].unpack_from(data, offset)
            if address in (0, (1 << 8 * word) - 1):
                break
            yield address

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        lines = ["<stack trace>\n"]
        for address in self.callers(context, data):
            if address == TRAMPOLINE_MARKER:
                lines.append(" => [FTRACE TRAMPOLINE]\n")
            else:
                lines.append(f" => {context.symbol(address)}\n")
        return "".join(lines)


class UserStackEntry(EntryType):
    """A stack of user space: addresses, innermost first."""

    number = 12

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        text = "<user stack trace>\n"
        for offset in range(HEADER_SIZE + context.word, len(data), context.word):
            (address,) = _ADDRESS[context.word].unpack_from(data, offset)
            if not address:
                break
            text += f" =>  <{address:0{2 * context.word}x}>\n"
        return text


class MessageEntry(EntryType):
    """Text, and where in the code it was written."""

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        return f"{context.symbol(self._ip(context, data))}: {self.message(context, data)}"

    def raw(self, context: Context, data: bytes, ts: int) -> str:
        return f": {self._ip(context, data):x} : {self.message(context, data)}"

    def message(self, context: Context, data: bytes) -> str:
        """The text alone, as option printk-msg-only has it."""
        raise NotImplementedError

    def _ip(self, context: Context, data: bytes) -> int:
        return self._word(context, data, HEADER_SIZE)

    def _word(self, context: Context, data: bytes, offset: int) -> int:
        return int(_ADDRESS[context.word].unpack_from(data, offset)[0])

    def _second(self, context: Context, data: bytes) -> str:
        """The string whose address follows that of the code."""
        return context.cstring(self._word(context, data, HEADER_SIZE + context.word))


class PrintEntry(MessageEntry):
    """Text written by trace_marker, or by trace_printk of a format that is not constant."""

    number = 5

    def raw(self, context: Context, data: bytes, ts: int) -> str:
        return f"# {self._ip(context, data):x} {self.message(context, data)}"

    def message(self, context: Context, data: bytes) -> str:
        return data[HEADER_SIZE + context.word :].partition(b"\0")[0].decode("latin-1")


class BprintEntry(MessageEntry):
    """A trace_printk: the address of its format, and its arguments in binary."""

    number = 6

    def message(self, context: Context, data: bytes) -> str:
        def symbol(address: int, letter: str) -> str:
            text = context.symbol(address)
            return text if letter in "SBF" else text.partition("+")[0]

        arguments = data[HEADER_SIZE + 2 * context.word :]
        return bstr_printf(self._second(context, data), arguments, symbol, context.word)


class BputsEntry(MessageEntry):
    """A trace_puts of a constant text, by its address."""

    number = 14

    def message(self, context: Context, data: bytes) -> str:
        return self._second(context, data)


class RawDataEntry(EntryType):
    """Bytes written by trace_marker_raw, the first four taken as a number."""

    number = 18

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        (number,) = _INT.unpack_from(data, HEADER_SIZE)
        payload = data[HEADER_SIZE + 4 :]
        return f"# {number:x} buf:{' ' if payload else ''}{payload.hex(' ')}\n"

    raw = trace


class RepeatsEntry(EntryType):
    """A call that came again several times in a row (option func-no-repeats)."""

    number = 19

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        *_, count, top, bottom = _REPEATS[context.word].unpack_from(data, HEADER_SIZE)
        last = context.time(ts - (top << 32 | bottom))
        return f"{call(context, data)} (repeats: {count}, last_ts:{last})\n"

    def raw(self, context: Context, data: bytes, ts: int) -> str:
        ip, parent, count, top, bottom = _REPEATS[context.word].unpack_from(data, HEADER_SIZE)
        return f"{ip:x} {parent:x} {count} {top << 32 | bottom}\n"


PRINT = PrintEntry()
TYPES: dict[int, EntryType] = {
    entry.number: entry
    for entry in (
        FunctionEntry(),
        SwitchEntry(),
        WakeEntry(),
        StackEntry(),
        UserStackEntry(),
        PRINT,
        BprintEntry(),
        BputsEntry(),
        RawDataEntry(),
        RepeatsEntry(),
    )
}


def addresses(context: Context, data: bytes) -> tuple[int, int]:
    """The function called and its caller, of an entry that begins with the two addresses."""
    ip, parent = _CALL[context.word].unpack_from(data, HEADER_SIZE)
    return ip, parent


def call(context: Context, data: bytes) -> str:
    """``function <-caller`` of such an entry."""
    ip, parent = addresses(context, data)
    if context.flags & PRINT_PARENT.mask and parent:
        return f"{context.symbol(ip)} <-{context.symbol(parent)}"
    return context.symbol(ip)
