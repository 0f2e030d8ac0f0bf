#!/usr/bin/env python3
"""Plain system calls on files, one line of result each, for transcripts.

    fsx OPERATION...

open PATH FLAGS    r, w or rw; then a(ppend) t(runcate) c(reate) n(onblock)
read N             write TEXT (with \\n \\t \\0 \\xNN \\\\)      writen N TEXT: TEXT N times
seek OFFSET WHENCE close        use FD: go on with another descriptor
poll MS            trunc N: truncate(2) of the path      fstat      readall: until 0 or an error
"""

from __future__ import annotations

import errno
import os
import re
import select
import sys
from collections.abc import Callable, Iterator

SHOWN = 400
MODES = {"rw": os.O_RDWR, "w": os.O_WRONLY, "r": os.O_RDONLY}
FLAGS = {"a": os.O_APPEND, "t": os.O_TRUNC, "c": os.O_CREAT, "n": os.O_NONBLOCK}
ESCAPES = {"n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}


def unescape(text: str) -> bytes:
    """Bytes of TEXT as written in an operation."""

    def byte(match: re.Match[bytes]) -> bytes:
        name = match[1].decode()
        return ESCAPES[name] if name in ESCAPES else bytes([int(name[1:], 16)])

    return re.sub(rb"\\(n|0|t|\\|x[0-9a-fA-F]{2})", byte, os.fsencode(text))


def quoted(data: bytes) -> str:
    """Bytes as they are shown, cut after some hundred."""
    names = {0x5C: "\\\\", 0x0A: "\\n", 0x09: "\\t"}
    out = "".join(
        names.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}")
        for byte in data[:SHOWN]
    )
    return f'"{out}"' + ("..." if len(data) > SHOWN else "")


class Session:
    """The descriptor in use and the path it was opened by."""

    def __init__(self) -> None:
        self.fd = -1
        self.path = ""

    def attempt(self, call: str, function: Callable[[], int]) -> None:
        """Print a call with its result or its error."""
        try:
            print(f"{call} = {function()}")
        except OSError as error:
            number = error.errno or 0
            name = errno.errorcode.get(number, f"errno{number}")
            print(f"{call} = -1 {name} ({os.strerror(number)})")

    def op_open(self, words: Iterator[str]) -> None:
        self.path, letters = next(words), next(words)
        mode = next(name for name in MODES if letters.startswith(name))
        flags = MODES[mode]
        for letter in letters[len(mode) :]:
            flags |= FLAGS[letter]
        fd = -1

        def function() -> int:
            nonlocal fd
            fd = os.open(self.path, flags, 0o644)
            return fd

        self.attempt(f"open({self.path}, {letters})", function)
        self.fd = fd

    def _write(self, data: bytes) -> None:
        self.attempt(f"write({quoted(data)}, {len(data)})", lambda: os.write(self.fd, data))

    def op_write(self, words: Iterator[str]) -> None:
        self._write(unescape(next(words)))

    def op_writen(self, words: Iterator[str]) -> None:
        count = int(next(words))
        self._write(unescape(next(words)) * count)

    def op_read(self, words: Iterator[str]) -> None:
        size = int(next(words))
        try:
            data = os.read(self.fd, size)
        except OSError as error:
            caught = error

            def fail() -> int:
                raise caught

            self.attempt(f"read({size})", fail)
        else:
            print(f"read({size}) = {len(data)} {quoted(data)}")

    def op_readall(self, words: Iterator[str]) -> None:
        sizes: list[int] = []
        try:
            while data := os.read(self.fd, 65536):
                sizes.append(len(data))
        except OSError as error:
            print(f"read(65536) = -1 {errno.errorcode[error.errno or 0]} ({error.strerror})")
        largest = max(sizes, default=0)
        print(f"readall: {sum(sizes)} bytes in {len(sizes)} reads, largest {largest}")

    def op_seek(self, words: Iterator[str]) -> None:
        offset, whence = int(next(words)), int(next(words))
        self.attempt(f"lseek({offset}, {whence})", lambda: os.lseek(self.fd, offset, whence))

    def op_close(self, words: Iterator[str]) -> None:
        def function() -> int:
            os.close(self.fd)
            return 0

        self.attempt("close", function)

    def op_use(self, words: Iterator[str]) -> None:
        self.fd = int(next(words))

    def op_trunc(self, words: Iterator[str]) -> None:
        size = int(next(words))

        def function() -> int:
            os.truncate(self.path, size)
            return 0

        self.attempt(f"truncate({self.path}, {size})", function)

    def op_fstat(self, words: Iterator[str]) -> None:
        st = os.fstat(self.fd)
        print(
            f"fstat mode={st.st_mode:o} nlink={st.st_nlink} uid={st.st_uid} gid={st.st_gid}"
            f" size={st.st_size} blksize={st.st_blksize} blocks={st.st_blocks}"
        )

    def op_poll(self, words: Iterator[str]) -> None:
        milliseconds = int(next(words))
        fds = [self.fd]
        ready = select.select(fds, fds, fds, milliseconds / 1000)
        r, w, e = (len(list_) for list_ in ready)
        print(f"select({milliseconds} ms) = {r + w + e} r={r} w={w} e={e}")


def main() -> int:
    """Do what the command line says."""
    session = Session()
    words = iter(sys.argv[1:])
    for word in words:
        operation = getattr(session, f"op_{word}", None)
        if operation is None:
            print(f"fsx: unknown operation {word}")
            return 2
        operation(words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
