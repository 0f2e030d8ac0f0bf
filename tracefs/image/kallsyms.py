"""Names of addresses, as kernel/kallsyms.c and kernel/module/kallsyms.c give them.

A symbol reaches to the next higher one, aliases answer with the first of their address, and
module symbols follow the kernel's in ``/proc/kallsyms``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from operator import attrgetter
from typing import TYPE_CHECKING

from tracefs.image.image import Image, RawSymbol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from tracefs.image.module import LoadedModule

TRAMPOLINE = "ftrace_trampoline"
TRAMPOLINE_MODULE = "__builtin__ftrace"


@dataclass(frozen=True, slots=True)
class Symbol:
    """What an address belongs to; ``size`` is the distance to the next symbol."""

    name: str
    addr: int
    size: int
    module: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """Answers for some of many addresses: their positions, and each one's symbol and offset."""

    where: NDArray[np.intp]
    names: list[str]
    offsets: NDArray[np.uint64]
    module: str | None


class _Table:
    """Symbols of one owner, by address; ``end`` bounds the last one."""

    def __init__(
        self,
        symbols: Callable[[], list[RawSymbol]],
        start: int,
        end: int,
        module: str | None,
    ) -> None:
        self._unsorted = symbols
        self.start, self.end, self.module = start, end, module

    # When they are first asked for: a boot does without the kernel's.

    @cached_property
    def symbols(self) -> list[RawSymbol]:
        return _in_order(self._unsorted())

    @cached_property
    def addrs(self) -> list[int]:
        return list(self._distinct)

    @cached_property
    def names(self) -> list[str]:
        return list(self._distinct.values())

    @cached_property
    def _distinct(self) -> dict[int, str]:
        """The first name of each address, in order."""
        names: dict[int, str] = {}
        for name, value, _, _ in self.symbols:
            if self.start <= value <= self.end:
                names.setdefault(value, name)
        return names

    def find(self, addr: int) -> Symbol | None:
        index = bisect_right(self.addrs, addr) - 1
        if index < 0 or addr >= self.end:
            return None
        start = self.addrs[index]
        stop = self.addrs[index + 1] if index + 1 < len(self.addrs) else self.end
        return Symbol(self.names[index], start, stop - start, self.module)


def _in_order(symbols: list[RawSymbol]) -> list[RawSymbol]:
    """By address, and aliases as scripts/kallsyms sorts them."""
    ordered = sorted(symbols, key=attrgetter("value"))
    start = 0
    values = [symbol.value for symbol in ordered]
    for i, value in enumerate(values):
        if value != values[start]:
            if i - start > 1:
                ordered[start:i] = sorted(ordered[start:i], key=_alias_order)
            start = i
    ordered[start:] = sorted(ordered[start:], key=_alias_order)
    return ordered


def _alias_order(symbol: RawSymbol) -> tuple[bool, bool, int]:
    """Weak symbols and the linker script's come last, and fewer leading underscores first."""
    name = symbol.name
    return (
        symbol.type in "wWvV",
        name.startswith(("__start_", "__stop_", "__end_")),
        len(name) - len(name.lstrip("_")),
    )


def _between(symbols: list[RawSymbol], start: int, end: int) -> list[RawSymbol]:
    return [symbol for symbol in symbols if start <= symbol.value < end]


