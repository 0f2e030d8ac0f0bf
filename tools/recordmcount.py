"""Give a PowerPC object its ``__mcount_loc``: the addresses of its call sites.

    python tools/recordmcount.py OBJECT...

gcc -mrecord-mcount does so for x86 alone.  As the kernel's scripts/recordmcount does it, each
relocation of a branch to _mcount becomes a word of that section, with a relocation of its own
against the section of the site.  Files without sites stay as they are.
"""

from __future__ import annotations

import io
import struct
import sys
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_RELOC_TYPE_PPC as PPC

MCOUNT = "_mcount"
SECTION = b"__mcount_loc"
_HEADER = struct.Struct(">10I")  # a section's
_RELA = struct.Struct(">IIi")
_SHT_PROGBITS, _SHT_RELA = 1, 4
_SHF_ALLOC, _SHF_INFO_LINK = 2, 0x40


def sites(elf: Any) -> tuple[int, list[tuple[int, int]]]:
    """The symbol table's index, and (symbol of the section, offset in it) of every call."""
    table = elf.get_section_by_name(".symtab")
    sections = {
        symbol["st_shndx"]: number
        for number, symbol in enumerate(table.iter_symbols())
        if symbol["st_info"]["type"] == "STT_SECTION"
    }
    found = []
    for section in elf.iter_sections("SHT_RELA"):
        for relocation in section.iter_relocations():
            target = table.get_symbol(relocation["r_info_sym"]).name
            if target == MCOUNT and relocation["r_info_type"] == PPC["R_PPC_REL24"]:
                found.append((sections[section["sh_info"]], relocation["r_offset"]))
    return elf.get_section_index(".symtab"), sorted(found)


def with_mcount_loc(data: bytes) -> bytes:
    """An object file with the section added, at the end as its names and headers are."""
    elf: Any = ELFFile(io.BytesIO(data))
    symtab, found = sites(elf)
    if not found or elf.get_section_by_name(SECTION.decode()):
        return data
    names = elf.get_section(elf["e_shstrndx"])
    rela_name = b".rela" + SECTION
    strings = names.data() + rela_name + b"\0"
    rela = b"".join(
        _RELA.pack(4 * i, symbol << 8 | PPC["R_PPC_ADDR32"], offset)
        for i, (symbol, offset) in enumerate(found)
    )
    out = bytearray(data)

    def append(piece: bytes) -> int:
        out.extend(bytes(-len(out) % 4))
        at = len(out)
        out.extend(piece)
        return at

    count, size = elf.num_sections(), 4 * len(found)
    at_rela = len(names.data())
    at_words, at_entries, at_names = append(bytes(size)), append(rela), append(strings)
    headers = bytearray(data[elf["e_shoff"] : elf["e_shoff"] + count * _HEADER.size])
    header = list(_HEADER.unpack_from(headers, elf["e_shstrndx"] * _HEADER.size))
    header[4:6] = at_names, len(strings)
    _HEADER.pack_into(headers, elf["e_shstrndx"] * _HEADER.size, *header)
    name, flags = at_rela + len(".rela"), _SHF_ALLOC
    headers += _HEADER.pack(name, _SHT_PROGBITS, flags, 0, at_words, size, 0, 0, 4, 0)
    headers += _HEADER.pack(
        *(at_rela, _SHT_RELA, _SHF_INFO_LINK, 0, at_entries, len(rela)),
        *(symtab, count, 4, _RELA.size),
    )
    struct.pack_into(">I", out, 0x20, append(bytes(headers)))  # e_shoff
    struct.pack_into(">H", out, 0x30, count + 2)  # e_shnum
    return bytes(out)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_bytes(with_mcount_loc(path.read_bytes()))
