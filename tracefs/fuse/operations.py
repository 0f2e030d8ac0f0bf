"""libfuse's operations, each a few lines over the Service.

The methods are named as libfuse's and take its C arguments. They are not mfusepy's Operations: its
wrappers cost a third of the time that a small read or write takes.

libfuse's locks are never held in an operation, and this module has none: the Service is called
straight from libfuse's threads.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import stat
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

from tracefs.fuse.service import Caller, Service

log = logging.getLogger(__name__)
T = TypeVar("T")

ATTR_TIMEOUT_S = 1.0
ENTRY_TIMEOUT_S = 0.0
"""Names are looked up at each use: they come and go by writes to other files."""
CAP_SPLICE_READ = 1 << 9
PRETENDED_SIZE = 1 << 40
COPIES_BY_SENDFILE = {b"cat", b"cp", b"sh", b"ash"}
"""Applets of busybox; a shell may run the others in its own process."""
_BUSYBOX = COPIES_BY_SENDFILE | {b"busybox"}
"""The names under which it may be asked for them."""
RELEASE_TRIES = 4
RELEASE_WAIT_S = 0.001
_KEEP_ID = (1 << 32) - 1


class Operations:
    """The callbacks of one mount, for libfuse."""

    def __init__(
        self,
        service: Service,
        mfusepy: ModuleType,
        library: Any,
        ready: Callable[[], None],
    ) -> None:
        self._service = service
        self._library = library
        self._ready = ready
        self._stat_type = mfusepy.c_stat
        self._uid, self._gid = os.getuid(), os.getgid()
        self._stamp(0)
        self._worker = _worker_type(library)()
        self._session: int | None = None
        self.mounted = False
        self._files: dict[int, str] = {}
        self._changed: dict[str, dict[str, int]] = {}
        self._directories: dict[int, str] = {}
        self._next_directory = 1
        self.table = mfusepy.fuse_operations()
        for name, prototype in mfusepy.fuse_operations._fields_:
            method = getattr(self, name, None)
            if method is not None:
                setattr(self.table, name, prototype(_answer_errno(method)))

    def _caller(self) -> Caller:
        context = self._worker.context
        return Caller(context.pid, context.uid, context.gid)

    def _interrupted(self) -> bool:
        library = self._library
        return bool(library.fuse_interrupted() or library.fuse_session_exited(self._session))

    def _pretended_size(self, mode: int) -> int:
        """What busybox's cat and cp are told of files whose size is 0.

        They use sendfile(2), which copies nothing of an empty file; where there is something it
        fails here (see read), and they go on with read(2). Its tail, which seeks from the end, and
        ls must not be told so.
        """
        if not stat.S_ISREG(mode):
            return 0
        pid = self._worker.context.pid
        name = self._service.name(pid)
        if name is not None and name not in _BUSYBOX:
            return 0
        process = f"/proc/{pid}"
        try:
            if not os.readlink(f"{process}/exe").endswith("/busybox"):
                return 0
            with open(f"{process}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            return 0
        if os.path.basename(words[0]) == b"busybox":
            del words[0]
        applet = os.path.basename(words[0]).lstrip(b"-")
        return PRETENDED_SIZE if applet in COPIES_BY_SENDFILE else 0

    # -- the mount --------------------------------------------------------------------------

    def init(self, connection: Any, config: Any) -> int:
        """Say what the kernel may keep; the mount answers from here on."""
        context = self._library.fuse_get_context().contents
        self._session = self._library.fuse_get_session(context.fuse)
        connection.contents.want &= ~CAP_SPLICE_READ  # two system calls more for small requests
        settings = config.contents
        settings.attr_timeout = ATTR_TIMEOUT_S
        settings.entry_timeout = ENTRY_TIMEOUT_S
        settings.negative_timeout = 0.0
        settings.direct_io = 1
        settings.use_ino = 1
        settings.nullpath_ok = 1
        self.mounted = True
        self._ready()
        return 0

    def statfs(self, path: bytes, buf: Any) -> int:
        """Nothing but the block size and the longest name, as tracefs."""
        buf.contents.f_bsize = 4096
        buf.contents.f_namemax = 255
        return 0

    # -- names ------------------------------------------------------------------------------

    def getattr(self, path: bytes | None, buf: Any, fi: Any) -> int:
        """stat(2); also lseek(2) from the end, then with ``fi`` and no path."""
        name = self._name(path, fi)
        attr = self._service.getattr(name)
        if attr.mtime_ns != self._mtime_ns:
            self._stamp(attr.mtime_ns)
        ctypes.memmove(buf, ctypes.byref(self._stat), self._stat_size)
        st = buf.contents
        st.st_mode = attr.mode
        st.st_nlink = attr.nlink
        st.st_size = attr.size or self._pretended_size(attr.mode)
        st.st_ino = attr.ino
        if name in self._changed:
            for field, value in self._changed[name].items():
                setattr(st, field, value)
            st.st_mode |= stat.S_IFMT(attr.mode)
        return 0

    def _stamp(self, mtime_ns: int) -> None:
        # What is the same of all files is copied; most are of the same time.
        st = self._stat_type(st_uid=self._uid, st_gid=self._gid)
        for stamp in (st.st_atimespec, st.st_mtimespec, st.st_ctimespec):
            stamp.tv_sec, stamp.tv_nsec = divmod(mtime_ns, 1_000_000_000)
        self._stat, self._mtime_ns, self._stat_size = st, mtime_ns, ctypes.sizeof(st)

    def opendir(self, path: bytes, fi: Any) -> int:
        """Remember the path, which readdir is not told."""
        handle = self._next_directory
        self._next_directory += 1
        self._directories[handle] = os.fsdecode(path)
        fi.contents.fh = handle
        return 0

    def readdir(
        self, path: None, buf: Any, fill: Callable[..., int], offset: int, fi: Any, flags: int
    ) -> int:
        """All names at once, offsets 0, with the types that spare find(1) a stat of each."""
        directory = self._directories[fi.contents.fh]
        names = self._service.readdir(directory, self._caller())
        st = self._stat_type()
        for name in (".", ".."):
            fill(buf, name.encode(), None, 0, 0)
        for name in names:
            try:
                attr = self._service.getattr(f"{directory.rstrip('/')}/{name}")
            except OSError:
                continue  # gone since it was listed
            st.st_mode = attr.mode
            st.st_ino = attr.ino
            if fill(buf, os.fsencode(name), st, 0, 0):
                return -errno.ENOMEM
        return 0

    def releasedir(self, path: None, fi: Any) -> int:
        """The last descriptor of a directory is gone."""
        self._directories.pop(fi.contents.fh, None)
        return 0

    def mkdir(self, path: bytes, mode: int) -> int:
        """The Service decides where directories can be made."""
        self._service.mkdir(os.fsdecode(path), mode, self._caller())
        return 0

    def rmdir(self, path: bytes) -> int:
        """The Service decides which directories can be removed."""
        name, caller = os.fsdecode(path), self._caller()
        _when_released(lambda: self._service.rmdir(name, caller))
        for changed in list(self._changed):
            if f"{changed}/".startswith(f"{name}/"):
                del self._changed[changed]
        return 0

    # What the Linux VFS answers where a directory has no such operation.
    def create(self, path: bytes, mode: int, fi: Any) -> int:
        return -errno.EACCES

    def mknod(self, path: bytes, mode: int, device: int) -> int:
        return -errno.EACCES if stat.S_ISREG(mode) else -errno.EPERM

    def symlink(self, target: bytes, path: bytes) -> int:
        return -errno.EPERM

    def link(self, path: bytes, new: bytes) -> int:
        return -errno.EPERM

    def unlink(self, path: bytes) -> int:
        return -errno.EPERM

    def rename(self, path: bytes, new: bytes, flags: int) -> int:
        return -errno.EPERM

    def chmod(self, path: bytes | None, mode: int, fi: Any) -> int:
        """Kept for as long as the mount: administrators open tracing to a group this way."""
        self._change(path, fi)["st_mode"] = stat.S_IMODE(mode)
        return 0

    def chown(self, path: bytes | None, uid: int, gid: int, fi: Any) -> int:
        """As chmod; -1 leaves an id as it is."""
        change = self._change(path, fi)
        for field, value in (("st_uid", uid), ("st_gid", gid)):
            if value != _KEEP_ID:
                change[field] = value
        return 0

    def _change(self, path: bytes | None, fi: Any) -> dict[str, int]:
        name = self._name(path, fi)
        attr = self._service.getattr(name)
        return self._changed.setdefault(name, {"st_mode": stat.S_IMODE(attr.mode)})

    def _name(self, path: bytes | None, fi: Any) -> str:
        # What is done to an open file comes without its path.
        return self._files[fi.contents.fh] if path is None else os.fsdecode(path)

    def utimens(self, path: bytes | None, times: Any, fi: Any) -> int:
        """Allowed and forgotten: touch(1) succeeds."""
        return 0

    def truncate(self, path: bytes | None, size: int, fi: Any) -> int:
        """truncate(2); ftruncate(2) comes with ``fi`` and no path."""
        self._service.truncate(self._name(path, fi), size, self._caller())
        return 0

    # -- open files -------------------------------------------------------------------------

    def open(self, path: bytes, fi: Any) -> int:
        """O_TRUNC is among the flags: libfuse 3 opens and truncates at once."""
        info = fi.contents
        name, flags, caller = os.fsdecode(path), info.flags, self._caller()
        handle = _when_released(lambda: self._service.open(name, flags, caller))
        info.fh = handle
        self._files[handle] = name
        if not self._service.seekable(handle):
            info.nonseekable = 1
        if not self._service.flushes(handle):
            info.noflush = 1
        return 0

    def read(self, path: None, buf: int, size: int, offset: int, fi: Any) -> int:
        """Blocks in the Service; a thread of libfuse waits with it."""
        info = fi.contents
        if not info.lock_owner:
            # Not read(2) but sendfile(2) or splice(2), through the page cache, which would end at
            # the first short answer.
            return -errno.EINVAL
        data = self._service.read(
            info.fh,
            size,
            offset,
            self._caller(),
            self._interrupted,
            bool(info.flags & os.O_NONBLOCK),
        )
        length = len(data)
        if length > size:
            raise ValueError(f"{length} bytes read where {size} were asked for")
        ctypes.memmove(buf, data, length)
        return length

    def write(self, path: None, buf: int, size: int, offset: int, fi: Any) -> int:
        """How many bytes the Service took."""
        data, handle, caller = ctypes.string_at(buf, size), fi.contents.fh, self._caller()
        return _when_released(lambda: self._service.write(handle, data, offset, caller))

    def flush(self, path: None, fi: Any) -> int:
        """close(2) of one descriptor, which waits for this and reports its error."""
        self._service.flush(fi.contents.fh, self._caller())
        return 0

    def release(self, path: None, fi: Any) -> int:
        """The last descriptor is gone; the context names no caller."""
        handle = fi.contents.fh
        self._files.pop(handle, None)
        self._service.release(handle)
        return 0

    def fsync(self, path: None, datasync: int, fi: Any) -> int:
        """Control files have none."""
        return -errno.EINVAL

    def ioctl(self, path: None, command: int, argument: int, fi: Any, flags: int, data: int) -> int:
        """No file has any; Python's open() asks whether it is a terminal."""
        return -errno.ENOTTY

    def poll(self, path: None, fi: Any, handle: int | None, events: Any) -> int:
        """What is true now; with a poll handle the kernel wants to hear of a change."""
        notify = _PollHandle(self._library, handle) if handle else None
        events[0] = self._service.poll(fi.contents.fh, notify)
        return 0


