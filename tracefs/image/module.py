"""Relocatable modules (.ko): laid out in the module area, relocated, linked against what is loaded.

As kernel/module/main.c does it: the core (text, read-only data, data) stays, the init part is freed
after the module's init function has run.  Nothing of a module is in memory when loading fails.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tracefs.image.area import ModuleArea, Part
from tracefs.image.elf import (
    SHF_ALLOC,
    SHF_EXECINSTR,
    SHF_WRITE,
    SHN_ABS,
    SHN_COMMON,
    SHN_LORESERVE,
    SHN_UNDEF,
    STB_WEAK,
    STT_FILE,
    STT_SECTION,
    ElfFile,
    ElfSymbol,
    Section,
    nm_type,
)
from tracefs.image.errors import ImageError
from tracefs.image.image import KSYMTAB, Image, RawSymbol
from tracefs.image.plt import CALLER, Plt
from tracefs.image.relocation import apply

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracefs.machine.memory import Memory

# Sections for the loader alone: never in memory.
_NOT_LOADED = (".modinfo", "__versions")
PLT_ALIGN = 16


@dataclass
class LoadedModule:
    """A module in memory: where its parts are and what it defines.

    ``state`` is "Loading", "Live" or "Unloading"; ``users`` are the modules that use its symbols;
    ``plt`` its trampolines, by target, where branches do not reach everything.
    """

    name: str
    base: int
    size: int
    init_base: int
    init_size: int
    text: tuple[int, int]
    init_text: tuple[int, int]
    sections: dict[str, tuple[int, int]]
    symbols: list[RawSymbol]
    exports: dict[str, int]
    modinfo: dict[str, str]
    mcount_loc: NDArray[np.uint64]
    init: int = 0
    exit: int = 0
    this_module: int = 0
    depends: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    references: int = 0
    state: str = "Loading"
    plt: dict[int, int] = field(default_factory=dict)

    @property
    def refcount(self) -> int:
        """Users: other modules, and whoever took a reference."""
        return len(self.users) + self.references

    def symbol_addr(self, name: str) -> int | None:
        """Address of one of its symbols, or None."""
        return next((s.value for s in self.symbols if s.name == name), None)

    def regions(self) -> list[tuple[int, int]]:
        """Address ranges of the core and, until it is freed, the init part."""
        parts = [(self.base, self.base + self.size)]
        if self.init_size:
            parts.append((self.init_base, self.init_base + self.init_size))
        return parts

    def listed_symbols(self) -> list[RawSymbol]:
        """Its lines of ``/proc/kallsyms``: upper case for what it exports."""
        return [
            RawSymbol(
                s.name,
                s.value,
                s.size,
                s.type.upper() if s.name in self.exports else s.type.lower(),
            )
            for s in self.symbols
        ]


class ModuleLoader:
    """Loads and unloads modules for one kernel image.

    ``trampoline`` is the code of an architecture that leads to an address out of a branch's reach
    (None: there is no such address).
    """

    def __init__(
        self,
        memory: Memory,
        image: Image,
        area: ModuleArea,
        trampoline: Callable[[int], bytes] | None = None,
    ) -> None:
        self._memory = memory
        self.image = image
        self._area = area
        self.trampoline = trampoline
        self.modules: dict[str, LoadedModule] = {}

    def load(self, source: str | Path | bytes, name: str | None = None) -> LoadedModule:
        """Put a module into memory, ready for its init function ("Loading" until ``set_live``).

        ``source`` is a path or the file's bytes.  Raises ImageError: ENOEXEC for a damaged file or
        an unsupported relocation, ENOENT for an unknown symbol, EEXIST, ENOMEM.
        """
        if isinstance(source, bytes):
            data, path = source, name or "module"
        else:
            path = str(source)
            try:
                data = Path(source).read_bytes()
            except OSError as error:
                message = f"{path}: {error.strerror}"
                raise ImageError(message, error.errno or errno.EIO) from None
        elf = ElfFile(data, path)
        if elf.type != "ET_REL":
            raise elf.error("not a relocatable module")
        if elf.machine != self.image.machine:
            raise elf.error(f"a module for {elf.machine}, not {self.image.machine}")
        modinfo = _modinfo(elf)
        name = (name or modinfo.get("name") or Path(path).stem).replace("-", "_")
        if name in self.modules:
            raise ImageError(f"{name}: module is already loaded", errno.EEXIST)
        module = _Layout(elf, name, modinfo, self).place(self._memory, self._area)
        for used in module.depends:
            self.modules[used].users.append(name)
        self.modules[name] = module
        return module

    def set_live(self, module: LoadedModule) -> None:
        """Its init function has succeeded."""
        module.state = "Live"

    def free_init(self, module: LoadedModule) -> None:
        """Unmap the init part; its symbols go too."""
        if not module.init_size:
            return
        start, end = module.init_base, module.init_base + module.init_size
        self._area.free(start)
        module.symbols = [s for s in module.symbols if not start <= s.value < end]
        module.init_base = module.init_size = module.init = 0
        module.init_text = (0, 0)

    def unload(self, module: LoadedModule) -> None:
        """Take a module out of memory.  ImageError (EBUSY) while somebody uses it."""
        if module.refcount:
            raise ImageError(f"{module.name}: module is in use", errno.EBUSY)
        self.free_init(module)
        self._area.free(module.base)
        for used in module.depends:
            self.modules[used].users.remove(module.name)
        del self.modules[module.name]

    def resolve(self, name: str) -> tuple[int, str | None] | None:
        """An exported symbol's address and the module that defines it (None: the kernel)."""
        exports = self.image.exports
        if name in exports:
            return exports[name], None
        if not exports:  # an image without a symbol table of exports exports all
            value = self.image.get(name)
            if value is not None:
                return value, None
        for module in self.modules.values():
            if name in module.exports:
                return module.exports[name], module.name
        return None

    def proc_modules(self, show: bool = True) -> bytes:
        """``/proc/modules``, newest first; addresses are zeros unless ``show``."""
        width = self.image.bits // 4
        lines = []
        for module in reversed(self.modules.values()):
            users = "".join(f"{user}," for user in reversed(module.users)) or "-"
            if module.init and not module.exit:
                users = users.rstrip("-") + "[permanent],"
            addr = module.base if show else 0
            lines.append(
                f"{module.name} {module.size + module.init_size} {module.refcount} {users}"
                f" {module.state} 0x{addr:0{width}x}\n"
            )
        return "".join(lines).encode("latin-1")


