"""The ``tracefs`` command with FakeService for a kernel: ``python -m tests.mount.fake_tracefs``."""

from __future__ import annotations

import os
import select
import sys
import threading

from tests.mount.fake_service import FakeService
from tracefs.cli import Machine, main
from tracefs.errors import UserError


def boot(machine: Machine, fifo: str | None) -> FakeService:
    match os.environ.get("FAKE_BOOT"):
        case "user-error":
            raise UserError("the image is missing")
        case "crash":
            raise ValueError("no such thing")
    if fifo is not None:
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        threading.Thread(target=_read_all, args=(reader,), daemon=True).start()
    return FakeService()


def _read_all(fd: int) -> None:
    while select.select([fd], [], [])[0] and os.read(fd, 1 << 16):
        pass


if __name__ == "__main__":
    sys.exit(main(boot=boot))
