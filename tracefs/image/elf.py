"""ELF files of both word sizes, read with struct only: opening a kernel is on the start-up path.

Sizes and offsets come from the file, so each is checked before use: a damaged file is an
ImageError that names the file and what is wrong, never a Python exception.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tracefs.image.errors import ImageError

ET_REL, ET_EXEC, ET_DYN = 1, 2, 3
PT_LOAD = 1
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_NOBITS, SHT_REL = 1, 2, 3, 4, 8, 9
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4
SHN_UNDEF, SHN_LORESERVE, SHN_ABS, SHN_COMMON = 0, 0xFF00, 0xFFF1, 0xFFF2
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = 0, 1, 2, 3, 4

MACHINES = {(1, 3): "i386", (2, 62): "x86_64"}


@dataclass(frozen=True, slots=True)
class Section:
    """One section header, with its name resolved."""

    index: int
    name: str
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entsize: int


@dataclass(frozen=True, slots=True)
class Program:
    """One program header."""

    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int


class ElfSymbol(NamedTuple):
    """One entry of the symbol table; ``section`` is an index or SHN_*."""

    name: str
    value: int
    size: int
    bind: int
    type: int
    section: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How one ELF class stores its tables (the fields in the order of the 64-bit ones)."""

    bits: int
    ehdr: struct.Struct
    shdr: struct.Struct
    phdr: struct.Struct
    sym: struct.Struct
    rel: struct.Struct
    rela: struct.Struct
    word: str


_ELF32 = Layout(
    32,
    struct.Struct("<16sHHIIIIIHHHHHH"),
    struct.Struct("<10I"),
    struct.Struct("<8I"),
    struct.Struct("<IIIBBH"),
    struct.Struct("<II"),
    struct.Struct("<IIi"),
    "I",
)
_ELF64 = Layout(
    64,
    struct.Struct("<16sHHIQQQIHHHHHH"),
    struct.Struct("<IIQQQQIIQQ"),
    struct.Struct("<IIQQQQQQ"),
    struct.Struct("<IBBHQQ"),
    struct.Struct("<QQ"),
    struct.Struct("<QQq"),
    "Q",
)


