"""A mount of the emulated kernel for each topic."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TIMEOUT_S = 30.0


@pytest.fixture
def tracing(tmp_path: Path, repository: Path) -> Iterator[Path]:
    """A freshly booted kernel's tracing directory; unmounted afterwards, whatever happened."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("/dev/fuse is missing here, or not open to who runs the tests")
    directory = tmp_path / "tracing"
    directory.mkdir()
    tracefs = [sys.executable, "-B", "-m", "tracefs"]
    subprocess.run([*tracefs, "mount", directory], cwd=repository, check=True, timeout=TIMEOUT_S)
    try:
        yield directory
    finally:
        done = subprocess.run([*tracefs, "umount", directory], cwd=repository, timeout=TIMEOUT_S)
        if done.returncode:
            subprocess.run(["umount", "--lazy", directory], check=True, timeout=TIMEOUT_S)
