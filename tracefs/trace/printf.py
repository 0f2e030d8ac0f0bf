"""The kernel's printf on arguments that vbin_printf has put into a buffer (lib/vsprintf.c)."""

from __future__ import annotations

import re
from collections.abc import Callable

_CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\*|\d*)(?:\.(?P<precision>\*|\d*))?"
    r"(?P<size>hh?|ll?|[zjtL])?(?P<kind>p[A-Za-z]?|[^p]|$)"
)
_BYTES = {"hh": 1, "h": 2, "": 4, "ll": 8, "L": 8, "j": 8}
"""Bytes of an argument by its size; the rest are an unsigned long's."""
_HASH = 0x9E3779B97F4A7C15


def hashed(address: int) -> int:
    """What plain %p prints for an address: an identity, not the address."""
    return (address * _HASH + 0x5BD1E995) * 0x61C8864680B583EB % (1 << 64) >> 32


def bstr_printf(fmt: str, data: bytes, symbol: Callable[[int, str], str], word: int = 8) -> str:
    """What printf makes of ``fmt`` and the arguments in ``data``; cut short where those end.

    ``symbol(address, letter)`` is what %pS, %ps and the like print, ``word`` the bytes of a
    pointer.
    """
    arguments = _Arguments(data, word)
    out = []
    last = 0
    for found in _CONVERSION.finditer(fmt):
        out.append(fmt[last : found.start()])
        last = found.end()
        try:
            out.append(_convert(found, arguments, symbol))
        except _ShortError:
            return "".join(out)
    return "".join(out) + fmt[last:]


class _ShortError(Exception):
    """There are fewer arguments than the format has."""


class _Arguments:
    # As vbin_printf lays them out: each at a multiple of its size, but of 4 at the most.
    def __init__(self, data: bytes, word: int) -> None:
        self._data, self._at, self.word = data, 0, word

    def take(self, size: int, signed: bool = False) -> int:
        align = min(size, 4)
        at = -(-self._at // align) * align
        self._at = at + size
        if self._at > len(self._data):
            raise _ShortError
        return int.from_bytes(self._data[at : self._at], "little", signed=signed)

    def string(self) -> str:
        end = self._data.find(0, self._at)
        if end < 0:
            raise _ShortError
        text = self._data[self._at : end].decode("latin-1")
        self._at = end + 1
        return text


def _convert(found: re.Match[str], arguments: _Arguments, symbol: Callable[[int, str], str]) -> str:
    flags, kind, size = found["flags"], found["kind"], found["size"] or ""
    if kind in ("", "%"):
        return kind
    width = found["width"]
    if width == "*":
        number = arguments.take(4, signed=True)
        flags, width = (flags + "-" if number < 0 else flags), str(abs(number))
    precision = found["precision"]
    if precision == "*":
        precision = str(max(arguments.take(4, signed=True), 0))
    tail = "" if precision is None else f".{precision or 0}"
    if kind == "s":
        return f"%{flags}{width}s" % arguments.string()  # its precision was heeded already
    if kind == "c":
        return f"%{flags}{width}s" % chr(arguments.take(1))
    if kind[0] == "p":
        return f"%{flags.replace('0', '')}{width}s" % _pointer(kind, arguments, symbol)
    if kind not in "diouxX":
        raise _ShortError
    value = arguments.take(_BYTES.get(size, arguments.word), signed=kind in "di")
    if "#" in flags and kind == "o":
        flags = flags.replace("#", "")  # C's octal mark is a 0, Python's 0o
        return f"%{flags}{width}{tail}s" % f"0{value:o}"
    return f"%{flags}{width}{tail}{kind}" % value


def _pointer(kind: str, arguments: _Arguments, symbol: Callable[[int, str], str]) -> str:
    word = arguments.word
    address = arguments.take(word)
    if kind in ("pS", "ps", "pB", "pF", "pf"):
        return symbol(address, kind[1])
    if kind not in ("px", "pK") and address:
        address = hashed(address)
    return f"{address:0{2 * word}x}" + (kind[1:] if kind[1:] not in ("", "x", "K") else "")
