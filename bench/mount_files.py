"""What a file operation costs, beside a file system on mfusepy that does nothing (bare_fs.py)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.harness import REPOSITORY, Options, Row, environment, mounted, side_by_side

LIMIT = 1.5
FILE = "current_tracer"
TIMES, ROUNDS = 10, 400
"""Short rounds: on a busy machine some of them are undisturbed."""


def measure(options: Options) -> Iterator[Row]:
    """open + read + close as cat does it, and read and write of an open file."""
    with mounted(options) as ours, _bare() as bare:
        files = {"ours": ours / FILE, "bare": bare / "file"}
        yield from _compare("open+2 read+close", files, lambda path: partial(_cat, path))
        yield from _compare("pread", files, _pread)
        yield from _compare("write", files, _write)
        yield from _compare("stat", files, lambda path: partial(os.stat, path))


def _compare(
    name: str, files: dict[str, Path], make: Callable[[Path], Callable[[], object]]
) -> Iterator[Row]:
    tasks = {key: make(path) for key, path in files.items()}
    best = side_by_side(tasks, rounds=ROUNDS, times=TIMES)
    yield Row(name, best["ours"] * 1e6, "us", "bare mfusepy", best["bare"] * 1e6, LIMIT)


def _cat(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    while os.read(fd, 131072):
        pass
    os.close(fd)


def _pread(path: Path) -> Callable[[], object]:
    fd = os.open(path, os.O_RDONLY)
    return lambda: os.pread(fd, 4096, 0)


def _write(path: Path) -> Callable[[], object]:
    fd = os.open(path, os.O_WRONLY)
    return lambda: os.write(fd, b"nop\n")


@contextmanager
def _bare() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tracefs-bare-") as directory:
        command = [sys.executable, "-m", "bench.bare_fs", directory]
        with subprocess.Popen(
            command,
            cwd=REPOSITORY,
            stderr=subprocess.DEVNULL,
            env=environment(),
            start_new_session=True,  # as the mount: the host's scheduler goes by sessions
        ) as process:
            try:
                while not os.path.ismount(directory):
                    time.sleep(0.01)
                yield Path(directory)
            finally:
                process.terminate()
