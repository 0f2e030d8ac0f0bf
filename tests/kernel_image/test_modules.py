"""Modules of the kernel image: loading, use counts, parameters, removal."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.kernel_image.guest import Guest

FINIT_MODULE, DELETE_MODULE = 313, 176


def _insmod(guest: Guest, name: str, args: str = "") -> None:
    """As Modules.insmod, with parameters."""
    modules = guest.system.modules
    modules._paths[name] = guest.system.directory / f"{name}.ko"
    text = guest.text(guest.init, name)
    got = guest.call(guest.init, FINIT_MODULE, text, guest.text(guest.init, args, 4096), 0)
    if got < 0:
        raise OSError(-got, "finit_module")


def _rmmod(guest: Guest, name: str) -> None:
    got = guest.call(guest.init, DELETE_MODULE, guest.text(guest.init, name), 0)
    if got < 0:
        raise OSError(-got, "delete_module")


def _errno(call: Callable[[], None]) -> int | None:
    """The error that a call ends with."""
    try:
        call()
    except OSError as error:
        return error.errno
    return 0


def _log(guest: Guest) -> str:
    return guest.system.log.text().decode()


def test_boot_loads_ext4_and_what_it_needs(guest: Guest) -> None:
    assert list(guest.system.loader.modules) == ["crc32c_generic", "ext4"]
    for name in ("ext4", "crc32c_generic"):  # mounted; used by ext4
        assert _errno(partial(_rmmod, guest, name)) == errno.EWOULDBLOCK


def test_load_use_and_remove(guest: Guest) -> None:
    assert _errno(lambda: _rmmod(guest, "dummy")) == errno.ENOENT
    free = guest.memory.u64(guest.system.symbol("_totalram_pages"))
    for _ in range(3):
        _insmod(guest, "dummy", "numdummies=2")
        assert "dummy: dummy1 up" in _log(guest)
        assert _errno(lambda: _insmod(guest, "dummy")) == errno.EEXIST
        _rmmod(guest, "dummy")
        assert "dummy" not in guest.system.loader.modules
    assert guest.memory.u64(guest.system.symbol("_totalram_pages")) == free


def test_no_devices(guest: Guest) -> None:
    _insmod(guest, "dummy", "numdummies=0")
    _rmmod(guest, "dummy")


@pytest.mark.parametrize("args", ["numdummies=x", "numdummies=99", "numdummies=-1"])
def test_a_load_that_fails_leaves_nothing(guest: Guest, args: str) -> None:
    assert _errno(lambda: _insmod(guest, "dummy", args)) == errno.EINVAL
    assert "dummy" not in guest.system.loader.modules
    _insmod(guest, "dummy")
    _rmmod(guest, "dummy")


def test_a_device_that_is_up_sends(guest: Guest) -> None:
    _insmod(guest, "dummy")
    guest.machine.lock.release()  # the kernel lives on in the background
    time.sleep(3.2)
    guest.machine.lock.acquire()
    _rmmod(guest, "dummy")
    last = [line for line in _log(guest).splitlines() if "dummy0:" in line and "packets" in line][
        -1
    ]
    assert int(last.split("dummy0: ")[1].split()[0]) >= 2
