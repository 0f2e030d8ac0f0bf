"""Files of the kernel image: path walk, file systems, pipes, descriptors, programs."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from tests.kernel_image.guest import Guest

READ, WRITE, OPEN, CLOSE, STAT, FSTAT, POLL, LSEEK, ACCESS = 0, 1, 2, 3, 4, 5, 7, 8, 21
PREAD, PWRITE, READV, WRITEV, DUP, DUP2, FCNTL, FLOCK, FSYNC = 17, 18, 19, 20, 32, 33, 72, 73, 74
EXECVE, TRUNCATE, FTRUNCATE, GETCWD, CHDIR, RENAME, MKDIR, RMDIR = 59, 76, 77, 79, 80, 82, 83, 84
LINK, UNLINK, SYMLINK, READLINK, CHMOD, SYNC, MOUNT, UMOUNT = 86, 87, 88, 89, 90, 162, 165, 166
GETDENTS64, OPENAT, MKNOD, INOTIFY_ADD, INOTIFY_INIT1, PIPE2, PIDFD_GETFD = (
    217,
    257,
    133,
    254,
    294,
    293,
    438,
)
ENOENT, EBADF, EAGAIN, EEXIST, ENOTDIR, EISDIR, EINVAL, ESPIPE, EPIPE = (
    2,
    9,
    11,
    17,
    20,
    21,
    22,
    29,
    32,
)
EBUSY, ENOTEMPTY, ELOOP, EXDEV = 16, 39, 40, 18
O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND = (
    0,
    1,
    2,
    0o100,
    0o200,
    0o1000,
    0o2000,
)
O_NONBLOCK, O_DIRECTORY = 0o4000, 0o200000
BUF = 4096
AT_FDCWD = -100 & 2**64 - 1


def outside(mode: int, size: int = 0) -> int:
    """The sixth argument of a call that names a file which exists outside the guest."""
    return 0x9D53 << 48 | size << 16 | mode


class Files:
    """A task's file system calls with Python's types; errors come back negative."""

    def __init__(self, guest: Guest, pid: int) -> None:
        self.guest, self.task = guest, guest.clone(pid, comm="files")

    def call(self, nr: int, *args: int) -> int:
        return self.guest.call(self.task, nr, *args)

    def path(self, nr: int, path: str, *args: int) -> int:
        return self.call(nr, self.guest.text(self.task, path), *args)

    def paths(self, nr: int, one: str, two: str) -> int:
        first = self.guest.text(self.task, one)
        return self.call(nr, first, self.guest.text(self.task, two, 2048))

    def open(self, path: str, flags: int = O_RDONLY, mode: int = 0o644) -> int:
        return self.path(OPEN, path, flags, mode)

    def write(self, fd: int, data: bytes) -> int:
        self.guest.memory.write(self.task.user_buf + BUF, data)
        return self.call(WRITE, fd, self.task.user_buf + BUF, len(data))

    def read(self, fd: int, size: int = 4000) -> bytes | int:
        got = self.call(READ, fd, self.task.user_buf + BUF, size)
        return self.guest.memory.read(self.task.user_buf + BUF, got) if got >= 0 else got

    def close(self, fd: int) -> int:
        return self.call(CLOSE, fd)

    def put(self, path: str, data: bytes) -> None:
        fd = self.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        assert fd >= 0
        assert self.write(fd, data) == len(data)
        assert self.close(fd) == 0

    def get(self, path: str) -> bytes | int:
        fd = self.open(path)
        if fd < 0:
            return fd
        data = self.read(fd)
        assert self.close(fd) == 0
        return data

    def stat(self, path: str) -> tuple[int, int, int] | int:
        """Mode, links, size."""
        got = self.path(STAT, path, self.task.user_buf + BUF)
        if got < 0:
            return got
        raw = self.guest.memory.read(self.task.user_buf + BUF, 144)
        links, mode = struct.unpack_from("<QI", raw, 16)
        return mode, links, struct.unpack_from("<q", raw, 48)[0]

    def list(self, path: str) -> set[str] | int:
        fd = self.open(path, O_RDONLY | O_DIRECTORY)
        if fd < 0:
            return fd
        names = []
        while (got := self.call(GETDENTS64, fd, self.task.user_buf + BUF, 256)) > 0:
            raw = self.guest.memory.read(self.task.user_buf + BUF, got)
            at = 0
            while at < got:
                length = struct.unpack_from("<H", raw, at + 16)[0]
                names.append(raw[at + 19 : at + length].split(b"\0")[0].decode())
                at += length
        assert got == 0, got
        assert self.close(fd) == 0
        assert len(names) == len(set(names))
        return set(names)


@pytest.fixture(scope="module")
def files(guest: Guest) -> Iterator[Files]:
    it = Files(guest, 7000)
    yield it
    guest.end(it.task)


WRITABLE = ["/tmp", "/mnt/ext4", "/run"]


@pytest.mark.parametrize("top", WRITABLE)
def test_what_is_written_is_read(files: Files, top: str) -> None:
    name = f"{top}/file"
    files.put(name, b"hello, world")
    assert files.get(name) == b"hello, world"
    files.put(name, b"short")
    assert files.get(name) == b"short"
    fd = files.open(name, O_WRONLY | O_APPEND)
    files.write(fd, b" and more")
    files.close(fd)
    assert files.get(name) == b"short and more"
    assert files.stat(name) == (0o100644, 1, 14)
    assert files.path(UNLINK, name) == 0
    assert files.get(name) == -ENOENT


@pytest.mark.parametrize("top", WRITABLE)
def test_large_and_sparse_files(files: Files, top: str) -> None:
    name = f"{top}/large"
    fd = files.open(name, O_RDWR | O_CREAT)
    for block in range(12):
        assert files.write(fd, bytes([block]) * 3000) == 3000
    assert files.call(LSEEK, fd, 100_000, 0) == 100_000
    assert files.write(fd, b"end") == 3
    assert files.call(FSYNC, fd) == 0
    assert files.call(LSEEK, fd, 2990, 0) == 2990
    assert files.read(fd, 20) == b"\0" * 10 + b"\1" * 10
    assert files.call(LSEEK, fd, 99_998, 0) == 99_998
    assert files.read(fd, 100) == b"\0\0end"
    assert files.call(FTRUNCATE, fd, 3005) == 0
    assert files.call(LSEEK, fd, 0, 2) == 3005
    assert files.call(LSEEK, fd, 2998, 0) == 2998
    assert files.read(fd, 100) == b"\0\0" + b"\1" * 5
    assert files.call(FTRUNCATE, fd, 5000) == 0
    assert files.call(LSEEK, fd, 3004, 0) == 3004
    assert files.read(fd, 5000) == b"\1" + b"\0" * 1995
    files.close(fd)
    assert files.path(UNLINK, name) == 0


@pytest.mark.parametrize("top", WRITABLE)
def test_directories(files: Files, top: str) -> None:
    assert files.path(MKDIR, f"{top}/dir", 0o755) == 0
    assert files.path(MKDIR, f"{top}/dir", 0o755) == -EEXIST
    for n in range(40):
        files.put(f"{top}/dir/name{n}", b"%d" % n)
    assert files.list(f"{top}/dir") == {".", "..", *(f"name{n}" for n in range(40))}
    assert files.get(f"{top}/dir/./../dir/name7") == b"7"
    assert files.path(RMDIR, f"{top}/dir") == -ENOTEMPTY
    assert files.path(UNLINK, f"{top}/dir") == -EISDIR
    assert files.get(f"{top}/dir/name7/x") == -ENOTDIR
    for n in range(40):
        assert files.path(UNLINK, f"{top}/dir/name{n}") == 0
    assert files.list(f"{top}/dir") == {".", ".."}
    assert files.path(RMDIR, f"{top}/dir") == 0
    assert files.list(f"{top}/dir") == -ENOENT


@pytest.mark.parametrize("top", WRITABLE)
def test_rename_and_links(files: Files, top: str) -> None:
    one, two, sub = f"{top}/one", f"{top}/two", f"{top}/sub"
    files.put(one, b"one")
    files.put(two, b"two")
    assert files.paths(RENAME, one, two) == 0
    assert files.get(two) == b"one"
    assert files.get(one) == -ENOENT
    assert files.path(MKDIR, sub, 0o755) == 0
    assert files.paths(RENAME, two, f"{sub}/three") == 0
    assert files.get(f"{sub}/three") == b"one"
    assert files.paths(LINK, f"{sub}/three", one) == 0
    assert files.stat(one) == (0o100644, 2, 3)
    assert files.paths(RENAME, sub, f"{sub}/in") == -EINVAL
    assert files.paths(SYMLINK, "sub/three", two) == 0
    assert files.get(two) == b"one"
    assert files.path(READLINK, two, files.task.user_buf + BUF, 100) == 9
    assert files.paths(SYMLINK, f"{top}/loop", f"{top}/loop") == 0
    assert files.get(f"{top}/loop") == -ELOOP
    for name in (one, two, f"{sub}/three", f"{top}/loop"):
        assert files.path(UNLINK, name) == 0
    assert files.path(RMDIR, sub) == 0


def test_mounts(files: Files) -> None:
    files.put("/tmp/x", b"x")
    assert files.paths(RENAME, "/tmp/x", "/run/x") == -EXDEV
    assert files.paths(LINK, "/tmp/x", "/run/x") == -EXDEV
    assert files.path(UNLINK, "/tmp/x") == 0
    assert files.path(RMDIR, "/tmp") == -EBUSY
    mounts = files.get("/proc/mounts")
    assert isinstance(mounts, bytes)
    assert [line.split()[1:3] for line in mounts.decode().splitlines()] == [
        ["/", "tmpfs"],
        ["/proc", "proc"],
        ["/tmp", "tmpfs"],
        ["/run", "tmpfs"],
        ["/sys/kernel/tracing", "tracefs"],
        ["/mnt/ext4", "ext4"],
    ]
    assert files.path(MKDIR, "/mnt/t", 0o755) == 0
    kind = files.guest.text(files.task, "tmpfs", 3000)
    where = files.guest.text(files.task, "/mnt/t", 2048)
    assert files.path(MOUNT, "none", where, kind, 0, 0) == 0
    fd = files.open("/mnt/t/f", O_CREAT | O_WRONLY)
    assert files.path(UMOUNT, "/mnt/t", 0) == -EBUSY
    files.close(fd)
    assert files.path(UMOUNT, "/mnt/t", 0) == 0
    assert files.list("/mnt/t") == {".", ".."}
    assert files.path(RMDIR, "/mnt/t") == 0


def test_proc(files: Files) -> None:
    version = files.get("/proc/version")
    assert isinstance(version, bytes)
    assert version.startswith(b"Linux version 6.1")
    meminfo = files.get("/proc/meminfo")
    assert isinstance(meminfo, bytes)
    assert meminfo.startswith(b"MemTotal:")
    modules = files.get("/proc/modules")
    assert isinstance(modules, bytes)
    assert [line.split()[0] for line in modules.decode().splitlines()] == ["ext4", "crc32c_generic"]
    assert b"mounts" in str(files.list("/proc")).encode()
    fd = files.open("/proc/version")
    parts = b""
    while got := files.read(fd, 7):
        assert isinstance(got, bytes)
        parts += got
    assert parts == version
    assert files.call(LSEEK, fd, 6, 0) == 6
    assert files.read(fd, 7) == version[6:13]
    files.close(fd)


def test_devices(files: Files) -> None:
    fd = files.open("/dev/null", O_RDWR)
    assert files.write(fd, b"gone") == 4
    assert files.read(fd) == b""
    files.close(fd)
    fd = files.open("/dev/zero")
    assert files.read(fd, 10) == bytes(10)
    files.close(fd)


def test_descriptors(files: Files) -> None:
    files.put("/tmp/d", b"0123456789")
    fd = files.open("/tmp/d")
    other = files.call(DUP, fd)
    assert other > fd
    assert files.read(fd, 3) == b"012"
    assert files.read(other, 3) == b"345"  # one offset for both
    assert files.call(DUP2, fd, 200) == 200
    assert files.read(200, 2) == b"67"
    assert files.call(FCNTL, fd, 0, 100) == 100
    for n in (fd, other, 200, 100):
        assert files.close(n) == 0
    assert files.close(fd) == -EBADF
    assert files.read(fd) == -EBADF
    assert files.path(UNLINK, "/tmp/d") == 0


def test_a_file_survives_its_name(files: Files) -> None:
    for top in WRITABLE:
        fd = files.open(f"{top}/gone", O_RDWR | O_CREAT)
        files.write(fd, b"still here")
        assert files.path(UNLINK, f"{top}/gone") == 0
        assert files.call(LSEEK, fd, 0, 0) == 0
        assert files.read(fd) == b"still here"
        assert files.close(fd) == 0


def test_pipe(files: Files) -> None:
    at = files.task.user_buf + 100
    assert files.call(PIPE2, at, O_NONBLOCK) == 0
    rd, wr = struct.unpack("<2i", files.guest.memory.read(at, 8))
    assert files.read(rd) == -EAGAIN
    assert files.write(wr, b"through ") == 8
    assert files.write(wr, b"the pipe") == 8
    assert files.read(rd) == b"through the pipe"
    filled = 0
    while (got := files.write(wr, b"x" * 4000)) > 0:
        filled += got
    assert got == -EAGAIN
    assert 60_000 <= filled <= 65_536
    assert files.call(LSEEK, rd, 0, 0) == -ESPIPE
    files.close(wr)
    while filled > 0:
        got_bytes = files.read(rd)
        assert isinstance(got_bytes, bytes)
        filled -= len(got_bytes)
    assert files.read(rd) == b""
    files.close(rd)


def test_a_reader_of_an_empty_pipe_waits(files: Files, guest: Guest) -> None:
    at = files.task.user_buf + 100
    assert files.call(PIPE2, at, 0) == 0
    rd, wr = struct.unpack("<2i", guest.memory.read(at, 8))
    other = guest.clone(7001)
    assert guest.call(other, PIDFD_GETFD, 7000, rd, 0) == 0
    guest.begin(other, READ, 0, other.user_buf + BUF, 100)
    assert other.calling
    assert files.write(wr, b"news") == 4
    assert guest.finish(other) == 4
    assert guest.memory.read(other.user_buf + BUF, 4) == b"news"
    guest.begin(other, READ, 0, other.user_buf + BUF, 100)
    files.close(wr)
    assert guest.finish(other) == 0
    files.close(rd)
    guest.end(other)


def test_poll(files: Files, guest: Guest) -> None:
    at = files.task.user_buf + 100
    assert files.call(PIPE2, at, 0) == 0
    rd, wr = struct.unpack("<2i", guest.memory.read(at, 8))
    guest.memory.write(at, struct.pack("<ihhihh", rd, 1, 0, wr, 4, 0))
    assert files.call(POLL, at, 2, 0) == 1
    assert struct.unpack("<ihhihh", guest.memory.read(at, 16))[5] == 4
    guest.memory.write(at, struct.pack("<ihh", rd, 1, 0))
    assert files.call(POLL, at, 1, 20) == 0
    files.write(wr, b"x")
    assert files.call(POLL, at, 1, -1 & 0xFFFFFFFF) == 1
    files.close(rd)
    files.close(wr)


def test_fifo(files: Files, guest: Guest) -> None:
    assert files.path(MKNOD, "/tmp/fifo", 0o010644, 0) == 0
    other = guest.clone(7002)
    guest.begin(other, OPEN, guest.text(other, "/tmp/fifo"), O_RDONLY, 0)
    assert other.calling  # until there is a writer
    wr = files.open("/tmp/fifo", O_WRONLY)
    rd = guest.finish(other)
    assert rd >= 0
    files.write(wr, b"fifo")
    assert guest.call(other, READ, rd, other.user_buf + BUF, 100) == 4
    files.close(wr)
    assert files.path(UNLINK, "/tmp/fifo") == 0
    guest.end(other)


def test_flock(files: Files, guest: Guest) -> None:
    files.put("/tmp/lock", b"")
    fd = files.open("/tmp/lock")
    assert files.call(FLOCK, fd, 2) == 0
    other = guest.clone(7003)
    theirs = guest.call(other, OPEN, guest.text(other, "/tmp/lock"), O_RDONLY, 0)
    assert guest.call(other, FLOCK, theirs, 2 | 4) == -EAGAIN
    guest.begin(other, FLOCK, theirs, 2)
    assert other.calling
    assert files.close(fd) == 0
    assert guest.finish(other) == 0
    guest.end(other)
    assert files.path(UNLINK, "/tmp/lock") == 0


def test_inotify(files: Files, guest: Guest) -> None:
    assert files.path(MKDIR, "/tmp/watched", 0o755) == 0
    fd = files.call(INOTIFY_INIT1, O_NONBLOCK)
    assert fd >= 0
    wd = files.call(INOTIFY_ADD, fd, guest.text(files.task, "/tmp/watched"), 0x100 | 0x20 | 0x200)
    assert wd == 1
    assert files.read(fd) == -EAGAIN
    files.put("/tmp/watched/new", b"x")
    assert files.path(UNLINK, "/tmp/watched/new") == 0
    raw = files.read(fd)
    assert isinstance(raw, bytes)
    events = []
    at = 0
    while at < len(raw):
        _, mask, _, length = struct.unpack_from("<iIII", raw, at)
        events.append((mask, raw[at + 16 : at + 16 + length].rstrip(b"\0")))
        at += 16 + length
    assert events[0] == (0x100, b"new")
    assert (0x200, b"new") in events
    assert files.close(fd) == 0
    assert files.path(RMDIR, "/tmp/watched") == 0


def test_current_directory(files: Files) -> None:
    assert files.path(MKDIR, "/tmp/cwd", 0o755) == 0
    assert files.path(CHDIR, "/tmp/cwd") == 0
    files.put("relative", b"r")
    assert files.get("/tmp/cwd/relative") == b"r"
    size = files.call(GETCWD, files.task.user_buf + BUF, 100)
    assert files.guest.memory.read(files.task.user_buf + BUF, size) == b"/tmp/cwd\0"
    assert files.get("../cwd/relative") == b"r"
    assert files.get("../../../proc/uptime") != -ENOENT
    assert files.path(CHDIR, "/") == 0
    assert files.path(UNLINK, "/tmp/cwd/relative") == 0
    assert files.path(RMDIR, "/tmp/cwd") == 0


def test_names_that_exist_outside(files: Files, guest: Guest) -> None:
    """The sixth argument tells type, permissions and size of a file of the host's tree."""
    name = "/usr/lib/x86_64/libc.so.6"
    assert files.open(name) == -ENOENT
    known = outside(0o100755, 5000)
    fd = files.call(OPENAT, AT_FDCWD, guest.text(files.task, name), 0, 0, 0, known)
    assert fd >= 0
    assert files.read(fd, 4000) == bytes(4000)
    assert files.read(fd, 4000) == bytes(1000)
    files.close(fd)
    assert (
        files.call(
            OPENAT,
            AT_FDCWD,
            guest.text(files.task, "/usr/lib"),
            O_DIRECTORY,
            0,
            0,
            outside(0o040755),
        )
        >= 0
    )
    assert files.path(MKDIR, "/usr/nosuch/dir", 0o755) == -ENOENT


def test_execve(files: Files, guest: Guest) -> None:
    child = guest.clone(7004, comm="before")
    assert guest.call(child, EXECVE, guest.text(child, "/usr/bin/sleeper"), 0, 0, 0, 0, 0) == 0
    assert guest.comm(child) == "sleeper"
    guest.end(child)


def test_many_names_do_not_pile_up(files: Files, guest: Guest) -> None:
    known = outside(0o100644, 10)
    for n in range(1500):
        text = guest.text(files.task, f"/usr/share/{n % 30}/name{n}")
        fd = files.call(OPENAT, AT_FDCWD, text, 0, 0, 0, known)
        assert fd >= 0, n
        assert files.close(fd) == 0
    alive = guest.memory.u64(guest.system.symbol("nr_dentry"))
    assert alive < 1400
    assert files.call(SYNC) == 0
