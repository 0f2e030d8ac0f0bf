"""Patterns of function names: the kernel's filter_parse_regex and glob_match, on bytes.

Simple stars are recognised first (front, end, middle); everything else is a full glob with ``*``,
``?``, ``[a-z]``, ``[!a-z]`` and ``\\``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum


class Match(Enum):
    """How a pattern is compared (the kernel's enum regex_type)."""

    FULL = "full"
    FRONT_ONLY = "front"
    MIDDLE_ONLY = "middle"
    END_ONLY = "end"
    GLOB = "glob"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Glob:
    """A parsed pattern: ``inverted`` if it began with ``!``; an INDEX compares nothing."""

    type: Match
    search: bytes
    inverted: bool = False

    def matcher(self) -> Callable[[bytes], bool]:
        """A function that says whether a name matches."""
        search = self.search
        if self.type is Match.FULL:
            return search.__eq__
        if self.type is Match.FRONT_ONLY:
            return lambda name: name.startswith(search)
        if self.type is Match.END_ONLY:
            return lambda name: name.endswith(search)
        if self.type is Match.MIDDLE_ONLY:
            return lambda name: search in name
        if self.type is Match.GLOB:
            fullmatch = re.compile(translate(search), re.DOTALL).fullmatch
            return lambda name: fullmatch(name) is not None
        return lambda name: False

    def matches(self, name: bytes) -> bool:
        """True if a name matches."""
        return self.matcher()(name)

    def select(self, names: Sequence[bytes]) -> list[int]:
        """Indices of the names that match."""
        search = self.search
        if self.type is Match.FULL:
            return [i for i, name in enumerate(names) if name == search]
        if self.type is Match.MIDDLE_ONLY or (self.type is Match.END_ONLY and not search):
            return [i for i, name in enumerate(names) if search in name]
        test = self.matcher()
        return [i for i, name in enumerate(names) if test(name)]


def parse_regex(text: bytes) -> Glob:
    """Split a word into inversion, kind of comparison and text to compare (filter_parse_regex)."""
    inverted = text[:1] == b"!"
    if inverted:
        text = text[1:]
    if text[:1].isdigit():
        return Glob(Match.INDEX, text, inverted)
    kind, last = Match.FULL, len(text) - 1
    for i, char in enumerate(text):
        if char == ord("*"):
            if i == 0:
                kind = Match.END_ONLY
            elif i == last:
                kind = Match.MIDDLE_ONLY if kind is Match.END_ONLY else Match.FRONT_ONLY
                text = text[:last]
            else:
                return Glob(Match.GLOB, text, inverted)
        elif char in b"[?\\":
            return Glob(Match.GLOB, text, inverted)
    if text[:1] == b"*":
        text = text[1:]
    return Glob(kind, text, inverted)


def glob_match(pattern: bytes, text: bytes) -> bool:
    """The kernel's glob_match."""
    return re.fullmatch(translate(pattern), text, re.DOTALL) is not None


def translate(pattern: bytes) -> bytes:
    """A glob as a regular expression for fullmatch with DOTALL."""
    out: list[bytes] = []
    i = 0
    while i < len(pattern):
        char = pattern[i : i + 1]
        i += 1
        if char == b"*":
            if out[-1:] != [b".*"]:
                out.append(b".*")
        elif char == b"?":
            out.append(b".")
        elif char == b"[":
            found = _char_class(pattern, i)
            if found is None:  # an opening bracket without its end stands for itself
                out.append(re.escape(char))
            else:
                text, i = found
                out.append(text)
        elif char == b"\\":
            # A backslash at the very end stands for the end of the text.
            out.append(re.escape(pattern[i : i + 1]))
            i += 1
        else:
            out.append(re.escape(char))
    return b"".join(out)


def _char_class(pattern: bytes, i: int) -> tuple[bytes, int] | None:
    """The class that begins at i (after its bracket), and where it ends; None without an end."""
    inverted = pattern[i : i + 1] == b"!"
    i += inverted
    chosen: set[int] = set()
    first = True
    while True:
        if i >= len(pattern):
            return None
        low = pattern[i]
        i += 1
        if low == ord("]") and not first:
            break
        first = False
        high = low
        if pattern[i : i + 1] == b"-" and pattern[i + 1 : i + 2] != b"]":
            if i + 1 >= len(pattern):
                return None
            high = pattern[i + 1]
            i += 2
        chosen.update(range(low, high + 1))
    if inverted:
        chosen = set(range(256)) - chosen
    if not chosen:
        return b"(?!)", i
    return b"[" + b"".join(re.escape(bytes((c,))) for c in sorted(chosen)) + b"]", i
