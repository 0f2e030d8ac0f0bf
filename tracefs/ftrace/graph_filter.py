"""set_graph_function and set_graph_notrace: which functions' calls the graph tracer shows."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.ftrace.filter import ALL_ENABLED, NONE_DISABLED
from tracefs.ftrace.glob import parse_regex
from tracefs.ftrace.hash import EMPTY, Hash
from tracefs.ftrace.parser import TraceParser

if TYPE_CHECKING:
    from tracefs.ftrace.core import Ftrace


class GraphFilterEdit:
    """One open file: words change a copy, which `close` gives to ``commit``.

    ``current`` gives the set that is in force, which is also what reading shows.
    """

    def __init__(
        self,
        ftrace: Ftrace,
        current: Callable[[], Hash],
        commit: Callable[[Hash], None],
        *,
        notrace: bool = False,
        write: bool = False,
        trunc: bool = False,
    ) -> None:
        self._ftrace = ftrace
        self._current = current
        self._commit = commit
        self._empty = NONE_DISABLED if notrace else ALL_ENABLED
        self._write = write
        self._parser = TraceParser()
        self._closed = False
        self.hash: Hash = EMPTY if trunc else current()

    def write(self, data: bytes) -> int:
        """Take one word; returns the bytes consumed.

        OSError: EINVAL for what matches no function (numbers and ``:mod:`` do not), or for a ``!``
        that takes nothing away; ENODEV when ftrace is dead.
        """
        if not data:
            return 0
        count = self._parser.feed(data)
        if self._parser.loaded and not self._parser.cont:
            word = self._parser.word
            self._parser.clear()
            self._process(word)
        return count

    def text(self) -> bytes:
        """The functions in force, or a line that says what none means."""
        now = self._current()
        return self._empty if now.empty else self._ftrace.hash_lines(now)

    def close(self) -> None:
        """Process a word left over from the last write, and commit."""
        if self._closed:
            return
        self._closed = True
        if self._parser.loaded:
            with contextlib.suppress(OSError):  # there is nobody left to tell
                self._process(self._parser.word)
        if self._write:
            self._commit(self.hash)

    def _process(self, word: bytes) -> None:
        self._ftrace.check_alive()
        inverted = word[:1] == b"!"
        ips = self._ftrace.select(parse_regex(word))
        after = self.hash.remove(ips) if inverted else self.hash.add(ips)
        if not len(ips) or (inverted and len(after) == len(self.hash)):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self.hash = after
