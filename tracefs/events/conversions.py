"""printf's conversions as the kernel has them, and the helpers of print formats."""

from __future__ import annotations

import re
from collections.abc import Callable
from struct import unpack_from
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracefs.trace.entries import Context

_CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?"
    r"(?P<length>hh|h|ll|l|L|q|z|t|j)?(?P<type>[diouxXcs%]|p(?P<ext>[a-zA-Z]*))"
)
_BITS = {"hh": 8, "h": 16, None: 32}
_WORD_BITS = 64
_POINTERS = frozenset(("s", "S", "f", "F", "B", "SR", "x", "K", ""))

Formatter = Callable[["Context", Any], str]


def conversions(fmt: str) -> tuple[list[str], list[Formatter]]:
    """A format's pieces of plain text, and between each two of them what prints an argument."""
    pieces, formatters = [""], []
    at = 0
    for match in _CONVERSION.finditer(fmt):
        pieces[-1] += fmt[at : match.start()]
        at = match.end()
        if match["type"] == "%":
            pieces[-1] += "%"
            continue
        formatters.append(_formatter(match))
        if match["ext"] and match["ext"] not in _POINTERS:
            at -= len(match["ext"])  # letters that only follow a plain %p
        pieces.append("")
    pieces[-1] += fmt[at:]
    return pieces, formatters


def _formatter(match: re.Match[str]) -> Formatter:
    kind = match["type"]
    precision = "" if match["precision"] is None else "." + match["precision"]
    flags = match["flags"] if kind in "di" else re.sub("[+ ]", "", match["flags"])
    spec = f"%{flags}{match['width']}{precision}"
    if kind[0] == "p":
        return _pointer(match["ext"], spec)
    if kind == "s":
        return lambda context, value: _string(spec, value)
    if kind == "c":
        return lambda context, value: (spec + "c") % (value & 0xFF)
    bits = _BITS.get(match["length"], _WORD_BITS)
    template = spec + ("d" if kind in "diu" else kind)
    if kind in "di":
        half = 1 << bits - 1
        mask = (1 << bits) - 1
        return lambda context, value: template % (((value & mask) ^ half) - half)
    mask = (1 << bits) - 1
    return lambda context, value: template % (value & mask)


def _string(spec: str, value: Any) -> str:
    """A string, or a number where a string should be."""
    return (spec + "s") % (value if isinstance(value, str) else f"{value}")


def _pointer(ext: str, spec: str) -> Formatter:
    if ext in ("s", "f"):
        return lambda context, value: (spec + "s") % context.ksym(value, offset=False)
    if ext in ("S", "F", "SR", "B"):
        return lambda context, value: (spec + "s") % context.ksym(value, offset=True)
    if ext == "x":
        return lambda context, value: f"{value & (1 << 8 * context.word) - 1:x}"
    return lambda context, value: (spec + "s") % context.pointer(value)


def cast(value: int, bits: int) -> int:
    """A number as a C type of that width has it; negative: a signed one."""
    if bits > 0:
        return value & (1 << bits) - 1
    half = 1 << -bits - 1
    return ((value & (1 << -bits) - 1) ^ half) - half


def cstring(data: bytes) -> str:
    """An array of characters up to its NUL."""
    return data.partition(b"\0")[0].decode("latin-1")


def dynamic(data: bytes, place: int) -> bytes:
    """What a __data_loc field stands for."""
    offset = place & 0xFFFF
    return data[offset : offset + (place >> 16)]


def element(data: bytes, code: str, offset: int) -> int:
    """A number of an array."""
    return int(unpack_from(code, data, offset)[0])


def get_str(data: bytes, place: int) -> str:
    """A dynamic string up to its NUL."""
    return cstring(dynamic(data, place))


def dynamic_array_len(data: bytes, place: int) -> int:
    """The bytes of a dynamic array."""
    return place >> 16


def print_flags(value: int, delimiter: str, table: list[tuple[int, str]]) -> str:
    """Names of the bits that are set, and what is left of them as a number."""
    value &= 0xFFFFFFFFFFFFFFFF
    names = []
    for mask, name in table:
        if not value:
            break
        if value & mask == mask:
            names.append(name)
            value &= ~mask
    if value:
        names.append(f"0x{value:x}")
    return delimiter.join(names)


def print_symbolic(value: int, table: list[tuple[int, str]]) -> str:
    """The name of a value, or the value itself."""
    value &= 0xFFFFFFFFFFFFFFFF
    return next((name for known, name in table if known == value), f"0x{value:x}")


def print_hex(data: bytes, content: bytes | int, length: int) -> str:
    """Bytes in hex with spaces between; ``content`` may be an offset in the entry."""
    if isinstance(content, int):
        content = data[content:]
    return content[:length].hex(" ")


HELPERS: dict[str, Any] = {
    "cast": cast,
    "cstring": cstring,
    "dynamic": dynamic,
    "element": element,
    "__get_str": get_str,
    "__get_dynamic_array": dynamic,
    "__get_dynamic_array_len": dynamic_array_len,
    "__print_flags": print_flags,
    "__print_symbolic": print_symbolic,
    "__print_hex": print_hex,
}
