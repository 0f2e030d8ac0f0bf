"""The running kernel as the parts of this package share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tracefs.image import Image, Kallsyms
from tracefs.kernel.log import KernelLog
from tracefs.machine import Machine

if TYPE_CHECKING:
    from tracefs.image import Abi
    from tracefs.machine.memory import Memory
    from tracefs.release import Release


@dataclass(frozen=True)
class Guest:
    """A machine, and the image in it. ``directory`` holds the image and its modules."""

    release: Release
    directory: Path
    image: Image
    machine: Machine
    kallsyms: Kallsyms = field(init=False)
    log: KernelLog = field(init=False)

    def __post_init__(self) -> None:
        kallsyms = Kallsyms(self.image)
        clock = self.machine.clock
        log = KernelLog(self.memory, self.symbol, clock.now, kallsyms.format)
        object.__setattr__(self, "kallsyms", kallsyms)
        object.__setattr__(self, "log", log)

    @property
    def memory(self) -> Memory:
        """Its memory."""
        return self.machine.memory

    @property
    def abi(self) -> Abi:
        """What its C structures look like."""
        return self.image.abi

    def symbol(self, name: str) -> int:
        """The address of a symbol; ImageError (ENOENT) names a missing one."""
        return self.image.symbol(name)

    def find(self, name: str) -> int:
        """The address of a symbol; 0 if the image has none of that name."""
        return self.image.get(name) or 0
