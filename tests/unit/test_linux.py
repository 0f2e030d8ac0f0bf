"""tracefs.linux: the mount table and the errors of system calls."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tracefs import linux

MOUNTINFO = (
    "36 35 98:0 / / rw,noatime master:1 - ext3 /dev/root rw\n"
    "37 36 0:5 / /a\\040b\\134c rw - tmpfs x\\011y rw,size=4k\n"
)


def test_mounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTINFO)
    monkeypatch.setattr(linux, "MOUNTINFO", str(table))
    assert list(linux.mounts()) == [
        linux.Mount("/", "ext3", "/dev/root"),
        linux.Mount("/a b\\c", "tmpfs", "x\ty"),
    ]


def test_an_error_names_the_path(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=str(tmp_path)) as caught:
        linux.umount(str(tmp_path / "x"))
    assert caught.value.errno in (errno.ENOENT, errno.EPERM)
