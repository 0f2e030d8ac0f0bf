"""The releases of the 28 changes, booted, and what the tests of several of them look at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.client import Client
from tracefs.kernel.boot import System

IMAGES = os.environ.get("TRACEFS_TEST_IMAGES")
"""Another directory than kernel_image/build, for work on the guest."""


class Era(Client):
    """A client of a mount that behaves as a release of 2008, and its machine."""

    def __init__(self, release: str, **options: object) -> None:
        if IMAGES:
            options.setdefault("directory", Path(IMAGES) / "i386")
        self.system = System(release, **options)  # type: ignore[arg-type]
        super().__init__(self.system.service)
        self.memory = self.system.memory
        self.ftrace = self.system.ftrace
        self.symbol = self.system.symbol

    def site(self, function: str) -> int:
        """The call site of a function."""
        address = self.system.kallsyms.addr(function)
        assert address is not None
        return self.ftrace.location(address)

    def code(self, at: int, size: int = 5) -> bytes:
        """Bytes of text as they are now."""
        return self.memory.read(at, size)

    def text(self) -> bytes:
        """The kernel's text without its boot code."""
        start = self.symbol("_text")
        return self.memory.read(start, self.symbol("_etext") - start)

    def dmesg(self) -> str:
        """The kernel log."""
        return self.cat(".machine/dmesg")

    def trace_only(self, *functions: str) -> None:
        """Trace these functions and no others."""
        self.echo(" ".join(functions), "set_ftrace_filter")
        self.echo("function", "current_tracer")

    def pass_time(self, seconds: float) -> None:
        """Let that much of a deterministic machine's time pass."""
        machine = self.system.machine
        end = machine.clock.now() + round(seconds * 10**9)
        while machine.clock.now() < end:
            assert self.system.syscalls.timers.wait(give_way=False)
            machine.run(lambda: False)

    def total(self) -> int:
        """dyn_ftrace_total_info."""
        return int(self.cat("dyn_ftrace_total_info"))


@pytest.fixture
def era() -> Iterator[Callable[..., Era]]:
    """Boots releases; they end with the test."""
    made: list[Era] = []

    def boot(release: str = "2.6.28", **options: object) -> Era:
        made.append(Era(release, **options))
        return made[-1]

    yield boot
    for one in made:
        one.system.service.close()
