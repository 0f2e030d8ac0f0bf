"""The sites by name: what patterns select, and the texts of the files that list functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from tracefs.ftrace.glob import Glob, Match, parse_regex
from tracefs.ftrace.names import SiteNames, parse_index
from tracefs.ftrace.ops import FtraceOps, OpsFlag
from tracefs.ftrace.records import COUNT_MASK, RecFlag, Records
from tracefs.ftrace.trampolines import trampoline_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracefs.arch import Arch
    from tracefs.ftrace.hash import Hash
    from tracefs.image import Kallsyms


class Functions:
    """A view of the records with the symbols of the moment; texts are kept until either changes."""

    def __init__(self, records: Records, kallsyms: Kallsyms, arch: Arch) -> None:
        self._records = records
        self._kallsyms = kallsyms
        self._arch = arch
        self._names: SiteNames | None = None
        self._key: tuple[int, int] | None = None
        self._text: bytes | None = None

    def names(self) -> SiteNames:
        """Names of all sites as of now; sites that belong to no function become DISABLED."""
        key = (self._records.generation, self._kallsyms.generation)
        if self._names is None or self._key != key:
            self._names = self._look_up(self._records.ips)
            self._key = key
            self._text = None
            self._records.flags[~self._names.valid] |= np.uint32(RecFlag.DISABLED)
        return self._names

    def valid(self, ips: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of these sites belong to a function; the others' names are not looked up."""
        return self._look_up(ips).valid

    def _look_up(self, ips: NDArray[np.uint64]) -> SiteNames:
        return SiteNames.build(ips, self._kallsyms, self._arch.max_offset)

    def match(self, func: bytes, module: bytes | None = None) -> tuple[NDArray[np.uint64], bool]:
        """Sites that a pattern (and the part after ``:mod:``) matches, and whether it has a ``!``.

        A number is an index into available_filter_functions, from 1.
        """
        pattern = parse_regex(func)
        if pattern.type is Match.INDEX:
            index = parse_index(pattern.search) - 1
            inside = 0 <= index < len(self._records)
            ips = self._records.ips[index : index + 1] if inside else self._records.ips[:0]
            return ips, pattern.inverted
        return self.select(pattern, module), pattern.inverted

    def select(self, pattern: Glob, module: bytes | None = None) -> NDArray[np.uint64]:
        """Sites whose function a parsed pattern matches, in order; its ``!`` is not looked at."""
        names = self.names()
        usable = ~self._records.where(RecFlag.DISABLED)
        return self._records.ips[names.select(pattern, module, usable)]

    def location(self, addr: int) -> int:
        """The site at an address, or in the function that begins there; 0 if none."""
        site = self._records.location(addr, addr)
        if site:
            return site
        symbol = self._kallsyms.lookup(addr)
        if symbol is None or symbol.addr != addr:
            return 0
        return self._records.location(addr, addr + symbol.size - 1)

    def lines(self) -> bytes:
        """All functions, one a line, with their modules."""
        names = self.names()
        if self._text is None:
            self._text = b"".join(names.lines)
        return self._text

    def lines_of(self, value: Hash) -> bytes:
        """The functions whose sites are in a hash."""
        return b"".join(compress(self.names().lines, value.mask(self._records).tolist()))

    def enabled_lines(self, registered: Sequence[FtraceOps], direct: Mapping[int, int]) -> bytes:
        """The functions that call something, how many ops want it, and what they call."""
        lines = self.names().lines
        records = self._records
        index = np.flatnonzero(records.where(RecFlag.ENABLED))
        flags, targets = records.flags[index].tolist(), records.targets[index].tolist()
        suffixes = {
            key: self._callers(registered, *key) for key in set(zip(flags, targets, strict=True))
        }
        straight = {
            i: f"\n\tdirect-->{self._kallsyms.format(direct[ip])}".encode("latin-1")
            for i in index[records.where(RecFlag.DIRECT)[index]].tolist()
            if (ip := int(records.ips[i])) in direct
        }
        return b"".join(
            lines[i][:-1] + suffixes[flag, target] + straight.get(i, b"") + b"\n"
            for i, flag, target in zip(index.tolist(), flags, targets, strict=True)
        )

    def record_lines(self) -> Iterator[str]:
        """One line a record: address, bytes as they are now, flags, function."""
        lines, records = self.names().lines, self._records
        width = 2 * self._arch.word_size
        for i, (ip, flags) in enumerate(
            zip(records.ips.tolist(), records.flags.tolist(), strict=True)
        ):
            code = self.code(ip)
            text = "?" if code is None else code.hex(" ")
            yield f"{ip:0{width}x} {text} {flags:08x} {lines[i].decode('latin-1')}"

    def code(self, ip: int, size: int = 0) -> bytes | None:
        """The bytes of a site (or as many) now, None where there is no memory."""
        try:
            return self._arch.read(ip, size or self._arch.insn_size)
        except OSError:
            return None

    def list_func(self) -> int | None:
        """The function that calls several ops in turn."""
        return self._kallsyms.addr("arch_ftrace_ops_list_func")

    def stub(self) -> int | None:
        """The function that the shared caller calls while there is no ops (ftrace_stub)."""
        return self._kallsyms.addr("ftrace_stub")

    def _callers(self, registered: Sequence[FtraceOps], flags: int, target: int) -> bytes:
        text = f" ({flags & COUNT_MASK})"
        text += " R" if flags & RecFlag.REGS else "  "
        text += " I" if flags & RecFlag.IPMODIFY else "  "
        text += " D" if flags & RecFlag.DIRECT else "  "
        symbol = self._kallsyms.format
        func: int | None
        ops: FtraceOps | None
        if flags & RecFlag.DIRECT_EN:
            ops = next(ops for ops in registered if OpsFlag.DIRECT in ops.flags)
            caller = self._arch.shared_caller(bool(flags & RecFlag.REGS))
            return (text + f"\ttramp: {symbol(caller)} ({symbol(ops.func)})").encode("latin-1")
        if flags & RecFlag.TRAMP_EN:
            ops = trampoline_at(registered, target)
            if ops is None or ops.trampoline is None:
                return (text + "\ttramp: ERROR!").encode("latin-1")
            func = self._arch.trampoline_func(ops.trampoline)
            text += f"\ttramp: {symbol(target)} ({symbol(ops.func)})"
        else:
            func = self._arch.shared_func(bool(flags & RecFlag.REGS))
            if func is None:
                func = self.list_func()
        if func is not None:
            text += f" ->{symbol(func)}"
        return text.encode("latin-1")
