"""The yardstick for the mount: a file system on mfusepy with one file, and nothing else.

    python -m bench.bare_fs DIR      mount it; ends when it is unmounted

The options are those of tracefs.fuse.server.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import Any

os.environ["FUSE_LIBRARY_NAME"] = "fuse3"

from mfusepy import FUSE, Operations

NAME = "/file"
CONTENT = b"nop\n"


class Bare(Operations):  # type: ignore[misc]
    """One file of fixed content; writes are swallowed."""

    use_ns = True
    flag_nopath = True
    flag_nullpath_ok = True

    def init_with_config(self, connection: Any, config: Any) -> None:
        config.attr_timeout = 1.0
        config.entry_timeout = 0.0
        config.negative_timeout = 0.0

    def getattr(self, path: str, fh: Any = None) -> dict[str, int]:
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        return {"st_mode": stat.S_IFREG | 0o640, "st_nlink": 1}

    def open(self, path: str, fi: Any) -> int:
        fi.fh = 1
        return 0

    def read(self, path: str, size: int, offset: int, fh: Any) -> bytes:
        return CONTENT[offset : offset + size]

    def write(self, path: str, data: bytes, offset: int, fh: Any) -> int:
        return len(data)

    def flush(self, path: str, fh: Any) -> int:
        return 0

    def release(self, path: str, fh: Any) -> int:
        return 0


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)
    FUSE(
        Bare(),
        sys.argv[1],
        raw_fi=True,
        foreground=True,
        direct_io=True,
        use_ino=True,
        default_permissions=True,
        max_threads=64,
    )
