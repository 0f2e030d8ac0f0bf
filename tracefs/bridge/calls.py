"""The system calls that are put through: how strace prints each, and what the guest runs for it.

A call is added by one declaration: its name, the fields of its arguments as strace prints them, and
a function that gets a group of each field and runs the guest's call. strace is asked for exactly
the calls that are declared here.

Files outside are not looked at. Whether a call's line speaks of a directory or of a file is passed
on, and the guest makes up one of that kind (kernel_image/fs/outside.c).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.bridge.lines import Line, unescape
from tracefs.bridge.process import DIRECTORY, FILE, is_reserved

if TYPE_CHECKING:
    from tracefs.bridge.process import Process

Handler = Callable[..., None]
"""(process, line, group of each field...) -> None"""

FD = rb"(\d+)(?:<([^>]*)>)?(?:\(deleted\))?"
"""Two groups: a descriptor and what it is."""
AT = rb"(AT_FDCWD|\d+)(?:<([^>]*)>)?(?:\(deleted\))?"
PATH = rb'"((?:[^"\\]|\\.)*)"'
WORD = rb"([^,]*)"
REST = rb"(.*)"

AT_EMPTY_PATH = 0x1000
CHUNK = 4096
"""How much of a read or a write is put through, in bytes."""
_PASSED_ON = os.O_ACCMODE | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC | os.O_DIRECTORY | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Call:
    """How a call's arguments are taken apart, and what is done with them."""

    fields: re.Pattern[bytes]
    handler: Handler


CALLS: dict[str, Call] = {}


def put_through(process: Process, line: Line) -> None:
    """Run a finished call in the guest; a line that does not look as expected is left out."""
    call = CALLS.get(line.name)
    fields = call and call.fields.match(line.arguments)
    if call and fields:
        call.handler(process, line, *fields.groups())


def _call(names: str, *fields: bytes) -> Callable[[Handler], Handler]:
    def declare(handler: Handler) -> Handler:
        for name in names.split():
            CALLS[name] = Call(re.compile(b", ".join(fields), re.S), handler)
        return handler

    return declare


# -- processes ----------------------------------------------------------------------------------


@_call("clone clone3 fork vfork", REST)
def _clone(process: Process, line: Line, arguments: bytes) -> None:
    if line.result is not None and line.result > 0:
        process.fork(line.result, line)


@_call("execve", PATH)
def _execve(process: Process, line: Line, path: bytes) -> None:
    if line.result == 0:
        process.execute(unescape(path))


@_call("wait4", REST)
def _wait4(process: Process, line: Line, arguments: bytes) -> None:
    if line.result is not None and line.result > 0:
        process.wait(line.result)


@_call("sched_setscheduler", rb"(\d+)", rb"SCHED_(\w+)\S*", rb"\[(\d+)\]")
def _sched_setscheduler(
    process: Process, line: Line, pid: bytes, policy: bytes, priority: bytes
) -> None:
    number = getattr(os, f"SCHED_{policy.decode()}", None)
    if line.result == 0 and number is not None:
        process.run(144, int(pid), number, process.put(int(priority).to_bytes(4, "little")))


@_call("kill", rb"(\d+)", rb"(SIG\w+)")
def _kill(process: Process, line: Line, pid: bytes, name: bytes) -> None:
    # Whether that kills it is told by a line of its own.
    process.kill(int(pid), name.decode())


# Their ends are told by lines of their own.
@_call("exit exit_group", REST)
def _exit(process: Process, line: Line, arguments: bytes) -> None:
    pass


# -- names --------------------------------------------------------------------------------------


@_call("openat", AT, PATH, WORD)
def _openat(
    process: Process, line: Line, at: bytes, directory: bytes | None, path: bytes, flags: bytes
) -> None:
    where = process.start(at, directory, unescape(path))
    if line.result is None:
        return
    if where is None or is_reserved(unescape(line.path)):
        process.descriptors.pop(line.result, None)
        return
    bits = _flags(flags)
    name = process.put(unescape(path))
    failed = line.result < 0
    kind = 0 if failed else DIRECTORY if bits & os.O_DIRECTORY else FILE
    fd = process.run(257, where, name, bits & _PASSED_ON, 0, 0, kind)
    if failed:
        process.forget(fd)
    else:
        process.keep(line.result, fd, cloexec=bool(bits & os.O_CLOEXEC))


