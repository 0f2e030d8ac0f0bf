"""Run a command as an ordinary user on whom /dev/fuse and these sources are no longer closed.

    python as_user.py COMMAND...        as root; uid and gid become 65534

Some machines keep /dev/fuse for root, and a checkout or a Python below /root is closed to others.
Both are opened in a mount namespace of this process's own; the machine itself stays as it is.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from tracefs import linux  # noqa: E402

NOBODY = 65534
SCRATCH = "/mnt"


def open_device() -> None:
    """Put a device that anyone may open (FUSE_MODE: its mode) in the place of /dev/fuse."""
    device = os.stat("/dev/fuse").st_rdev
    linux.mount("none", SCRATCH, "tmpfs", linux.MS_NOSUID)
    os.mknod(f"{SCRATCH}/fuse", stat.S_IFCHR | 0o666, device)
    os.chmod(f"{SCRATCH}/fuse", int(os.environ.get("FUSE_MODE", "666"), 8))
    linux.bind(f"{SCRATCH}/fuse", "/dev/fuse")
    linux.umount(SCRATCH, linux.MNT_DETACH)


def open_paths(paths: set[Path]) -> None:
    """Cover each directory that is closed to others with one that shows only what leads on."""
    closed: dict[Path, list[Path]] = {}
    for path in paths:
        for parent in reversed(path.parents):
            if not parent.stat().st_mode & stat.S_IXOTH:
                closed.setdefault(parent, []).append(path)
                break
    for cover, below in closed.items():
        kept = [(path, os.open(path, os.O_PATH)) for path in below]
        linux.mount("none", str(cover), "tmpfs", linux.MS_NOSUID, "mode=755")
        for path, fd in kept:
            path.mkdir(parents=True, exist_ok=True)
            linux.bind(f"/proc/self/fd/{fd}", str(path), linux.MS_REC)


def main() -> None:
    """Become the command."""
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    open_device()
    open_paths({REPOSITORY, Path(sys.prefix), Path(sys.base_prefix)})
    os.chdir("/")
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
