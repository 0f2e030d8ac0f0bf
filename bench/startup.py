"""From the command to a mount that answers, and back."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator

from bench.harness import REPOSITORY, Options, Row

MOUNT_LIMIT_S = 0.7
ROUNDS = 5


def measure(options: Options) -> Iterator[Row]:
    """``tracefs mount``, ``umount`` and ``run true``."""
    command = options.tracefs()

    def seconds(*arguments: str) -> float:
        start = time.perf_counter()
        subprocess.run([*command, *arguments], cwd=REPOSITORY, check=True)
        return time.perf_counter() - start

    with tempfile.TemporaryDirectory(prefix="tracefs-bench-") as directory:
        mount, umount = [], []
        for _ in range(ROUNDS):
            mount.append(seconds("mount", directory))
            umount.append(seconds("umount", directory))
    yield Row("tracefs mount", min(mount), "s", limit=MOUNT_LIMIT_S)
    yield Row("tracefs umount", min(umount), "s")
    yield Row("tracefs run true", min(seconds("run", "true") for _ in range(ROUNDS)), "s")