@_call("open creat", PATH, WORD)
def _open(process: Process, line: Line, path: bytes, flags: bytes) -> None:
    if line.name == "creat":
        flags = b"O_WRONLY|O_TRUNC"
    _openat(process, line, b"AT_FDCWD", None, path, flags)


@_call("newfstatat", AT, PATH, rb"(\{.*?\}|[^,]*)", WORD)
def _newfstatat(
    process: Process,
    line: Line,
    at: bytes,
    directory: bytes | None,
    path: bytes,
    status: bytes,
    flags: bytes,
) -> None:
    bits = AT_EMPTY_PATH if flags == b"AT_EMPTY_PATH" else 0
    where = process.start(at, directory, unescape(path))
    if where is not None:
        name = process.put(unescape(path))
        process.run(262, where, name, process.second, bits, 0, _kind(line, status))


@_call("stat lstat", PATH, rb"(.*)")
def _stat(process: Process, line: Line, path: bytes, status: bytes) -> None:
    _by_name(process, line, path, 4 if line.name == "stat" else 6, kind=_kind(line, status))


@_call("statx", AT, PATH, WORD, WORD, REST)
def _statx(
    process: Process,
    line: Line,
    at: bytes,
    directory: bytes | None,
    path: bytes,
    flags: bytes,
    mask: bytes,
    status: bytes,
) -> None:
    where = process.start(at, directory, unescape(path))
    if where is not None:
        bits = AT_EMPTY_PATH if b"AT_EMPTY_PATH" in flags else 0
        name = process.put(unescape(path))
        process.run(332, where, name, bits, 0x7FF, process.second, _kind(line, status))


@_call("access", PATH, REST)
def _access(process: Process, line: Line, path: bytes, mode: bytes) -> None:
    _by_name(process, line, path, 21, kind=FILE if line.result == 0 else 0, second=0)


@_call("faccessat2", AT, PATH, WORD, REST)
def _faccessat2(
    process: Process,
    line: Line,
    at: bytes,
    directory: bytes | None,
    path: bytes,
    mode: bytes,
    flags: bytes,
) -> None:
    where = process.start(at, directory, unescape(path))
    if where is not None:
        kind = FILE if line.result == 0 else 0
        process.run(439, where, process.put(unescape(path)), 0, 0, 0, kind)


@_call("chdir", PATH)
def _chdir(process: Process, line: Line, path: bytes) -> None:
    if line.result == 0:
        process.chdir(unescape(path))


@_call("fchdir", FD)
def _fchdir(process: Process, line: Line, fd: bytes, path: bytes | None) -> None:
    if line.result == 0 and path:
        process.chdir(unescape(path))


@_call("mkdir", PATH, REST)
def _mkdir(process: Process, line: Line, path: bytes, mode: bytes) -> None:
    if line.result == 0:
        _by_name(process, line, path, 83, kind=DIRECTORY, second=0o755)


@_call("rmdir", PATH)
def _rmdir(process: Process, line: Line, path: bytes) -> None:
    if line.result == 0:
        _by_name(process, line, path, 84, kind=DIRECTORY, second=0)


@_call("unlink", PATH)
def _unlink(process: Process, line: Line, path: bytes) -> None:
    if line.result == 0:
        _by_name(process, line, path, 87, kind=FILE, second=0)


@_call("unlinkat", AT, PATH, REST)
def _unlinkat(
    process: Process, line: Line, at: bytes, directory: bytes | None, path: bytes, flags: bytes
) -> None:
    where = process.start(at, directory, unescape(path))
    if line.result == 0 and where is not None:
        is_directory = b"AT_REMOVEDIR" in flags
        kind = DIRECTORY if is_directory else FILE
        process.run(263, where, process.put(unescape(path)), 0x200 * is_directory, 0, 0, kind)


# -- descriptors --------------------------------------------------------------------------------


@_call("read", FD, WORD, REST)
def _read(
    process: Process, line: Line, fd: bytes, path: bytes | None, data: bytes, size: bytes
) -> None:
    _transfer(process, line, 0, fd, path, size)


@_call("write", FD, WORD, REST)
def _write(
    process: Process, line: Line, fd: bytes, path: bytes | None, data: bytes, size: bytes
) -> None:
    _transfer(process, line, 1, fd, path, size)


