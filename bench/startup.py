"""From the command to a mount that answers, and back; what a mount at rest takes."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.harness import REPOSITORY, Options, Row, environment

FIRST_CAT_LIMIT_S = 0.7
MEMORY_LIMIT_MB = 150
IDLE_LIMIT_PERCENT = 1
IDLE_S = 5
ROUNDS = 5


def measure(options: Options) -> Iterator[Row]:
    """``tracefs mount`` to the first cat, ``umount`` and ``run true``; memory and idle time."""
    command = options.tracefs()

    def run(*arguments: str) -> float:
        start = time.perf_counter()
        subprocess.run([*command, *arguments], cwd=REPOSITORY, check=True, env=environment())
        return time.perf_counter() - start

    with tempfile.TemporaryDirectory(prefix="tracefs-bench-") as directory:
        mount, first, umount = [], [], []
        for round_ in range(ROUNDS):
            start = time.perf_counter()
            mount.append(run("mount", directory))
            Path(directory, "current_tracer").read_bytes()
            first.append(time.perf_counter() - start)
            if round_ == ROUNDS - 1:
                daemon = _daemon(directory)
                idle, memory = _idle_percent(daemon), _resident_mb(daemon)
            umount.append(run("umount", directory))
    yield Row("tracefs mount", min(mount), "s")
    yield Row("mount to first cat", min(first), "s", limit=FIRST_CAT_LIMIT_S)
    yield Row("tracefs umount", min(umount), "s")
    yield Row("tracefs run true", min(run("run", "true") for _ in range(ROUNDS)), "s")
    yield Row("memory of a mount", memory, "MB", limit=MEMORY_LIMIT_MB)
    yield Row("idle mount", idle, "% of a CPU", limit=IDLE_LIMIT_PERCENT)


def _daemon(directory: str) -> Path:
    """/proc/PID of the process that serves a mount: its command line names the directory."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(directory) in words:
            return process
    raise RuntimeError(f"nobody serves {directory}")


def _resident_mb(process: Path) -> float:
    pages = int((process / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _idle_percent(process: Path) -> float:
    before = _processor_seconds(process)
    time.sleep(IDLE_S)
    return 100 * (_processor_seconds(process) - before) / IDLE_S


def _processor_seconds(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
