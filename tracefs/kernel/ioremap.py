"""Memory of devices, mapped where modules are: who writes it by mistake writes the device."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tracefs.image.area import PAGE_SIZE, Part

if TYPE_CHECKING:
    from tracefs.image import ModuleArea
    from tracefs.machine import Cpu, Machine

MAX_PAGES = 1024
ERASED = b"\xff"
"""What flash memory holds where nothing is."""


@dataclass
class Region:
    """A device's memory; ``writers`` are the instructions that stored something in it."""

    name: str
    start: int
    size: int
    writers: list[int] = field(default_factory=list)


def _written(region: Region, cpu: Cpu, address: int) -> None:
    region.writers.append(cpu.rip)


class IoRemap:
    """The regions of one machine. A store of the guest is a write cycle, whatever it stores."""

    def __init__(self, machine: Machine, area: ModuleArea, symbol_at: Callable[[int], str]) -> None:
        self._machine = machine
        self._area = area
        self._symbol_at = symbol_at
        self._regions: list[Region] = []

    def map(self, name: str, pages: int) -> None:
        """ioremap() of that much; OSError: EINVAL, ENOMEM."""
        if not 0 < pages <= MAX_PAGES:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        size = pages * PAGE_SIZE
        region = Region(name, self._area.alloc([Part(size, writable=True)]), size)
        self._machine.memory.write(region.start, ERASED * size)
        pa = self._machine.memory.virt_to_phys(region.start)
        for cpu in self._machine.cpus:
            cpu.hook_writes(pa, pa + size, partial(_written, region, cpu))
        self._regions.append(region)

    def lines(self) -> Iterator[str]:
        """Each region, and what it has suffered."""
        for region in self._regions:
            content = self._machine.memory.read(region.start, region.size)
            line = f"{region.start:x}-{region.start + region.size:x} {region.name}:"
            line += f" {len(region.writers)} write cycles,"
            line += f" {region.size - content.count(ERASED)} bytes changed"
            if region.writers:
                line += f", by {self._symbol_at(region.writers[-1])}"
            yield f"{line}\n"
