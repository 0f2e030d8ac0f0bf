"""An architecture over a toy kernel, without a core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.unit.image.toykernel import Toy, kernel_file
from tracefs.arch import Arch, create_arch


class Sites:
    """Records without a core."""

    def __init__(self, ips: list[int]) -> None:
        self.ips: NDArray[np.uint64] = np.array(ips, np.uint64)

    def __iter__(self) -> Iterator[Site]:
        return (Site(ip) for ip in self.ips.tolist())


class Site:
    def __init__(self, ip: int) -> None:
        self.ip = ip
        self.arch: object = None


class Bench:
    """An architecture over a toy kernel; every flush is noted."""

    def __init__(self, directory: Path, name: str) -> None:
        self.toy = Toy(kernel_file(directory, name), name)
        self.memory = self.toy.memory
        self.flushed: list[object] = []
        self.arch: Arch = create_arch(
            self.toy.image, self.memory, self.toy.area, flush=self.flushed.append
        )
        self.ips = self.toy.image.mcount_loc.tolist()
        self.sites = Sites(self.ips)
        self.caller = self.toy.image.symbol("ftrace_caller")

    def targets(self, target: int) -> NDArray[np.uint64]:
        return np.full(len(self.ips), target, np.uint64)

    def text(self) -> bytes:
        start = self.toy.image.symbol("_text")
        return self.memory.read(start, self.toy.image.symbol("_etext") - start)