class Kallsyms:
    """Symbol look-up for the kernel and the modules that are loaded now.

    ``generation`` grows at every change, for caches built from answers of this object.
    """

    def __init__(self, image: Image) -> None:
        self._image = image
        self._width = image.bits // 4
        self._kernel: _Table | None = None
        self._modules: dict[str, tuple[LoadedModule, list[_Table]]] = {}
        self._trampolines: dict[int, int] = {}
        self._kernel_lines: bytes | None = None
        self.generation = 0

    def addr(self, name: str) -> int | None:
        """Address of a symbol; ``"module:symbol"`` looks only there."""
        module, colon, rest = name.partition(":")
        if colon:
            entry = self._modules.get(module)
            return entry[0].symbol_addr(rest) if entry else None
        value = self._image.get(name)
        if value is None:
            for loaded, _ in self._modules.values():
                value = loaded.symbol_addr(name)
                if value is not None:
                    break
        return value

    def lookup(self, addr: int) -> Symbol | None:
        """The symbol that an address belongs to, or None."""
        table = self._table(addr)
        return table.find(addr) if table else None

    def format(self, addr: int) -> str:
        """The address as ``%pS`` prints it: ``name+0x1/0x20 [module]``."""
        symbol = self.lookup(addr)
        if symbol is None:
            return f"0x{addr:x}"
        text = f"{symbol.name}+0x{addr - symbol.addr:x}/0x{symbol.size:x}"
        return f"{text} [{symbol.module}]" if symbol.module else text

    def name(self, addr: int) -> str:
        """The address as ``%ps`` prints it: ``name [module]``."""
        symbol = self.lookup(addr)
        if symbol is None:
            return f"0x{addr:x}"
        return f"{symbol.name} [{symbol.module}]" if symbol.module else symbol.name

    def names(self, addrs: ArrayLike) -> Iterator[Names]:
        """Names of many addresses at once, owner by owner; unknown addresses are in none."""
        import numpy as np

        wanted = np.asarray(addrs, np.uint64)
        tables = [self._kernel_table(), *(t for _, ts in self._modules.values() for t in ts)]
        for table in tables:
            inside = (wanted >= table.start) & (wanted < table.end)
            where = np.flatnonzero(inside)
            if not len(where) or not table.addrs:
                continue
            starts = np.array(table.addrs, np.uint64)
            found = np.searchsorted(starts, wanted[where], "right") - 1
            where, found = where[found >= 0], found[found >= 0]
            names = table.names
            yield Names(
                where,
                [names[i] for i in found.tolist()],
                wanted[where] - starts[found],
                table.module,
            )

    def lines(self, show: bool = True) -> bytes:
        """``/proc/kallsyms``; addresses are zeros unless ``show`` (kptr_restrict)."""
        if self._kernel_lines is None:
            self._kernel_lines = self._format(self._kernel_table().symbols, "")
        parts = [self._kernel_lines]
        for loaded, _ in self._modules.values():
            parts.append(self._format(loaded.listed_symbols(), f"\t[{loaded.name}]"))
        for addr in self._trampolines:
            symbol = RawSymbol(TRAMPOLINE, addr, 0, "t")
            parts.append(self._format([symbol], f"\t[{TRAMPOLINE_MODULE}]"))
        text = b"".join(parts)
        if not show:
            zeros = b"0" * self._width
            cut = self._width
            text = b"".join(zeros + line[cut:] for line in text.splitlines(keepends=True))
        return text

    def add_module(self, module: LoadedModule) -> None:
        """Make a module's symbols known."""
        tables = [
            _Table(partial(_between, module.symbols, start, end), start, end, module.name)
            for start, end in module.regions()
        ]
        self._modules[module.name] = (module, tables)
        self.generation += 1

    def remove_module(self, name: str) -> None:
        """Forget a module's symbols."""
        if self._modules.pop(name, None):
            self.generation += 1

    def has_module(self, name: str) -> bool:
        """True while a module of that name is loaded."""
        return name in self._modules

    def module_names(self) -> list[str]:
        """The loaded modules, oldest first."""
        return list(self._modules)

    def add_trampoline(self, addr: int, size: int) -> None:
        """List a page of code that ftrace made (it stays unknown to ``lookup``)."""
        self._trampolines[addr] = size

    def remove_trampoline(self, addr: int) -> None:
        """Take it off the list again."""
        self._trampolines.pop(addr, None)

    def _kernel_table(self) -> _Table:
        if self._kernel is None:
            image = self._image
            low = min(s.va for s in image.segments)
            high = max(s.va + s.memsize for s in image.segments)
            start = image.get("_stext") or image.get("_text") or low
            end = image.get("_end") or high

            def symbols() -> list[RawSymbol]:
                return [s for s in image.symbols if s.type not in "aAnN?" or low <= s.value < high]

            self._kernel = _Table(symbols, start, end, None)
        return self._kernel

    def _table(self, addr: int) -> _Table | None:
        kernel = self._kernel_table()
        if kernel.start <= addr < kernel.end:
            return kernel
        for _, tables in self._modules.values():
            for table in tables:
                if table.start <= addr < table.end:
                    return table
        return None

    def _format(self, symbols: Sequence[RawSymbol], suffix: str) -> bytes:
        width = self._width
        return "".join(f"{s.value:0{width}x} {s.type} {s.name}{suffix}\n" for s in symbols).encode(
            "latin-1"
        )
