"""What can be made to go wrong (TroubleScope): bugs, faults, probes, memory of devices."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from tracefs.kernel.bugs import Switches, UnknownBug
from tracefs.kernel.faults import Faults
from tracefs.kernel.ioremap import IoRemap
from tracefs.kernel.processors import CPU_MODELS, UnknownModel, check_model
from tracefs.kernel.site_probes import SiteProbes
from tracefs.release import Feature

if TYPE_CHECKING:
    from tracefs.kernel.boot import System


class Trouble:
    """Made before the guest's first instruction: some bugs act at boot.

    ``stand_ins`` names functions of the guest that tracers use in place of others.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        alias = system.symbol("mcount_record") if system.release.has(Feature.FTRACED) else 0
        self.faults_at = Faults(
            system.memory,
            system.arch,
            system.image,
            system.loader,
            system.kallsyms,
            mcount_alias=alias,
        )
        self.switches = Switches(system)
        self.stand_ins: dict[str, str] = {}
        self._io = IoRemap(system.machine, system.area, system.kallsyms.format)
        self._probes = SiteProbes(system)
        self._when_booted: list[Callable[[], None]] | None = []

    def when_booted(self, do: Callable[[], None]) -> None:
        """Do something once the guest is up: later, or now."""
        if self._when_booted is None:
            do()
        else:
            self._when_booted.append(do)

    def booted(self) -> None:
        """The guest is up."""
        waiting, self._when_booted = self._when_booted or (), None
        for do in waiting:
            do()
        self.switches.running = True

    # -- what the files show ----------------------------------------------------------------

    def cpu_models(self) -> Iterator[tuple[str, bool]]:
        """The processors there are for this kernel, and which this one is."""
        for name in CPU_MODELS:
            with suppress(UnknownModel):
                yield check_model(name, self._system.release.image), name == self._system.cpu_model

    def bugs(self) -> Iterator[tuple[str, str, str, bool]]:
        """Name, change, symptom of each bug that this kernel can have, and whether it has it."""
        for bug, on in self.switches.listing():
            yield bug.name, bug.seed, bug.symptom, on

    def switch_bug(self, name: str, on: bool) -> None:
        """Bring a bug back, or remove it (EINVAL, EBUSY)."""
        try:
            self.switches.switch(name, on)
        except UnknownBug as error:
            self._system.log.print(str(error))
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from None

    def faults(self) -> Iterator[str]:
        """Lines: function and cause."""
        return self.faults_at.lines()

    def set_fault(self, function: str, cause: str | None) -> None:
        """Let each patch of a function's site fail, or no more (EINVAL, ENOENT)."""
        if cause is None:
            self.faults_at.remove(function)
        else:
            self.faults_at.add(function, cause)

    def ioremap(self, name: str, pages: int) -> None:
        """Map a device's memory (EINVAL, ENOMEM)."""
        self._io.map(name, pages)

    def io_regions(self) -> Iterable[str]:
        """A line for each device's memory."""
        return self._io.lines()

    def probes(self) -> Iterable[str]:
        """A line for each probe at a call site."""
        return self._probes.lines()

    def set_probe(self, function: str, on: bool) -> None:
        """Put a probe at a function's site, or take it away (ENOENT, EBUSY, ENOSPC)."""
        if on:
            self._probes.set(function)
        else:
            self._probes.remove(function)
