"""Relocation of a module's sections: one table an architecture, one loop for all.

A type is (name, field width in bytes, pc-relative?, how the value must fit): ``"s"`` sign-extends,
``"u"`` zero-extends, ``"w"`` wraps (32-bit address arithmetic).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracefs.image.errors import ImageError


@dataclass(frozen=True, slots=True)
class Reloc:
    """One relocation type of a psABI."""

    name: str
    width: int
    pcrel: bool
    fit: str


NONE = Reloc("NONE", 0, False, "w")

TYPES: Mapping[str, Mapping[int, Reloc]] = {
    "x86_64": {
        0: NONE,
        1: Reloc("R_X86_64_64", 8, False, "w"),
        2: Reloc("R_X86_64_PC32", 4, True, "s"),
        4: Reloc("R_X86_64_PLT32", 4, True, "s"),
        10: Reloc("R_X86_64_32", 4, False, "u"),
        11: Reloc("R_X86_64_32S", 4, False, "s"),
        24: Reloc("R_X86_64_PC64", 8, True, "w"),
    },
    "i386": {
        0: NONE,
        1: Reloc("R_386_32", 4, False, "w"),
        2: Reloc("R_386_PC32", 4, True, "w"),
        # A module reaches every function directly, so a PLT entry is the function itself.
        4: Reloc("R_386_PLT32", 4, True, "w"),
    },
}

# Names of types that compilers produce under wrong options, for the message only.
KNOWN = {
    ("x86_64", 9): "R_X86_64_GOTPCREL",
    ("x86_64", 41): "R_X86_64_GOTPCRELX",
    ("x86_64", 42): "R_X86_64_REX_GOTPCRELX",
    ("i386", 3): "R_386_GOT32",
    ("i386", 9): "R_386_GOTOFF",
    ("i386", 10): "R_386_GOTPC",
    ("i386", 43): "R_386_GOT32X",
}

_FIELD = {4: struct.Struct("<I"), 8: struct.Struct("<Q")}
_SIGNED = {4: struct.Struct("<i"), 8: struct.Struct("<q")}


def apply(
    machine: str,
    image: bytearray,
    base: int,
    entries: Iterable[tuple[int, int, int, int | None]],
    where: str,
) -> None:
    """Relocate ``image``, which will stand at ``base``.

    ``entries`` are (offset, type, symbol value, addend); an addend of None is read from the field
    (Rel).  ``where`` names the section in an ImageError for an unknown type, an offset outside the
    section, or a value that does not fit.
    """
    types = TYPES[machine]
    size = len(image)
    for offset, kind, value, addend in entries:
        reloc = types.get(kind)
        if reloc is None:
            name = KNOWN.get((machine, kind), f"type {kind}")
            raise ImageError(f"{where}: unsupported relocation {name}")
        width = reloc.width
        if not width:
            continue
        if offset + width > size:
            raise ImageError(f"{where}: {reloc.name} at {offset:#x} lies outside the section")
        if addend is None:
            addend = _SIGNED[width].unpack_from(image, offset)[0]
        result = value + addend
        if reloc.pcrel:
            result -= base + offset
        bits = width * 8
        if reloc.fit == "s":
            signed = (result + (1 << 63)) % (1 << 64) - (1 << 63)
            fits = -(1 << bits - 1) <= signed < 1 << bits - 1
        else:
            fits = reloc.fit == "w" or 0 <= result < 1 << bits
        if not fits:
            raise ImageError(f"{where}: overflow in {reloc.name} at {offset:#x}: {result:#x}")
        _FIELD[width].pack_into(image, offset, result & (1 << bits) - 1)
