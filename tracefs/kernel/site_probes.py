"""Probes at call sites: breakpoints, which freeze the site's record in kernels of 2008 (S23)."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.arch import I386
from tracefs.image.area import Part

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

INT3 = b"\xcc"
SLOT_SIZE = 16


@dataclass(frozen=True)
class _Probe:
    number: int
    ip: int
    first: bytes


class SiteProbes:
    """The guest's kprobe_table, filled from here.

    While a probe is set at a record's address nothing patches that site. As with kprobes, what was
    executed there goes on being executed, out of line.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._probes: dict[str, _Probe] = {}
        self._slots = 0

    def lines(self) -> Iterator[str]:
        """Function, address and hits of each."""
        for name, probe in self._probes.items():
            hits = self._system.memory.u32(self._field(probe.number, "hits"))
            yield f"{name} {probe.ip:08x} {hits}\n"

    def set(self, function: str) -> None:
        """Put a probe at a function's record (ENOENT: it has none; EBUSY; ENOSPC)."""
        system = self._system
        address = system.kallsyms.addr(function)
        ip = 0 if address is None else system.ftrace.location(address)
        if not ip:
            raise _error(errno.ENOENT)
        if function in self._probes:
            raise _error(errno.EBUSY)
        used = {probe.number for probe in self._probes.values()}
        free = set(range(system.abi.const("NR_KPROBES"))) - used
        if not free:
            raise _error(errno.ENOSPC)
        probe = _Probe(min(free), ip, system.memory.read(ip, 1))
        slot = self._slot(probe.number)
        assert isinstance(system.arch, I386)
        system.memory.write(slot, system.arch.out_of_line(ip, slot))
        for field, value in (("slot", slot), ("hits", 0), ("addr", ip)):
            system.memory.put_u32(self._field(probe.number, field), value)
        self._probes[function] = probe
        system.ftrace.frozen.add(ip)
        self._write(ip, INT3)

    def remove(self, function: str) -> None:
        """Take it away again (ENOENT); the site is patched when that is due the next time."""
        probe = self._probes.pop(function, None)
        if probe is None:
            raise _error(errno.ENOENT)
        with suppress(OSError):  # a module may be gone
            if self._system.memory.read(probe.ip, 1) == INT3:
                self._write(probe.ip, probe.first)
        self._system.memory.put_u32(self._field(probe.number, "addr"), 0)
        self._system.ftrace.frozen.discard(probe.ip)

    def _write(self, ip: int, code: bytes) -> None:
        self._system.memory.write(ip, code)
        self._system.machine.flush_text([(ip, self._system.arch.insn_size)])

    def _field(self, number: int, name: str) -> int:
        abi = self._system.abi
        table = self._system.symbol("kprobe_table")
        return table + number * abi.size("kprobe") + abi.offset("kprobe", name)

    def _slot(self, number: int) -> int:
        if not self._slots:
            size = SLOT_SIZE * self._system.abi.const("NR_KPROBES")
            self._slots = self._system.area.alloc([Part(size, text=True)])
        return self._slots + number * SLOT_SIZE


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))
