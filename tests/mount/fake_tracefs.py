"""The ``tracefs`` command with FakeService for a kernel: ``python -m tests.mount.fake_tracefs``."""

from __future__ import annotations

import os
import sys

from tests.mount.fake_service import FakeService
from tracefs.cli import main
from tracefs.errors import UserError


def boot(release: str, cpus: int, seed: int | None) -> FakeService:
    match os.environ.get("FAKE_BOOT"):
        case "user-error":
            raise UserError("the image is missing")
        case "crash":
            raise ValueError("no such thing")
    return FakeService()


if __name__ == "__main__":
    sys.exit(main(boot=boot))
