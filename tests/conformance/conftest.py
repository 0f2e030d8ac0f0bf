"""An emulated kernel for each topic, with a shell that sees it as its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.replay import Replayer


@pytest.fixture
def replayer(repository: Path, tmp_path: Path) -> Iterator[Replayer]:
    """A shell on a freshly booted kernel; both end with the test, whatever happened."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("/dev/fuse is missing here, or not open to who runs the tests")
    with Replayer(repository, tmp_path) as shell:
        yield shell
