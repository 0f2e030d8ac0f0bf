"""The corners of the callbacks that no client reaches at will."""

from __future__ import annotations

import ctypes
import errno
import logging
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tracefs.errors import UserError
from tracefs.fuse import library, operations


def raising(error: Exception) -> Callable[..., int]:
    def operation(*arguments: object) -> int:
        raise error

    return operation


def test_an_oserror_is_answered_by_its_errno() -> None:
    answer = operations._answer_errno(raising(OSError(errno.ERANGE, "")))
    assert answer(1, 2) == -errno.ERANGE


@pytest.mark.parametrize("error", [OSError("no number"), ValueError("x")])
def test_anything_else_is_eio_and_logged(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert operations._answer_errno(raising(error))() == -errno.EIO
    assert len(caplog.records) == 1


def test_busy_is_tried_again_for_a_while() -> None:
    answers = [OSError(errno.EBUSY, ""), OSError(errno.EBUSY, ""), None]

    def operation() -> int:
        answer = answers.pop(0)
        if answer:
            raise answer
        return 5

    assert operations._when_released(operation) == 5
    with pytest.raises(BlockingIOError):
        operations._when_released(raising(OSError(errno.EAGAIN, "")))
    with pytest.raises(OSError, match="busy"):
        operations._when_released(raising(OSError(errno.EBUSY, "busy")))


def test_a_poll_handle_wakes_and_is_freed_once() -> None:
    calls: list[str] = []
    fake = SimpleNamespace(
        fuse_notify_poll=lambda handle: calls.append(f"notify {handle}"),
        fuse_pollhandle_destroy=lambda handle: calls.append(f"destroy {handle}"),
    )
    notify = operations._PollHandle(fake, 7)
    notify()
    assert calls == ["notify 7"]
    del notify
    assert calls == ["notify 7", "destroy 7"]


def test_every_operation_that_libfuse_names_exists_in_its_table() -> None:
    """A misspelt method would silently be left out."""
    mfusepy, _ = library.load()
    names = {name for name, _ in mfusepy.fuse_operations._fields_}
    public = {
        name
        for name, value in vars(operations.Operations).items()
        if callable(value) and not name.startswith("_")
    }
    assert public <= names


def test_libfuse_3_is_what_is_loaded() -> None:
    mfusepy, c_library = library.load()
    assert mfusepy.fuse_version_major == 3
    assert c_library.fuse_version() >= 300


def test_missing_libfuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_SONAMES", ("libno-such-fuse.so.9",))
    with pytest.raises(UserError, match="libfuse 3 is missing"):
        library.load()


def test_the_prototypes_take_the_methods() -> None:
    """Each method accepts as many arguments as libfuse passes."""
    mfusepy, _ = library.load()
    for name, prototype in mfusepy.fuse_operations._fields_:
        method = vars(operations.Operations).get(name)
        if method is not None:
            assert method.__code__.co_argcount == len(prototype._argtypes_) + 1, name
    assert ctypes.sizeof(mfusepy.fuse_file_info) >= 32