@_call("close", FD)
def _close(process: Process, line: Line, fd: bytes, path: bytes | None) -> None:
    descriptor = process.descriptors.pop(int(fd), None)
    if descriptor is not None:
        process.run(3, descriptor.number)


@_call("pipe pipe2", rb"\[(\d+)<[^>]*>, (\d+)<[^>]*>\](.*)")
def _pipe(process: Process, line: Line, ends: bytes, other: bytes, flags: bytes) -> None:
    if line.result != 0:
        return
    cloexec = b"O_CLOEXEC" in flags
    # Never waits: what a pipe holds here is only about what it held outside.
    bits = os.O_NONBLOCK | (os.O_CLOEXEC if cloexec else 0)
    if process.run(293, process.first, bits) == 0:
        for number, fd in zip((int(ends), int(other)), process.pair(), strict=True):
            process.keep(number, fd, cloexec=cloexec)


@_call("dup", FD)
def _dup(process: Process, line: Line, fd: bytes, path: bytes | None) -> None:
    _duplicate(process, line, int(fd), cloexec=False)


@_call("dup2 dup3", FD, REST)
def _dup2(process: Process, line: Line, fd: bytes, path: bytes | None, rest: bytes) -> None:
    if line.result != int(fd):
        _duplicate(process, line, int(fd), cloexec=b"O_CLOEXEC" in rest)


@_call("fcntl", FD, rb"(F_DUPFD(?:_CLOEXEC)?|F_SETFD)", REST)
def _fcntl(
    process: Process, line: Line, fd: bytes, path: bytes | None, command: bytes, argument: bytes
) -> None:
    if command.startswith(b"F_DUPFD"):
        _duplicate(process, line, int(fd), cloexec=command.endswith(b"CLOEXEC"))
    elif line.result == 0 and (descriptor := process.descriptors.get(int(fd))):
        cloexec = b"FD_CLOEXEC" in argument
        process.run(72, descriptor.number, 2, int(cloexec))
        process.keep(int(fd), descriptor.number, cloexec=cloexec)


@_call("getdents64", FD, REST)
def _getdents64(process: Process, line: Line, fd: bytes, path: bytes | None, rest: bytes) -> None:
    descriptor = process.descriptors.get(int(fd))
    if descriptor is not None:
        process.run(217, descriptor.number, process.first, CHUNK)


NAMES = tuple(CALLS)
"""What strace shall trace."""


# -- parts --------------------------------------------------------------------------------------


def _by_name(
    process: Process, line: Line, path: bytes, nr: int, *, kind: int, second: int | None = None
) -> None:
    """A call of two arguments, of which the first is a path."""
    if process.start(b"AT_FDCWD", None, unescape(path)) is not None:
        argument = process.second if second is None else second
        process.run(nr, process.put(unescape(path)), argument, 0, 0, 0, kind)


def _transfer(
    process: Process, line: Line, nr: int, fd: bytes, path: bytes | None, size: bytes
) -> None:
    descriptor = process.descriptors.get(int(fd))
    if descriptor is not None and line.result is not None and line.result >= 0:
        count = int(size) if nr == 0 and size.isdigit() else line.result
        process.run(nr, descriptor.number, process.first, min(count, CHUNK))


def _duplicate(process: Process, line: Line, old: int, *, cloexec: bool) -> None:
    new = line.result
    if new is None or new < 0:
        return
    descriptor = process.descriptors.get(old)
    replaced = process.descriptors.pop(new, None)
    if descriptor is None:
        if replaced is not None:
            process.run(3, replaced.number)
        return
    flags = os.O_CLOEXEC if cloexec else 0
    if replaced is not None and replaced.number != descriptor.number:
        fd = process.run(292, descriptor.number, replaced.number, flags)
    else:
        fd = process.run(72, descriptor.number, 1030 if cloexec else 0, 0)
    process.keep(new, fd, cloexec=cloexec)


def _flags(text: bytes) -> int:
    return _sum(getattr(os, word.decode(), 0) for word in text.split(b"|"))


def _sum(bits: Iterable[int]) -> int:
    total = 0
    for bit in bits:
        total |= bit
    return total


def _kind(line: Line, status: bytes) -> int:
    """What a struct stat, as printed, says of its file."""
    if line.result != 0:
        return 0
    return DIRECTORY if b"S_IFDIR" in status else FILE
