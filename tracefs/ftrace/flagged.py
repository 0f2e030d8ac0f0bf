"""Function filters of 2008: flags on the records, one set of them for all tracing.

A word of set_ftrace_filter flags the records it matches; that any word came, even one that matches
nothing, turns filtering on. Nothing here fails. (ftrace_match of kernel/trace/ftrace.c, 2.6.27 to
2.6.29; sites are patched by tracefs.ftrace.core, for which the flags become an ops' hash.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tracefs.ftrace.hash import EMPTY, Hash

if TYPE_CHECKING:
    from tracefs.ftrace.core import Ftrace
    from tracefs.ftrace.ops import FtraceOps

FTRACE_BUFF_MAX = 227
"""The longest word: KSYM_SYMBOL_LEN of its day and 4."""


def matcher(pattern: bytes) -> Callable[[bytes], bool]:
    """What a word matches: ``a*`` the start, ``*a`` the end, ``*a*`` a part, else the whole name.

    As the kernel's loop over the first two asterisks has it: ``*`` matches nothing, ``**``
    everything, ``a*b`` is ``a*``, and ``*foo`` looks at the first foo only, so that foofoo is none.
    """
    first = pattern.find(b"*")
    if first < 0:
        return lambda name: name == pattern
    if first > 0:
        return lambda name: name.startswith(pattern[:first])
    rest, second, _ = pattern[1:].partition(b"*")
    if second:
        return lambda name: rest in name
    return lambda name: bool(rest) and name.find(rest) == len(name) - len(rest) >= 0


class FlagFilter:
    """The flags FILTER and NOTRACE of all records.

    ``negation``: a word ``!name`` takes flags away. ``live_notrace``: NOTRACE also acts on sites
    that are being traced (without it only where a filter is set, or from the next start on).
    """

    def __init__(
        self, ftrace: Ftrace, ops: FtraceOps, *, negation: bool, live_notrace: bool
    ) -> None:
        self._ftrace = ftrace
        self._ops = ops
        self._negation = negation
        self._live_notrace = live_notrace
        self._flagged: dict[bool, Hash] = {False: EMPTY, True: EMPTY}
        self.filtered = False
        """True once a word came: only what is flagged FILTER is traced."""

    def clear(self, notrace: bool) -> None:
        """Take one flag off all records; what is traced now stays so (no patching)."""
        self._flagged[notrace] = EMPTY
        if not notrace:
            self.filtered = False

    def flag(self, word: bytes, notrace: bool) -> None:
        """Flag, or with ``!`` unflag, the records whose function the word matches."""
        inverted = self._negation and word.startswith(b"!")
        matches = matcher(word[inverted:])
        names = self._ftrace.functions.names()
        chosen = [i for i, name in enumerate(names.names) if names.valid[i] and matches(name)]
        ips = self._ftrace.records.ips[chosen]
        before = self._flagged[notrace]
        self._flagged[notrace] = before.remove(ips) if inverted else before.add(ips)
        if not notrace:
            self.filtered = True

    def lines(self, notrace: bool) -> bytes:
        """The functions that have the flag, one a line."""
        names = self._ftrace.functions.names().names
        mask = self._flagged[notrace].mask(self._ftrace.records)
        return b"".join(names[i] + b"\n" for i in np.flatnonzero(mask).tolist())

    def apply(self, starting: bool = False) -> None:
        """Let the flags decide what is traced; ``starting``: tracing is about to begin."""
        notrace = self._flagged[True]
        if not (self._live_notrace or self.filtered or starting):
            records = self._ftrace.records
            notrace = notrace.remove(records.ips[records.targets != 0])
        # A filter that nothing matches must not be the empty one, which stands for everything.
        chosen = self._flagged[False].with_pending(True) if self.filtered else EMPTY
        self._ops.hash.put(True, notrace)
        self._ftrace.commit_hash(self._ops, False, chosen)
