"""Names of the sites: what available_filter_functions prints and what patterns are matched with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracefs.ftrace.glob import Glob, Match, parse_regex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracefs.image import Kallsyms

INVALID = "__ftrace_invalid_address__"


@dataclass
class SiteNames:
    """One generation's names, in record order.

    ``lines`` end in a newline and name the module; ``valid`` is false where a site belongs to no
    function (a weak one that was overridden): such a record can never be enabled.
    """

    names: list[bytes]
    modules: list[bytes | None]
    lines: list[bytes]
    valid: NDArray[np.bool_]

    @classmethod
    def build(
        cls, ips: NDArray[np.uint64], kallsyms: Kallsyms, max_offset: int | None
    ) -> SiteNames:
        """Look sites up.  ``max_offset``: how far a site may be from its function's start."""
        count = len(ips)
        unknown = f"{INVALID}_0".encode()
        names = [unknown] * count
        modules: list[bytes | None] = [None] * count
        lines = [unknown + b"\n"] * count
        valid = np.zeros(count, np.bool_)
        for found in kallsyms.names(ips):
            texts = [name.encode("latin-1") for name in found.names]
            near = np.ones(len(texts), np.bool_)
            if max_offset is not None:
                near = found.offsets <= max_offset
            valid[found.where] = near
            for i in np.flatnonzero(~near).tolist():
                texts[i] = b"%b_%d" % (INVALID.encode(), found.offsets[i])
            owner = None if found.module is None else found.module.encode("latin-1")
            end = b"\n" if owner is None else b" [%b]\n" % owner
            for i, text in zip(found.where.tolist(), texts, strict=True):
                names[i] = text
                modules[i] = owner
                lines[i] = text + end
        return cls(names, modules, lines, valid)

    def select(self, pattern: Glob, module: bytes | None, usable: NDArray[np.bool_]) -> list[int]:
        """Indices of usable records that match (match_records without MATCH_INDEX).

        ``module`` is the part after ``:mod:`` (None: no such part); ``!`` before it inverts it, an
        empty one stands for any module.  An empty function part matches all of the module.
        """
        if module is None:
            chosen: Sequence[int] = pattern.select(self.names)
        else:
            chosen = self._in_module(parse_regex(module))
            if pattern.search or pattern.type is not Match.FULL:
                test, names = pattern.matcher(), self.names
                chosen = [i for i in chosen if test(names[i])]
        flags = usable & self.valid
        if flags.all():
            return list(chosen)
        return [i for i in chosen if flags[i]]

    def _in_module(self, wanted: Glob) -> list[int]:
        if not wanted.search:
            return [i for i, m in enumerate(self.modules) if (m is None) == wanted.inverted]
        test = wanted.matcher()
        answer = {m: (m is not None and test(m)) != wanted.inverted for m in set(self.modules)}
        return [i for i, m in enumerate(self.modules) if answer[m]]


def parse_index(text: bytes) -> int:
    """The number a pattern of digits begins with (simple_strtoul with base 0)."""
    base, digits = 10, b"0123456789"
    if text[:2].lower() == b"0x" and text[2:3].lower() in b"0123456789abcdef" and text[2:3]:
        text, base, digits = text[2:], 16, b"0123456789abcdefABCDEF"
    elif text[:1] == b"0":
        base, digits = 8, b"01234567"
    value = 0
    for char in text:
        if char not in digits:
            break
        value = value * base + int(chr(char), 16)
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value
