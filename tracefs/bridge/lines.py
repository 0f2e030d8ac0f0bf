"""strace's output, line by line.

Formats are those of strace 6.1 with ``-f -y -s0 -o FILE``: every line begins with a process id; a
call that another process's line interrupts is continued on a ``resumed`` line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

MAX_LINE = 1 << 16
"""Bytes. A longer line is no line of strace's; it is dropped."""

_UNFINISHED = b" <unfinished ...>"
# What stands between the parentheses may hold any text, but only within quotes and angle brackets.
_ARGUMENTS = rb'((?:[^"<]|"(?:[^"\\]|\\.)*"|<[^>]*>)*)'
_RESULT = rb"(0x[0-9a-f]+|-?\d+|\?)(?:<([^>]*)>)?"
_CALL = re.compile(rb"(\d+) +(\w+)\(" + _ARGUMENTS + rb"\) += " + _RESULT, re.S)
_BEGUN = re.compile(rb"(\d+) +(\w+)\((.*)", re.S)
_RESUMED = re.compile(rb"(\d+) +<\.\.\. \w+ resumed>(.*)", re.S)
_ENDED = re.compile(rb"(\d+) +\+\+\+ (exited with|killed by|superseded by) (\w+)")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9a-f]{2}|.)", re.S)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"a": b"\a"}


class Kind(Enum):
    """What a line says of its process."""

    BEGUN = auto()
    """It is in a system call whose end comes on a later line."""
    DONE = auto()
    """The system call has returned."""
    EXITED = auto()
    """It has ended; ``result`` is its exit status."""
    KILLED = auto()
    """A signal has ended it; ``name`` is the signal's."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``name(arguments) = result<path>`` of a process."""

    pid: int
    kind: Kind
    name: str = ""
    arguments: bytes = b""
    result: int | None = None
    """None where strace prints a question mark."""
    path: bytes = b""
    """What the resulting descriptor is, still escaped."""


class Parser:
    """Turns pieces of strace's output into Lines; what cannot be understood is skipped."""

    def __init__(self) -> None:
        self._rest = b""
        self._begun: dict[int, bytes] = {}

    def feed(self, data: bytes) -> Iterator[Line]:
        """The lines that are complete with these bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            self._rest = b""
        for text in lines:
            line = self._line(text)
            if line is not None:
                yield line

    def _line(self, text: bytes) -> Line | None:
        if resumed := _RESUMED.match(text):
            begun = self._begun.pop(int(resumed[1]), None)
            if begun is None:
                return None
            text = begun + resumed[2]
        if text.endswith(_UNFINISHED):
            return self._unfinished(text[: -len(_UNFINISHED)])
        if call := _CALL.match(text):
            result = None if call[4] == b"?" else int(call[4], 0)
            return Line(int(call[1]), Kind.DONE, call[2].decode(), call[3], result, call[5] or b"")
        if ended := _ENDED.match(text):
            pid = int(ended[1])
            self._begun.pop(pid, None)
            if ended[2] == b"killed by":
                return Line(pid, Kind.KILLED, ended[3].decode())
            # A thread that another one's execve has superseded has simply ended.
            return Line(pid, Kind.EXITED, result=int(ended[3]) if ended[3].isdigit() else 0)
        return None

    def _unfinished(self, text: bytes) -> Line | None:
        begun = _BEGUN.match(text)
        if begun is None:
            return None
        self._begun[int(begun[1])] = text
        return Line(int(begun[1]), Kind.BEGUN, begun[2].decode(), begun[3])


def unescape(text: bytes) -> bytes:
    """The bytes of a string that strace has put between quotes or angle brackets."""
    return _ESCAPE.sub(_unescape, text) if b"\\" in text else text


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code[:1].isdigit():
        return bytes((int(code, 8) & 0xFF,))
    if code[:1] == b"x" and len(code) == 3:
        return bytes((int(code[1:], 16),))
    return _LETTERS.get(code, code)
