"""What system calls on the mount's files do, and what the Service hears of them."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mount.conftest import TIMEOUT_S, wait_until
from tracefs.fuse.library import load


@contextmanager
def opened(path: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    fd = os.open(path, flags)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def refused(number: int) -> Iterator[None]:
    with pytest.raises(OSError) as caught:  # noqa: PT011
        yield
    assert errno.errorcode[caught.value.errno or 0] == errno.errorcode[number]


def log(mount: Path) -> list[str]:
    return (mount / "log").read_text().splitlines()


def feed(mount: Path, data: bytes) -> None:
    with opened(mount / "feed", os.O_WRONLY) as fd:
        os.write(fd, data)


def test_read_and_write(mounted: Path) -> None:
    tracer = mounted / "current_tracer"
    assert tracer.read_bytes() == b"nop\n"
    tracer.write_bytes(b"function\n")
    assert tracer.read_bytes() == b"function\n"


def test_pread_at_an_offset(mounted: Path) -> None:
    with opened(mounted / "current_tracer") as fd:
        assert os.pread(fd, 2, 1) == b"op"
        os.lseek(fd, 3, os.SEEK_SET)
        assert os.read(fd, 10) == b"\n"
        assert os.read(fd, 10) == b""


@pytest.mark.parametrize(
    ("redirection", "flags"), [(">", "O_TRUNC"), (">>", "O_APPEND"), ("1<>", "")]
)
def test_open_flags_of_redirections(mounted: Path, redirection: str, flags: str) -> None:
    script = f"echo x {redirection} current_tracer"
    subprocess.run(["sh", "-c", script], cwd=mounted, check=True, timeout=TIMEOUT_S)
    opens = [line for line in log(mounted) if line.startswith("open /current_tracer")]
    assert [line.split(" by ")[0] for line in opens] == [f"open /current_tracer {flags}"]
    assert not [line for line in log(mounted) if line.startswith("truncate")]


def test_append_writes_at_offset_0(mounted: Path) -> None:
    with opened(mounted / "current_tracer", os.O_WRONLY | os.O_APPEND) as fd:
        os.write(fd, b"x")
    assert any(line.startswith("write /current_tracer b'x' at 0 ") for line in log(mounted))


def test_partial_write(mounted: Path) -> None:
    with opened(mounted / "partial", os.O_WRONLY) as fd:
        assert os.write(fd, b"abcdef") == 3


def test_errno_of_a_write(mounted: Path) -> None:
    with opened(mounted / "current_tracer", os.O_WRONLY) as fd, refused(errno.EINVAL):
        os.write(fd, b"bad")


def test_errno_of_an_open(mounted: Path) -> None:
    with refused(errno.EBUSY):
        os.open(mounted / "busy", os.O_RDONLY)


def test_an_unexpected_exception_is_eio_and_the_mount_goes_on(mounted: Path) -> None:
    with opened(mounted / "crash") as fd, refused(errno.EIO):
        os.read(fd, 1)
    assert (mounted / "current_tracer").read_bytes() == b"nop\n"


def test_truncate_and_ftruncate(mounted: Path) -> None:
    os.truncate(mounted / "current_tracer", 0)
    with opened(mounted / "current_tracer", os.O_WRONLY) as fd:
        os.ftruncate(fd, 5)
    truncates = [line for line in log(mounted) if line.startswith("truncate")]
    assert truncates == ["truncate /current_tracer 0", "truncate /current_tracer 5"]


def test_lseek(mounted: Path) -> None:
    with opened(mounted / "current_tracer") as fd:
        assert os.lseek(fd, 0, os.SEEK_END) == 0
        assert os.lseek(fd, 5, os.SEEK_SET) == 5
        assert os.lseek(fd, 0, os.SEEK_CUR) == 5
    with opened(mounted / "pipe") as fd:
        with refused(errno.ESPIPE):
            os.lseek(fd, 0, os.SEEK_SET)
        with refused(errno.ESPIPE):
            os.pread(fd, 1, 0)


def test_stat(mounted: Path) -> None:
    found = (mounted / "current_tracer").stat()
    assert found.st_mode == 0o100640
    assert (found.st_uid, found.st_gid, found.st_size) == (os.getuid(), os.getgid(), 0)
    assert mounted.stat().st_mode == 0o040700


def test_size_stays_0_after_a_write(mounted: Path) -> None:
    (mounted / "current_tracer").write_bytes(b"function\n")
    assert (mounted / "current_tracer").stat().st_size == 0


def test_directory_order_is_the_services(mounted: Path) -> None:
    assert os.listdir(mounted)[:5] == ["current_tracer", "partial", "log", "pipe", "feed"]


def test_mkdir_and_rmdir_appear_at_once(mounted: Path) -> None:
    instance = mounted / "instances" / "x"
    assert not instance.exists()
    instance.mkdir()
    assert (instance / "trace").read_bytes() == b"instance\n"
    assert os.listdir(instance.parent) == ["x"]
    with refused(errno.EEXIST):
        instance.mkdir()
    instance.rmdir()
    assert not instance.exists()
    with refused(errno.ENOENT):
        os.open(instance / "trace", os.O_RDONLY)


def test_what_no_client_may_do(mounted: Path) -> None:
    tracer = mounted / "current_tracer"
    operations: list[Callable[[], object]] = [
        lambda: os.mkdir(mounted / "new"),
        lambda: os.rmdir(mounted / "instances"),
        lambda: os.unlink(tracer),
        lambda: os.rename(tracer, mounted / "new"),
        lambda: os.link(tracer, mounted / "new"),
        lambda: os.symlink(tracer, mounted / "new"),
        lambda: os.mkfifo(mounted / "new"),
    ]
    for operation in operations:
        with refused(errno.EPERM):
            operation()
    with refused(errno.EACCES):
        os.open(mounted / "new", os.O_CREAT | os.O_WRONLY)


def test_touch_succeeds(mounted: Path) -> None:
    os.utime(mounted / "current_tracer")


def test_chmod_and_chown_stay(mounted: Path) -> None:
    instance = mounted / "instances" / "x"
    instance.mkdir()
    for path in (mounted, mounted / "current_tracer", instance):
        os.chmod(path, 0o750)
        assert path.stat().st_mode & 0o7777 == 0o750
    instance.rmdir()
    instance.mkdir()
    if os.getuid() == 0:
        os.chown(mounted / "current_tracer", -1, 12345)
        assert (mounted / "current_tracer").stat().st_gid == 12345
        assert (mounted / "current_tracer").stat().st_uid == 0


def test_ioctl_and_fsync(mounted: Path) -> None:
    with opened(mounted / "current_tracer", os.O_RDWR) as fd:
        with refused(errno.ENOTTY):
            fcntl.ioctl(fd, termios.TCGETS, bytes(64))
        with refused(errno.EINVAL):
            os.fsync(fd)


def test_the_caller_is_the_thread(mounted: Path) -> None:
    seen = []

    def work() -> None:
        seen.append(threading.get_native_id())
        (mounted / "current_tracer").read_bytes()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert f"open /current_tracer  by {seen[0]}" in log(mounted)


def test_each_close_flushes_the_last_releases(mounted: Path) -> None:
    with opened(mounted / "current_tracer", os.O_WRONLY) as fd:
        os.close(os.dup(fd))
        assert sum(line.startswith("flush /current_tracer") for line in log(mounted)) == 1
        assert "release /current_tracer" not in log(mounted)
    wait_until(lambda: "release /current_tracer" in log(mounted))
    assert sum(line.startswith("flush /current_tracer") for line in log(mounted)) == 2


def test_a_close_that_need_not_wait_does_not(mounted: Path) -> None:
    """Where the kernel and libfuse know of such files."""
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    known = release >= (5, 18) and load()[1].fuse_version() >= 311
    with opened(mounted / "unflushed", os.O_WRONLY) as fd:
        os.write(fd, b"x")
    wait_until(lambda: "release /unflushed" in log(mounted))
    assert sum(line.startswith("flush /unflushed") for line in log(mounted)) == (not known)


def test_what_was_closed_is_no_longer_busy(mounted: Path) -> None:
    """Though the kernel tells of the last close only after close(2) has returned."""
    for _ in range(300):
        with opened(mounted / "exclusive"):
            pass
    with opened(mounted / "exclusive"), refused(errno.EBUSY):
        os.open(mounted / "exclusive", os.O_RDONLY)


def test_nonblocking_read(mounted: Path) -> None:
    with opened(mounted / "pipe", os.O_RDONLY | os.O_NONBLOCK) as fd, refused(errno.EAGAIN):
        os.read(fd, 1)
    with opened(mounted / "pipe") as fd:
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
        with refused(errno.EAGAIN):
            os.read(fd, 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_a_blocked_read(mounted: Path, number: signal.Signals) -> None:
    reader = subprocess.Popen(["cat", mounted / "pipe"])
    try:
        wait_until(lambda: any(line.startswith("open /pipe") for line in log(mounted)))
        time.sleep(0.05)
        start = time.monotonic()
        reader.send_signal(number)
        assert reader.wait(TIMEOUT_S) == -number
        assert time.monotonic() - start < 2
    finally:
        reader.kill()
        reader.wait()


def test_many_blocked_readers_hold_up_nobody(mounted: Path) -> None:
    """libfuse's default of ten threads would be used up."""
    readers = [
        subprocess.Popen(["head", "-c", "1", mounted / "pipe"], stdout=subprocess.PIPE)
        for _ in range(20)
    ]
    try:
        wait_until(
            lambda: sum(line.startswith("open /pipe") for line in log(mounted)) == len(readers)
        )
        assert (mounted / "current_tracer").read_bytes() == b"nop\n"
        for _ in readers:
            feed(mounted, b"x")
        for reader in readers:
            assert reader.communicate(timeout=TIMEOUT_S)[0] == b"x"
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
            assert reader.stdout
            reader.stdout.close()


def test_poll_waits_for_data(mounted: Path) -> None:
    with opened(mounted / "pipe", os.O_RDONLY | os.O_NONBLOCK) as fd:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        assert poll.poll(20) == []
        later = threading.Timer(0.1, feed, (mounted, b"abc"))
        later.start()
        start = time.monotonic()
        assert poll.poll(TIMEOUT_S * 1000) == [(fd, select.POLLIN)]
        assert time.monotonic() - start < 5
        later.join()
        assert os.read(fd, 10) == b"abc"
        assert poll.poll(0) == []


def test_epoll_again_and_again(mounted: Path) -> None:
    with opened(mounted / "pipe", os.O_RDONLY | os.O_NONBLOCK) as fd, select.epoll() as epoll:
        epoll.register(fd, select.EPOLLIN)
        for number in range(50):
            feed(mounted, b"%d" % number)
            assert epoll.poll(TIMEOUT_S) == [(fd, select.EPOLLIN)]
            assert os.read(fd, 10) == b"%d" % number
            assert epoll.poll(0) == []


def test_parallel_clients(mounted: Path) -> None:
    wrong = []

    def work() -> None:
        for _ in range(50):
            if (mounted / "current_tracer").read_bytes() != b"nop\n":
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
