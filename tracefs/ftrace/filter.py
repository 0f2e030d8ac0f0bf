"""set_ftrace_filter and set_ftrace_notrace: from open to close, edits are made on a copy.

One write(2) takes one word, as 6.1 does: a short count makes the writer come again with the rest.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tracefs.ftrace.hash import EMPTY, Hash, PendingFilter
from tracefs.ftrace.ops import FtraceOps
from tracefs.ftrace.parser import TraceParser

if TYPE_CHECKING:
    from tracefs.ftrace.core import Ftrace

ALL_ENABLED = b"#### all functions enabled ####\n"
NONE_DISABLED = b"#### no functions disabled ####\n"


class Command(Protocol):
    """A function command, ``FUNC:NAME[:PARAM]``.

    ``func`` keeps its ``!``; ``enable`` is False for set_ftrace_notrace.  Raises OSError.
    """

    def __call__(
        self,
        edit: FilterEdit,
        func: bytes,
        command: bytes,
        param: bytes | None,
        enable: bool,
    ) -> None: ...


class FilterEdit:
    """One open filter file; ``hash`` is what is being edited."""

    def __init__(
        self,
        ftrace: Ftrace,
        ops: FtraceOps,
        *,
        notrace: bool = False,
        write: bool = False,
        trunc: bool = False,
        probes: Callable[[], bytes] | None = None,
    ) -> None:
        ftrace.check_alive()
        self.ops = ops
        self.notrace = notrace
        self._ftrace = ftrace
        self._write = write
        self._probes = probes
        self._parser = TraceParser()
        self._closed = False
        self.hash: Hash = ops.hash.get(notrace)
        if write and trunc:
            self.hash = EMPTY
            ops.hash.pending(notrace).clear()

    def write(self, data: bytes) -> int:
        """Take one word; returns the bytes consumed.

        OSError: EINVAL for a function that does not exist, a number out of range, an unknown
        command or a word too long; ENODEV when ftrace is dead; what a command raises.
        """
        if not data:
            return 0
        self._ftrace.check_alive()
        count = self._parser.feed(data)
        if self._parser.loaded and not self._parser.cont:
            word = self._parser.word
            self._parser.clear()
            self._process(word)
        return count

    def text(self) -> bytes:
        """What a read shows: the copy taken at open with this file's own edits, then pending
        module filters and probes as they are now."""
        if self._ftrace.dead:
            return b""
        if self.hash.empty:
            text = NONE_DISABLED if self.notrace else ALL_ENABLED
        else:
            text = self._ftrace.hash_lines(self.hash)
        if self.ops.private is not None:
            text += b"".join(p.line() for p in self.ops.hash.pending(self.notrace))
            if self._probes is not None:
                text += self._probes()
        return text

    def close(self) -> None:
        """Process a word left over from the last write, commit, and patch what changed."""
        if self._closed:
            return
        self._closed = True
        if self._parser.loaded:
            with contextlib.suppress(OSError):  # there is nobody left to tell
                self._process(self._parser.word)
        if self._write:
            if not self.notrace and self.ops.private is not None:
                waiting = bool(self.ops.hash.pending(self.notrace))
                self.hash = self.hash.with_pending(waiting)
            self._ftrace.commit_hash(self.ops, self.notrace, self.hash)

    def match(self, func: bytes, module: bytes | None = None) -> bool:
        """Add or (``!``) remove what a pattern matches; False if it matches nothing."""
        ips, inverted = self._ftrace.match(func, module)
        if not len(ips):
            return False
        self.hash = self.hash.remove(ips) if inverted else self.hash.add(ips)
        return True

    def _process(self, word: bytes) -> None:
        func, colon, rest = word.partition(b":")
        if not colon:
            if not self.match(func):
                raise _error(errno.EINVAL)
            return
        name, more, param = rest.partition(b":")
        command = self._ftrace.commands.get(name)
        if command is None:
            raise _error(errno.EINVAL)
        command(self, func, name, param if more else None, not self.notrace)

    def cache_mod(self, func: bytes, module: bytes) -> None:
        """Keep a filter for a module that is not there yet, or (``!``) drop kept ones."""
        pending = self.ops.hash.pending(self.notrace)
        if func[:1] == b"!":
            func = func[1:]
            kept = [p for p in pending if p.module != module or func not in (b"*", p.func)]
            if len(kept) == len(pending):
                raise _error(errno.EINVAL)
            pending[:] = kept
        elif self._ftrace.has_module(module):
            raise _error(errno.EINVAL)
        else:
            pending.insert(0, PendingFilter(func, module))


def mod_command(
    edit: FilterEdit, func: bytes, command: bytes, param: bytes | None, enable: bool
) -> None:
    """``FUNC:mod:MODULE``: only functions of that module."""
    if edit.ops.private is None:
        raise _error(errno.ENODEV)
    if param is None:
        raise _error(errno.EINVAL)
    if not edit.match(func, param):
        edit.cache_mod(func, param)


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))