def modinfo(path: Path) -> dict[str, str]:
    """What a module's file says of itself: ``depends`` and others (ImageError)."""
    return _modinfo(ElfFile(path.read_bytes(), str(path)))


def _modinfo(elf: ElfFile) -> dict[str, str]:
    section = elf.section(".modinfo")
    if section is None:
        return {}
    text = elf.contents(section).decode("latin-1")
    pairs = (item.partition("=") for item in text.split("\0") if item)
    return {key: value for key, _, value in pairs}


class _Layout:
    """One module on its way into memory."""

    def __init__(
        self, elf: ElfFile, name: str, modinfo: dict[str, str], loader: ModuleLoader
    ) -> None:
        self.elf, self.name, self.modinfo, self.loader = elf, name, modinfo, loader
        self.symbols = list(elf.symbols())
        self.depends: list[str] = []
        self.addr: dict[int, int] = {}  # section index -> address
        self.plt = Plt(elf, loader.trampoline) if loader.trampoline else None
        self.parts: dict[tuple[bool, int], list[Section]] = {}
        for section in elf.sections:
            if section.flags & SHF_ALLOC and section.size and section.name not in _NOT_LOADED:
                init = section.name.startswith(".init")
                self.parts.setdefault((init, _kind(section)), []).append(section)

    def place(self, memory: Memory, area: ModuleArea) -> LoadedModule:
        """Allocate, relocate, write; what was allocated is given back on any error."""
        bases: dict[bool, int] = {}
        texts: dict[bool, tuple[int, int]] = {False: (0, 0), True: (0, 0)}
        try:
            for init in (False, True):
                sizes = [self._size(self.parts.get((init, kind), [])) for kind in range(3)]
                if not sum(sizes):
                    if init:
                        continue
                    raise self.elf.error("nothing to load")
                if self.plt and not init:
                    sizes[0] = _align(sizes[0], PLT_ALIGN) + self.plt.size
                parts = [Part(sizes[0], text=True), Part(sizes[1]), Part(sizes[2], writable=True)]
                bases[init] = at = area.alloc(parts)
                for kind, part in enumerate(parts):
                    offset = at
                    for section in self.parts.get((init, kind), []):
                        offset = _align(offset, section.align)
                        self.addr[section.index] = offset
                        offset += section.size
                    if not kind:
                        if self.plt and not init:
                            self.plt.base = _align(offset, PLT_ALIGN)
                            offset = self.plt.base + self.plt.size
                        texts[init] = (at, offset)
                    at += part.pages * 4096
            values = list(self._values())
            images = self._relocated(values)
            mcount_loc = self._mcount_loc(images)
            for index, image in images.items():
                memory.write(self.addr[index], bytes(image))
            if self.plt:
                self.plt.entry(self.loader.image.symbol(CALLER))
                memory.write(self.plt.base, self.plt.contents())
        except BaseException:
            for base in bases.values():
                area.free(base)
            raise
        listed = self._listed(values)
        named = {s.name: s.value for s in listed}
        exports = {
            s.name[len(KSYMTAB) :]: named[s.name[len(KSYMTAB) :]]
            for s in listed
            if s.name.startswith(KSYMTAB) and s.name[len(KSYMTAB) :] in named
        }
        sections = {
            s.name: (self.addr[s.index], s.size) for s in self.elf.sections if s.index in self.addr
        }
        this_module = sections.get(".gnu.linkonce.this_module", (0, 0))[0]
        return LoadedModule(
            name=self.name,
            base=bases[False],
            size=area.size(bases[False]),
            init_base=bases.get(True, 0),
            init_size=area.size(bases[True]) if True in bases else 0,
            text=texts[False],
            init_text=texts[True],
            sections=sections,
            symbols=listed,
            exports=exports,
            modinfo=self.modinfo,
            mcount_loc=mcount_loc,
            init=named.get("init_module", 0),
            exit=named.get("cleanup_module", 0),
            this_module=this_module or named.get("__this_module", 0),
            depends=self.depends,
            plt=self.plt.entries if self.plt else {},
        )

    def _size(self, sections: list[Section]) -> int:
        end = 0
        for section in sections:
            if section.align & section.align - 1 or section.align > 4096:
                raise self.elf.error(f"section {section.name} has alignment {section.align}")
            end = _align(end, section.align) + section.size
        if end > 1 << 28:
            raise self.elf.error("unreasonably large")
        return end

    def _values(self) -> Iterator[int]:
        """The final value of every symbol, in the symbol table's order."""
        for symbol in self.symbols:
            section = symbol.section
            if section == SHN_UNDEF:
                yield self._undefined(symbol)
            elif section == SHN_COMMON:
                raise self.elf.error(f"common symbol {symbol.name} (compile with -fno-common)")
            elif section == SHN_ABS:
                yield symbol.value
            elif section < SHN_LORESERVE and section < len(self.elf.sections):
                yield self.addr.get(section, 0) + symbol.value
            else:
                raise self.elf.error(f"symbol {symbol.name} is in no section")

    def _undefined(self, symbol: ElfSymbol) -> int:
        if not symbol.name:
            return 0
        found = self.loader.resolve(symbol.name)
        if found is None:
            # The second is a mark that old assemblers leave beside every call foo@PLT.
            if symbol.bind == STB_WEAK or symbol.name == "_GLOBAL_OFFSET_TABLE_":
                return 0
            raise ImageError(f"{self.name}: Unknown symbol {symbol.name}", errno.ENOENT)
        value, module = found
        if module is not None and module not in self.depends:
            self.depends.append(module)
        return value

    def _relocated(self, values: list[int]) -> dict[int, bytearray]:
        elf = self.elf
        images = {
            index: bytearray(elf.contents(elf.sections[index]))
            for index in self.addr
            if elf.sections[index].type != "SHT_NOBITS"
        }
        for section, relocations in elf.relocations():
            if section.info not in images:
                continue
            entries = []
            for offset, kind, symbol, addend in relocations:
                if symbol >= len(values):
                    raise elf.error(f"section {section.name} names symbol {symbol}")
                entries.append((offset, kind, values[symbol], addend))
            where = f"{self.name}: {elf.sections[section.info].name}"
            apply(
                *(elf.machine, images[section.info], self.addr[section.info], entries, where),
                trampoline=self.plt.entry if self.plt else None,
            )
        return images

    def _listed(self, values: list[int]) -> list[RawSymbol]:
        sections = self.elf.sections
        return [
            RawSymbol(
                symbol.name,
                value,
                symbol.size,
                nm_type(symbol.bind, symbol.type, symbol.section, sections),
            )
            for symbol, value in zip(self.symbols, values, strict=True)
            if symbol.section in self.addr
            and symbol.name
            and symbol.type not in (STT_SECTION, STT_FILE)
        ]

    def _mcount_loc(self, images: dict[int, bytearray]) -> NDArray[np.uint64]:
        import numpy as np

        raw = b"".join(
            bytes(images[s.index])
            for s in self.elf.sections
            if s.name == "__mcount_loc" and s.index in images
        )
        if len(raw) % (self.elf.bits // 8):
            raise self.elf.error("section __mcount_loc is cut short")
        return np.frombuffer(raw, f"{self.elf.order}u{self.elf.bits // 8}").astype(np.uint64)


def _kind(section: Section) -> int:
    """0 text, 1 read-only data, 2 data."""
    if section.flags & SHF_EXECINSTR:
        return 0
    return 2 if section.flags & SHF_WRITE else 1


def _align(value: int, align: int) -> int:
    return value + max(align, 1) - 1 & -max(align, 1)
