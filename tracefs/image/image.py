"""A linked kernel (vmlinux): segments to load, symbols, call sites, what the C side exports."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tracefs.image.abi import PREFIX, Abi
from tracefs.image.elf import (
    SHN_ABS,
    SHN_UNDEF,
    STT_FILE,
    STT_SECTION,
    ElfFile,
    nm_type,
)
from tracefs.image.errors import ImageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KSYMTAB = "__ksymtab_"
# Assembly without a table entry; every traced module calls one of them.
_ALWAYS_EXPORTED = ("__fentry__", "mcount", "_mcount")


@dataclass(frozen=True, slots=True)
class Segment:
    """Memory to load: ``flags`` are R 4, W 2, X 1; past ``data`` it is zero up to memsize."""

    va: int
    pa: int
    data: bytes
    memsize: int
    flags: int

    @property
    def size(self) -> int:
        """Bytes it takes in memory."""
        return self.memsize

    @property
    def executable(self) -> bool:
        """True if code may run in it."""
        return bool(self.flags & 1)


class RawSymbol(NamedTuple):
    """A symbol as nm lists it: ``type`` is the letter of /proc/kallsyms."""

    name: str
    value: int
    size: int
    type: str


class Image:
    """A kernel image file, read and checked; nothing is loaded into a machine yet."""

    def __init__(self, elf: ElfFile) -> None:
        if elf.type != "ET_EXEC":
            raise elf.error("not a linked kernel")
        self._elf = elf
        self.name = elf.name
        self.bits: int = elf.bits
        self.machine: str = elf.machine
        self.entry: int = elf.entry
        self.segments = [
            Segment(p.vaddr, p.paddr, elf.data[p.offset : p.offset + p.filesz], p.memsz, p.flags)
            for p in elf.programs
            if p.memsz
        ]
        if not self.segments:
            raise elf.error("no segment to load")
        self._values: dict[str, int] = {}
        abi: dict[str, int] = {}
        names, entries = elf.symbol_table()
        find = names.index
        for at, value, _, info, section in entries:
            if section == SHN_UNDEF or info & 15 in (STT_SECTION, STT_FILE):
                continue
            name = names[at : find("\0", at)]
            if section == SHN_ABS and name.startswith(PREFIX):
                abi[name[len(PREFIX) :]] = value
            else:
                # Locals come first in the file: a global of the same name wins.
                self._values[name] = value
        if not self._values:
            raise elf.error("no symbol table")
        self.abi = Abi(abi, self.name)

    @classmethod
    def load(cls, path: str | Path) -> Image:
        """Read and check a kernel image file.

        Raises ImageError: ENOENT and the like as the file system says, ENOEXEC for a damaged file.
        """
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            message = f"{path}: {error.strerror}"
            raise ImageError(message, error.errno or errno.EIO) from None
        return cls(ElfFile(data, str(path)))

    def get(self, name: str) -> int | None:
        """Address of a symbol, or None."""
        return self._values.get(name)

    def symbol(self, name: str) -> int:
        """Address of a symbol; ImageError (ENOENT) names a missing one."""
        value = self._values.get(name)
        if value is None:
            raise ImageError(f"{self.name}: no symbol {name}", errno.ENOENT)
        return value

    def read(self, va: int, size: int) -> bytes:
        """Bytes of the image as they are loaded; ImageError when not inside one segment."""
        for segment in self.segments:
            offset = va - segment.va
            if offset >= 0 and offset + size <= segment.memsize:
                return segment.data[offset : offset + size].ljust(size, b"\0")
        raise ImageError(f"{self.name}: {va:#x} is in no segment")

    @cached_property
    def symbols(self) -> list[RawSymbol]:
        """All defined symbols as nm lists them, without the ABI's, sections' and files'."""
        names, entries = self._elf.symbol_table()
        find, sections = names.index, self._elf.sections
        letters: dict[tuple[int, int], str] = {}
        symbols = []
        for at, value, size, info, section in entries:
            if section == SHN_UNDEF or info & 15 in (STT_SECTION, STT_FILE):
                continue
            letter = letters.get((info, section))
            if letter is None:
                letter = letters[info, section] = nm_type(info >> 4, info & 15, section, sections)
            name = names[at : find("\0", at)]
            if not (section == SHN_ABS and name.startswith(PREFIX)):
                symbols.append(RawSymbol(name, value, size, letter))
        return symbols

    @cached_property
    def exports(self) -> dict[str, int]:
        """Symbols that modules may use: those with a __ksymtab entry, and their addresses."""
        listed = [name[len(KSYMTAB) :] for name in self._values if name.startswith(KSYMTAB)]
        if listed:
            listed += _ALWAYS_EXPORTED
        return {name: self._values[name] for name in listed if name in self._values}

    @cached_property
    def mcount_loc(self) -> NDArray[np.uint64]:
        """Addresses of the call sites, as the build recorded them (-mrecord-mcount)."""
        import numpy as np

        start, stop = self.get("__start_mcount_loc"), self.get("__stop_mcount_loc")
        if start is None or stop is None or stop <= start:
            return np.empty(0, np.uint64)
        width = self.bits // 8
        if (stop - start) % width:
            raise self._elf.error("the list of call sites is cut short")
        raw = self.read(start, stop - start)
        return np.frombuffer(raw, f"{self._elf.order}u{width}").astype(np.uint64)
