"""ELF files, read by pyelftools, but for the entries of large tables.

pyelftools spends 20 us on a symbol or a relocation, and opening a kernel is on the start-up path:
struct takes those from the bytes of their sections.

A damaged file is an ImageError that names the file and what is wrong, never another exception.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from tracefs.image.errors import ImageError

SHF_WRITE, SHF_ALLOC = SH_FLAGS.SHF_WRITE, SH_FLAGS.SHF_ALLOC
SHF_EXECINSTR = SH_FLAGS.SHF_EXECINSTR
SHN_UNDEF, SHN_LORESERVE, SHN_ABS, SHN_COMMON = 0, 0xFF00, 0xFFF1, 0xFFF2
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = 0, 1, 2, 3, 4

MACHINES = {
    ("EM_386", 32, "<"): "i386",
    ("EM_X86_64", 64, "<"): "x86_64",
    ("EM_PPC", 32, ">"): "ppc32",
}
"""The machines that can be emulated, by pyelftools' name, word size and struct's byte order."""

# Entries of the large tables: struct's codes by word size.
_SYMBOL = {32: "IIIBBH", 64: "IBBHQQ"}
_RELOCATION = {
    (32, "SHT_REL"): "II",
    (32, "SHT_RELA"): "IIi",
    (64, "SHT_REL"): "QQ",
    (64, "SHT_RELA"): "QQq",
}


@dataclass(frozen=True, slots=True)
class Section:
    """One section header; ``type`` is pyelftools' name of it, or a number that it has none for."""

    index: int
    name: str
    type: str | int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    align: int


@dataclass(frozen=True, slots=True)
class Program:
    """A segment to load."""

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


class ElfRelocation(NamedTuple):
    """One relocation; an ``addend`` of None stands in the field itself."""

    offset: int
    type: int
    symbol: int
    addend: int | None


class ElfFile:
    """One ELF file held in memory.

    Raises ImageError (ENOEXEC) for anything that is not an ELF file of a known machine in good
    order.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        if data[:4] != b"\x7fELF":
            raise self.error("not an ELF file")
        with self._damage_is_one_line():
            elf = ELFFile(io.BytesIO(data))
            self.bits: int = elf.elfclass
            self.order = "<" if elf.little_endian else ">"
            self.type: str = elf["e_type"]
            self.entry: int = elf["e_entry"]
            self.machine = self._machine(elf["e_machine"])
            self.programs = [self._program(segment) for segment in elf.iter_segments("PT_LOAD")]
            self.sections = [self._section(i, s) for i, s in enumerate(elf.iter_sections())]
        self._by_name = {section.name: section for section in reversed(self.sections)}

    def error(self, what: str) -> ImageError:
        """An ImageError (ENOEXEC) about this file."""
        return ImageError(f"{self.name}: {what}")

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        return self._by_name.get(name)

    def contents(self, section: Section) -> bytes:
        """The section's bytes in the file (none for .bss)."""
        if section.type == "SHT_NOBITS":
            return b""
        end = section.offset + section.size
        if end > len(self.data):
            raise self.error(f"section {section.name} lies outside the file")
        return self.data[section.offset : end]

    def symbol_table(self) -> tuple[str, list[tuple[int, ...]]]:
        """String table, and (name offset, value, size, info, section) of every symbol, in order.

        The null symbol stands first; every name is known to end inside the string table.
        """
        table = next((s for s in self.sections if s.type == "SHT_SYMTAB"), None)
        if table is None:
            return "\0", []
        if table.link >= len(self.sections):
            raise self.error("the symbol table names no string table")
        names = self.contents(self.sections[table.link])
        entries = self._entries(table, _SYMBOL[self.bits])
        if self.bits == 64:
            entries = [(n, v, s, i, x) for n, i, _, x, v, s in entries]
        else:
            entries = [(n, v, s, i, x) for n, v, s, i, _, x in entries]
        if not entries:
            raise self.error("the symbol table is empty")
        if names[-1:] != b"\0" or max(entry[0] for entry in entries) >= len(names):
            raise self.error("a symbol's name lies outside the string table")
        return names.decode("latin-1"), entries

    def symbols(self) -> Iterator[ElfSymbol]:
        """The symbol table in file order, the null symbol first; names resolved."""
        names, entries = self.symbol_table()
        for name, value, size, info, section in entries:
            text = names[name : names.index("\0", name)]
            yield ElfSymbol(text, value, size, info >> 4, info & 15, section)

    def relocations(self) -> Iterator[tuple[Section, Iterator[ElfRelocation]]]:
        """Each relocation section (``info`` is the section that it is for), and its entries."""
        for section in self.sections:
            layout = _RELOCATION.get((self.bits, str(section.type)))
            if layout is not None:
                yield section, self._relocations(section, layout)

    def _relocations(self, section: Section, layout: str) -> Iterator[ElfRelocation]:
        shift = 32 if self.bits == 64 else 8
        mask = (1 << shift) - 1
        for offset, info, *addend in self._entries(section, layout):
            kind, symbol = info & mask, info >> shift
            yield ElfRelocation(offset, kind, symbol, addend[0] if addend else None)

    def _entries(self, section: Section, layout: str) -> list[tuple[int, ...]]:
        entry = struct.Struct(self.order + layout)
        raw = self.contents(section)
        if len(raw) % entry.size:
            raise self.error(f"section {section.name} is cut short")
        return list(entry.iter_unpack(raw))

    @contextmanager
    def _damage_is_one_line(self) -> Iterator[None]:
        try:
            yield
        except ImageError:
            raise
        except (ELFError, ConstructError) as error:
            text = str(error).partition("\n")[0] or type(error).__name__
            raise self.error(f"damaged or cut short ({text})") from None
        except Exception as error:
            # pyelftools trusts offsets and string tables; what comes of wrong ones is its own.
            raise self.error(f"damaged or cut short ({type(error).__name__})") from None

    def _machine(self, machine: str | int) -> str:
        try:
            return MACHINES[str(machine), self.bits, self.order]
        except KeyError:
            known = ", ".join(MACHINES.values())
            raise self.error(f"for {machine}, which is not {known}") from None

    def _program(self, segment: object) -> Program:
        header = segment.header  # type: ignore[attr-defined]
        names = ("p_flags", "p_offset", "p_vaddr", "p_paddr", "p_filesz", "p_memsz")
        program = Program(*(header[name] for name in names))
        past = program.offset + program.filesz > len(self.data)
        if past or program.filesz > program.memsz:
            raise self.error("a segment lies outside the file")
        return program

    def _section(self, index: int, section: object) -> Section:
        header, name = section.header, section.name  # type: ignore[attr-defined]
        fields = ("type", "flags", "offset", "size", "link", "info", "addralign")
        return Section(index, name, *(header[f"sh_{field}"] for field in fields))


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
        elif section.type == "SHT_NOBITS":
            letter = "b"
        elif section.flags & SHF_WRITE:
            letter = "d"
        else:
            letter = "r" if section.flags & SHF_ALLOC else "n"
    return letter if bind == STB_LOCAL else letter.upper()
