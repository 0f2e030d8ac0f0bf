"""Words out of write(2) calls: the kernel's trace_get_user and its struct trace_parser."""

from __future__ import annotations

import errno
import os

_SPACE = b" \t\n\v\f\r\xa0"  # the kernel's isspace
_STOP = _SPACE + b"\0"

KSYM_SYMBOL_LEN = 21 + 511 + 2 * 19 + 55 + 2 * 20 + 1
"""Room for ``%s+%#lx/%#lx [%s %s]`` of the longest names: sprint_symbol's buffer in 6.1."""
FTRACE_BUFF_MAX = KSYM_SYMBOL_LEN + 4


class TraceParser:
    """Collects one word; a word that reaches the end of a write goes on in the next one."""

    def __init__(self, size: int = FTRACE_BUFF_MAX) -> None:
        self._size = size
        self._buffer = bytearray()
        self._pos = 0
        self._failed = False
        self.cont = False
        """True while the word may go on in the next write."""

    @property
    def loaded(self) -> bool:
        """True if there is a word."""
        return bool(self._buffer) and not self._failed

    @property
    def word(self) -> bytes:
        """The word so far."""
        return bytes(self._buffer)

    def clear(self) -> None:
        """Forget the word."""
        self._buffer.clear()
        self.cont = self._failed = False

    def feed(self, data: bytes) -> int:
        """Take at most one word from the front of ``data``; returns how many bytes that took.

        A NUL ends a word as white space does.  OSError (EINVAL) for a word longer than the buffer.
        """
        if not self._pos:
            self.clear()
        if not data:
            return 0
        limit, last = self._size - 1, len(data) - 1
        at = 0
        if not self.cont:
            while at < last and data[at] in _SPACE:
                at += 1
            self._buffer.clear()
            if data[at] in _STOP:
                return self._advance(at + 1)
        end = at
        while end < last and data[end] not in _STOP:
            end += 1
        piece = data[at:end]
        finished = data[end] in _STOP
        if not finished:
            piece = data[at : end + 1]
        if len(self._buffer) + len(piece) > limit:
            self._failed = True
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._buffer += piece
        self.cont = not finished
        return self._advance(end + 1)

    def _advance(self, count: int) -> int:
        self._pos += count
        return count
