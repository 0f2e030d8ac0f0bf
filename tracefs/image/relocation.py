"""Relocation of a module's sections: one table an architecture, one loop for all.

A type is (name, field width in bytes, pc-relative?, how the value must fit): ``"s"`` sign-extends,
``"u"`` zero-extends, ``"w"`` wraps (32-bit address arithmetic).  An instruction's field may be a
part of a word: ``mask``, of the value ``shift`` bits down.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tracefs.image.errors import ImageError


@dataclass(frozen=True, slots=True)
class Reloc:
    """One relocation type of a psABI.

    ``carry`` makes up for the sign of the lower half of the value, which is added elsewhere (@ha);
    a ``branch`` that does not reach its target may go to a trampoline instead.
    """

    name: str
    width: int
    pcrel: bool
    fit: str
    mask: int = 0
    shift: int = 0
    carry: bool = False
    branch: bool = False

    def fits(self, value: int) -> bool:
        """Whether the field can hold a value."""
        bits = self.mask.bit_length() or self.width * 8
        if self.fit == "s":
            signed = (value + (1 << 63)) % (1 << 64) - (1 << 63)
            return -(1 << bits - 1) <= signed < 1 << bits - 1
        return self.fit == "w" or 0 <= value < 1 << bits


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
    "ppc32": {
        0: NONE,
        1: Reloc("R_PPC_ADDR32", 4, False, "w"),
        4: Reloc("R_PPC_ADDR16_LO", 2, False, "w"),
        5: Reloc("R_PPC_ADDR16_HI", 2, False, "w", shift=16),
        6: Reloc("R_PPC_ADDR16_HA", 2, False, "w", shift=16, carry=True),
        10: Reloc("R_PPC_REL24", 4, True, "s", mask=0x03FF_FFFC, branch=True),
        26: Reloc("R_PPC_REL32", 4, True, "w"),
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
    ("ppc32", 3): "R_PPC_ADDR16",
    ("ppc32", 11): "R_PPC_REL14",
    ("ppc32", 18): "R_PPC_PLTREL24",
    ("ppc32", 109): "R_PPC_EMB_SDA21",
}

_LITTLE = {4: struct.Struct("<I"), 8: struct.Struct("<Q")}
_BIG = {2: struct.Struct(">H"), 4: struct.Struct(">I")}
_FIELD = {"x86_64": _LITTLE, "i386": _LITTLE, "ppc32": _BIG}
_SIGNED = {4: struct.Struct("<i"), 8: struct.Struct("<q")}


def apply(
    machine: str,
    image: bytearray,
    base: int,
    entries: Iterable[tuple[int, int, int, int | None]],
    where: str,
    trampoline: Callable[[int], int] | None = None,
) -> None:
    """Relocate ``image``, which will stand at ``base``.

    ``entries`` are (offset, type, symbol value, addend); an addend of None is read from the field
    (Rel).  ``trampoline`` gives the address of code that leads to an address out of reach.
    ``where`` names the section in an ImageError for an unknown type, an offset outside the
    section, or a value that does not fit.
    """
    types, fields = TYPES[machine], _FIELD[machine]
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
        target = value + addend
        place = base + offset if reloc.pcrel else 0
        result = target - place
        if reloc.branch and trampoline is not None and not reloc.fits(result):
            result = trampoline(target) - place
        if reloc.carry:
            result += 0x8000
        result >>= reloc.shift
        if not reloc.fits(result):
            raise ImageError(f"{where}: overflow in {reloc.name} at {offset:#x}: {result:#x}")
        field, mask = fields[width], reloc.mask or (1 << width * 8) - 1
        result &= mask
        if reloc.mask:
            result |= field.unpack_from(image, offset)[0] & ~mask
        field.pack_into(image, offset, result)
