"""What single files and instances take: each file of an untouched mount, mkdir of instances."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from bench.harness import Options, Row, mounted

FILE_LIMIT_MS = 5
MKDIR_LIMIT_MS = 10
INSTANCES = 300
TRIES = 10
PIECE = 131072


def measure(options: Options) -> Iterator[Row]:
    """Milliseconds; the best of a few tries, since the host may be busy."""
    if options.fake:
        return
    with mounted(options) as mount:
        slowest, path = max((_fastest(path), path) for path in _files(mount))
        yield Row(f"slowest file: {path.name}", slowest * 1e3, "ms", limit=FILE_LIMIT_MS)
        yield from _instances(mount / "instances")


def _files(mount: Path) -> Iterator[Path]:
    for directory, children, names in os.walk(mount):
        if ".machine" in children:
            children.remove(".machine")
        for name in names:
            path = Path(directory, name)
            if path.stat().st_mode & 0o444:
                yield path


def _fastest(path: Path) -> float:
    best = float("inf")
    for _ in range(TRIES):
        start = time.perf_counter()
        _read(path)
        best = min(best, time.perf_counter() - start)
    return best


def _read(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while os.read(fd, PIECE):
            pass
    except OSError:
        pass  # nothing to read (EAGAIN), or not by read(2)
    finally:
        os.close(fd)


def _instances(directory: Path) -> Iterator[Row]:
    took = []
    for number in range(INSTANCES):
        start = time.perf_counter()
        (directory / f"bench{number}").mkdir()
        took.append(time.perf_counter() - start)
    for name, times in ("first ten", took[:10]), (f"last ten of {INSTANCES}", took[-10:]):
        yield Row(f"mkdir, {name}", min(times) * 1e3, "ms", limit=MKDIR_LIMIT_MS)
    for number in range(INSTANCES):
        (directory / f"bench{number}").rmdir()
