"""The few Linux system calls that Python's os module lacks, and the mount table."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from typing import NamedTuple

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_PTRACER = 0x59616D61
PR_SET_PTRACER_ANY = ctypes.c_ulong(-1)

MOUNTINFO = "/proc/self/mountinfo"

_libc = ctypes.CDLL(None, use_errno=True)


class Mount(NamedTuple):
    """One line of /proc/self/mountinfo."""

    path: str
    type: str
    source: str


def mounts() -> Iterator[Mount]:
    """The mounts of this mount namespace, in the kernel's order (a later one covers an earlier)."""
    with open(MOUNTINFO, encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            left, _, right = line.partition(" - ")
            type_, source = right.split(" ")[:2]
            yield Mount(_unescape(left.split(" ")[4]), type_, _unescape(source))


def mount(source: str, target: str, type_: str | None, flags: int, data: str = "") -> None:
    """mount(2); OSError names the target."""
    _check(
        _libc.mount(
            os.fsencode(source),
            os.fsencode(target),
            None if type_ is None else type_.encode(),
            ctypes.c_ulong(flags),
            data.encode() or None,
        ),
        target,
    )


def bind(source: str, target: str, flags: int = 0) -> None:
    """Show ``source`` at ``target`` as well."""
    mount(source, target, None, MS_BIND | flags)


def umount(target: str, flags: int = 0) -> None:
    """umount2(2); OSError names the target."""
    _check(_libc.umount2(os.fsencode(target), flags), target)


def unshare(flags: int) -> None:
    """Give this process namespaces of its own."""
    _check(_libc.unshare(flags), None)


def die_with_parent(signal: int) -> None:
    """Have the kernel send this process the signal when its parent ends."""
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0), None)


def drop_from_bounding_set(capability: int) -> None:
    """No program that this process executes will have the capability, not even as root."""
    _check(_libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), None)


def allow_tracers() -> None:
    """Let strace attach to its parent, where the Yama security module forbids that."""
    _libc.prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0)


def _check(result: int, path: str | None) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)


def _unescape(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)
