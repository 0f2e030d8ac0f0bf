"""Measuring: each figure beside its yardstick, in one run, because only their ratio travels.

A module ``bench/NAME.py`` that is listed in ``bench.__main__.MODULES`` has

    def measure(options: Options) -> Iterator[Row]

and yields a Row for each figure. `side_by_side` takes the times of both, by turns.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
BYTECODE = Path(tempfile.gettempdir(), f"tracefs-bench-{os.getuid()}-bytecode")


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    fake: bool = False
    """A fake kernel: what the mount itself costs."""

    def tracefs(self) -> list[str]:
        """The command to start with."""
        return [sys.executable, "-m", "tests.mount.fake_tracefs" if self.fake else "tracefs"]


@dataclass(frozen=True)
class Row:
    """One figure, the smaller the better, unless it has to be ``at_least`` something.

    Its ratio to the yardstick, or the value itself where there is no yardstick, shall not exceed
    ``limit``.
    """

    name: str
    value: float
    unit: str
    yardstick: str = ""
    base: float | None = None
    limit: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value in terms of the yardstick's."""
        return None if not self.base else self.value / self.base

    @property
    def within(self) -> bool | None:
        """True if the bounds are kept; None without one."""
        if self.limit is None and self.at_least is None:
            return None
        measured = self.value if self.ratio is None else self.ratio
        above = self.limit is not None and measured > self.limit
        below = self.at_least is not None and self.value < self.at_least
        return not (above or below)

    @property
    def bound(self) -> str:
        """The bound as text."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return "" if self.limit is None else f"<= {self.limit:g}"

    def as_dict(self) -> dict[str, object]:
        """For bench.json."""
        return {**asdict(self), "ratio": self.ratio, "within": self.within}


def side_by_side(
    tasks: Mapping[str, Callable[[], object]], *, rounds: int = 7, times: int = 1
) -> dict[str, float]:
    """Seconds that each task takes, the best of the rounds, each run ``times`` times a round.

    The tasks take turns, so that whatever else the machine does falls on all of them.
    """
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            start = time.perf_counter()
            for _ in range(times):
                task()
            best[name] = min(best[name], (time.perf_counter() - start) / times)
    return best


def environment() -> dict[str, str]:
    """Ours, but Python keeps its bytecode, as it does for whoever installs the package."""
    ours = dict(os.environ, PYTHONPYCACHEPREFIX=str(BYTECODE))
    ours.pop("PYTHONDONTWRITEBYTECODE", None)
    return ours


@contextmanager
def mounted(options: Options, *arguments: str) -> Iterator[Path]:
    """A fresh mount, unmounted afterwards."""
    with tempfile.TemporaryDirectory(prefix="tracefs-bench-") as directory:
        command = options.tracefs()

        def run(*words: str) -> None:
            subprocess.run([*command, *words], cwd=REPOSITORY, check=True, env=environment())

        run("mount", directory, *arguments)
        try:
            yield Path(directory)
        finally:
            run("umount", "--lazy", directory)


def table(rows: list[Row]) -> str:
    """The rows as text."""
    head = ("what", "value", "", "yardstick", "ratio", "bound", "")
    body = [
        (
            row.name,
            f"{row.value:.3g}" if row.value < 100 else f"{row.value:,.0f}",
            row.unit,
            "" if row.base is None else f"{row.yardstick}: {row.base:.3g}",
            "" if row.ratio is None else f"{row.ratio:.2f}",
            row.bound,
            {True: "ok", False: "MISSED", None: ""}[row.within],
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index in (1, 4, 5) else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (head, *body)
    )
