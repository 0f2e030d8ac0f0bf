"""Open files of the tracing directory: how each kind of file reads and writes.

The kinds are the kernel's: text made anew for every read (simple_read_from_buffer), a sequence of
records (seq_file), and handles with a state of their own. Every failure is an OSError with the
kernel's errno.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM = 0x001, 0x004, 0x040, 0x100
PAGE_SIZE = 4096

S = TypeVar("S")
Text = str | bytes


class Task(Protocol):
    """The client's task in the guest, as far as files ask for it."""

    @property
    def pid(self) -> int:
        """Its process (thread) id, the same inside and outside."""


def error(number: int) -> OSError:
    """The OSError of an errno."""
    return OSError(number, os.strerror(number))


class Handle(Generic[S]):
    """An open file, from open(2) to the last close.

    ``scope`` is what the file belongs to (a trace array, a CPU of one, ...), ``flags`` are those of
    open(2). A subclass overrides what it can do; the rest fails as on files without that operation.
    """

    seekable = True
    """False: lseek(2) gives ESPIPE."""
    nonblock = False
    """Set before a read whose descriptor has O_NONBLOCK."""

    def __init__(self, scope: S, flags: int, task: Task) -> None:
        self.scope = scope
        self.flags = flags
        self.holds: Callable[[], None] | None = None
        """Lets go of the directory that cannot be removed while this file is open."""

    @property
    def reading(self) -> bool:
        """True if opened for reading."""
        return self.flags & os.O_ACCMODE != os.O_WRONLY

    @property
    def writing(self) -> bool:
        """True if opened for writing."""
        return self.flags & os.O_ACCMODE != os.O_RDONLY

    @property
    def truncating(self) -> bool:
        """True if opened for writing with O_TRUNC."""
        return self.writing and bool(self.flags & os.O_TRUNC)

    def read(self, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes at ``offset``; b"" at the end.

        Raises BlockingIOError where a blocking read must wait: call again when `ready` is true.
        """
        raise error(errno.EINVAL)

    def write(self, data: bytes, offset: int, task: Task) -> int:
        """Take ``data``; returns how many bytes were taken (fewer make the client come again)."""
        raise error(errno.EINVAL)

    def flush(self, task: Task) -> None:
        """What takes effect at close(2); may come several times for one open file."""

    def release(self) -> None:
        """The last descriptor is closed: what a subclass has to do then."""

    def close(self) -> None:
        """The last descriptor is closed."""
        try:
            self.release()
        finally:
            if self.holds is not None:
                self.holds()
                self.holds = None

    def poll(self) -> int:
        """The mask of poll(2)."""
        return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM

    def ready(self) -> bool:
        """True if a read that found nothing would return now (with data, or with an end)."""
        return bool(self.poll() & POLLIN)


class TextHandle(Handle[S]):
    """A small file: its text is made for each read, writes are passed to a function."""

    def __init__(
        self,
        scope: S,
        flags: int,
        task: Task,
        show: Callable[[S], Text] | None,
        store: Callable[[S, str], int | None] | None,
    ) -> None:
        super().__init__(scope, flags, task)
        self._show = show
        self._store = store

    def read(self, size: int, offset: int) -> bytes:
        if self._show is None:
            raise error(errno.EINVAL)
        return encode(self._show(self.scope))[offset : offset + size]

    def write(self, data: bytes, offset: int, task: Task) -> int:
        return store(self._store, self.scope, data)


class SeqHandle(Handle[S]):
    """A file of records as seq_file reads it.

    A read returns whole records, at most 4095 bytes of them (a longer record comes alone), after
    what an earlier, shorter read has left. Reading elsewhere than behind the last read, or at 0,
    starts the records again.
    """

    def __init__(
        self,
        scope: S,
        flags: int,
        task: Task,
        show: Callable[[S], Iterable[Text]] | None = None,
        store: Callable[[S, str], int | None] | None = None,
    ) -> None:
        super().__init__(scope, flags, task)
        self._show = show
        self._store = store
        self._records: Iterator[Text] = iter(())
        self._ahead = b""
        self._left = b""
        self._position = -1

    def records(self) -> Iterable[Text]:
        """The file's records, from the first; called at the start of each pass."""
        if self._show is None:
            raise error(errno.EINVAL)
        return self._show(self.scope)

    def read(self, size: int, offset: int) -> bytes:
        if not self.reading:
            raise error(errno.EBADF)
        if offset == 0 or offset != self._position:
            self._seek(offset)
        out = self._left[:size]
        self._left = self._left[size:]
        if not self._left and len(out) < size:
            page = self._page(size - len(out))
            out, self._left = out + page[: size - len(out)], page[size - len(out) :]
        self._position = offset + len(out)
        return out

    def write(self, data: bytes, offset: int, task: Task) -> int:
        return store(self._store, self.scope, data)

    def _seek(self, offset: int) -> None:
        self._records = iter(self.records())
        self._ahead = self._left = b""
        while offset > 0:
            record = self._next()
            if not record:
                return
            self._left = record[offset:]
            offset -= len(record)

    def _next(self) -> bytes:
        if self._ahead:
            record, self._ahead = self._ahead, b""
            return record
        for text in self._records:
            if text:
                return encode(text)
        return b""

    def _page(self, wanted: int) -> bytes:
        parts: list[bytes] = []
        length = 0
        while length < wanted:
            record = self._next()
            if not record:
                break
            if parts and length + len(record) >= PAGE_SIZE:
                self._ahead = record
                break
            parts.append(record)
            length += len(record)
        return b"".join(parts)


class LinesHandle(SeqHandle[S]):
    """A file of records that are the lines of one text: as SeqHandle, without a step for each."""

    _text = b""
    _at = 0

    def text(self) -> bytes:
        """All lines; called at the start of each pass."""
        raise NotImplementedError

    def _seek(self, offset: int) -> None:
        self._text = self.text()
        self._at = min(offset, len(self._text))
        self._left = b""
        if offset and self._text[self._at - 1 : self._at] != b"\n":
            end = self._line_end(self._at)
            self._left, self._at = self._text[self._at : end], end

    def _line_end(self, at: int) -> int:
        return self._text.find(b"\n", at) + 1 or len(self._text)

    def _page(self, wanted: int) -> bytes:
        text, start = self._text, self._at
        end = start + PAGE_SIZE - 1
        if end < len(text):
            end = text.rfind(b"\n", start, end) + 1 or self._line_end(start)
        else:
            end = len(text)
        if wanted < end - start:
            end = min(end, self._line_end(start + wanted - 1))
        self._at = end
        return text[start:end]


def encode(text: Text) -> bytes:
    """Text as the bytes that go out: characters 0-255 stand for themselves."""
    return text.encode("latin-1") if isinstance(text, str) else text


def store(function: Callable[[S, str], int | None] | None, scope: S, data: bytes) -> int:
    """Pass written bytes to a file's store function, as text; EINVAL if there is none."""
    if function is None:
        raise error(errno.EINVAL)
    taken = function(scope, data.decode("latin-1"))
    return len(data) if taken is None else taken