class ElfFile:
    """The tables of one ELF file held in memory.

    Raises ImageError (ENOEXEC) for anything that is not a little-endian x86 ELF file in good order.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        if data[:4] != b"\x7fELF":
            raise self.error("not an ELF file")
        if len(data) < 20 or data[5] != 1 or data[4] not in (1, 2):
            raise self.error("not a little-endian ELF file")
        self.layout = _ELF32 if data[4] == 1 else _ELF64
        if len(data) < self.layout.ehdr.size:
            raise self.error("cut short inside the ELF header")
        header = self.layout.ehdr.unpack_from(data)
        (_, self.type, machine, _, self.entry, phoff, shoff) = header[:7]
        (phentsize, phnum, shentsize, shnum, shstrndx) = header[9:]
        try:
            self.machine = MACHINES[data[4], machine]
        except KeyError:
            raise self.error(f"machine {machine} is not x86") from None
        self.bits = self.layout.bits
        self.programs = [
            self._program(fields)
            for fields in self._table("program", self.layout.phdr, phoff, phentsize, phnum)
        ]
        self.sections = self._sections(shoff, shentsize, shnum, shstrndx)
        self._by_name = {section.name: section for section in reversed(self.sections)}

    def error(self, what: str) -> ImageError:
        """An ImageError (ENOEXEC) about this file."""
        return ImageError(f"{self.name}: {what}")

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        return self._by_name.get(name)

    def contents(self, section: Section) -> bytes:
        """The section's bytes in the file (none for .bss)."""
        if section.type == SHT_NOBITS:
            return b""
        end = section.offset + section.size
        if end > len(self.data):
            raise self.error(f"section {section.name} lies outside the file")
        return self.data[section.offset : end]

    def symbol_table(self) -> tuple[str, list[tuple[int, ...]]]:
        """String table, and (name offset, value, size, info, section) of every symbol, in order.

        The null symbol stands first; every name is known to end inside the string table.
        """
        table = next((s for s in self.sections if s.type == SHT_SYMTAB), None)
        if table is None:
            return "\0", []
        if table.link >= len(self.sections):
            raise self.error("the symbol table names no string table")
        names = self.contents(self.sections[table.link])
        raw = self.contents(table)
        size = self.layout.sym.size
        if not raw or len(raw) % size:
            raise self.error("the symbol table's size is no multiple of its entries")
        entries: list[tuple[int, ...]] = list(self.layout.sym.iter_unpack(raw))
        if self.bits == 64:
            entries = [(n, v, s, i, x) for n, i, _, x, v, s in entries]
        else:
            entries = [(n, v, s, i, x) for n, v, s, i, _, x in entries]
        if names[-1:] != b"\0" or max(entry[0] for entry in entries) >= len(names):
            raise self.error("a symbol's name lies outside the string table")
        return names.decode("latin-1"), entries

    def symbols(self) -> Iterator[ElfSymbol]:
        """The symbol table in file order, the null symbol first; names resolved."""
        names, entries = self.symbol_table()
        for name, value, size, info, section in entries:
            text = names[name : names.index("\0", name)]
            yield ElfSymbol(text, value, size, info >> 4, info & 15, section)

    def _table(
        self, what: str, layout: struct.Struct, offset: int, entsize: int, count: int
    ) -> Iterator[tuple[int, ...]]:
        if not count:
            return iter(())
        if entsize != layout.size:
            raise self.error(f"{what} headers of {entsize} bytes")
        end = offset + entsize * count
        if end > len(self.data):
            raise self.error(f"{what} headers lie outside the file")
        return layout.iter_unpack(self.data[offset:end])

    def _program(self, fields: tuple[int, ...]) -> Program:
        if self.bits == 64:
            kind, flags, offset, vaddr, paddr, filesz, memsz = fields[:7]
        else:
            kind, offset, vaddr, paddr, filesz, memsz, flags = fields[:7]
        if kind == PT_LOAD and (offset + filesz > len(self.data) or filesz > memsz):
            raise self.error("a segment lies outside the file")
        return Program(kind, flags, offset, vaddr, paddr, filesz, memsz)

    def _sections(self, offset: int, entsize: int, count: int, strndx: int) -> list[Section]:
        raw = list(self._table("section", self.layout.shdr, offset, entsize, count))
        if raw and strndx >= len(raw):
            raise self.error("no section holds the section names")
        names = b""
        if raw:
            start, size = raw[strndx][4:6]
            names = self.data[start : start + size]
        sections = []
        for index, fields in enumerate(raw):
            end = names.find(b"\0", fields[0])
            if index and end < 0:
                raise self.error("a section's name lies outside the name table")
            name = names[fields[0] : end].decode("latin-1")
            sections.append(Section(index, name, *fields[1:]))
        return sections


def nm_type(bind: int, kind: int, index: int, sections: list[Section]) -> str:
    """The letter that nm and /proc/kallsyms print for a symbol of that binding, type, section."""
    if index == SHN_UNDEF:
        return "w" if bind == STB_WEAK else "U"
    if bind == STB_WEAK:
        return "V" if kind == STT_OBJECT else "W"
    if index == SHN_ABS:
        letter = "a"
    elif index == SHN_COMMON:
        letter = "c"
    elif index >= len(sections):
        letter = "?"
    else:
        section = sections[index]
        if section.flags & SHF_EXECINSTR:
            letter = "t"
        elif section.type == SHT_NOBITS:
            letter = "b"
        elif section.flags & SHF_WRITE:
            letter = "d"
        else:
            letter = "r" if section.flags & SHF_ALLOC else "n"
    return letter if bind == STB_LOCAL else letter.upper()
