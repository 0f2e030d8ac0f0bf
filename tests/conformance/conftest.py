"""A mount of the emulated kernel for each topic."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

TIMEOUT_S = 30.0


@pytest.fixture
def tracing(repository: Path) -> Iterator[Path]:
    """A freshly booted kernel's tracing directory; unmounted afterwards, whatever happened.

    Others can look at it as far as its own mode lets them, which pytest's directories do not.
    """
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("/dev/fuse is missing here, or not open to who runs the tests")
    parent = Path(tempfile.mkdtemp(prefix="tracefs-"))
    parent.chmod(0o755)
    directory = parent / "tracing"
    directory.mkdir()
    tracefs = [sys.executable, "-B", "-m", "tracefs"]
    subprocess.run([*tracefs, "mount", directory], cwd=repository, check=True, timeout=TIMEOUT_S)
    try:
        yield directory
    finally:
        done = subprocess.run([*tracefs, "umount", directory], cwd=repository, timeout=TIMEOUT_S)
        if done.returncode:
            subprocess.run(["umount", "--lazy", directory], check=True, timeout=TIMEOUT_S)
        directory.rmdir()
        parent.rmdir()