class _PollHandle:
    """libfuse's poll handle: calling it wakes the pollers; freed with the last reference."""

    __slots__ = ("_handle", "_library")

    def __init__(self, library: Any, handle: int) -> None:
        self._library = library
        self._handle = handle

    def __call__(self) -> None:
        self._library.fuse_notify_poll(self._handle)

    def __del__(self) -> None:
        self._library.fuse_pollhandle_destroy(self._handle)


def _worker_type(library: Any) -> type[Any]:
    class Worker(threading.local):
        """What a thread of libfuse keeps from one operation to the next."""

        def __init__(self) -> None:
            # Python makes and destroys a thread state at each call from a thread that is not its
            # own, which costs as much as a small operation. One more Ensure keeps it alive.
            ctypes.pythonapi.PyGILState_Ensure()
            # libfuse fills the same structure anew for each operation of a thread.
            self.context = library.fuse_get_context().contents

    return Worker


def _when_released(operation: Callable[[], T]) -> T:
    """Try again what is busy: close(2) returns before its release, in another thread, is done."""
    for _ in range(RELEASE_TRIES):
        try:
            return operation()
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        time.sleep(RELEASE_WAIT_S)
    return operation()


def _answer_errno(method: Callable[..., int]) -> Callable[..., int]:
    def operation(*arguments: Any) -> int:
        try:
            return method(*arguments)
        except OSError as error:
            if error.errno:
                return -error.errno
            log.exception("%s: an OSError without errno", method.__name__)
        except Exception:
            log.exception("%s failed", method.__name__)
        return -errno.EIO

    return operation
