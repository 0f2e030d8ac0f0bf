"""``tracefs mount`` and ``tracefs umount``: a daemon that serves one directory."""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import gc
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TextIO

from tracefs import linux
from tracefs.errors import UserError
from tracefs.fuse import Service

log = logging.getLogger(__name__)

Boot = Callable[[], Service]
"""Starts what shall be served; runs in the daemon."""

FILE_SYSTEM = "fuse.tracefs"
DEAD = (errno.ENOTCONN, errno.ECONNABORTED)
"""What a mount answers whose daemon was killed."""
LOG_LIMIT = 1 << 20
_READY = b"\0"


def mount(directory: str, boot: Boot, *, log_file: str | None, foreground: bool) -> None:
    """Boot and mount; returns when the mount answers, or with ``foreground`` when it is gone.

    Raises UserError where it could not be mounted.
    """
    target = check(directory)
    auto_unmount = shutil.which("fusermount3") is not None
    if foreground:
        _configure_log(sys.stderr)
        _serve(boot, target, lambda: None, auto_unmount)
    else:
        start_daemon(boot, target, log_file=log_file, auto_unmount=auto_unmount)


def umount(directory: str, *, lazy: bool) -> None:
    """Unmount; its daemon ends by itself. UserError where that is no tracefs mount, or busy."""
    target = os.path.realpath(directory)
    if not _is_tracefs(target):
        raise UserError(f"{directory} is not a tracefs mount")
    try:
        if os.geteuid() == 0:
            linux.umount(target, linux.MNT_DETACH if lazy else 0)
        else:
            _fusermount(target, lazy)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise UserError(f"cannot unmount {directory}: {error.strerror}") from None
        raise UserError(
            f"{directory} is busy: a process has a file open or works in it "
            f"(fuser -vm {directory} names it, tracefs umount --lazy unmounts all the same)"
        ) from None


def check(directory: str) -> str:
    """The directory's absolute path, if all is there to mount on it; cleans up a dead mount."""
    check_fuse()
    target = os.path.realpath(directory)
    try:
        mode = os.stat(target).st_mode
        os.statvfs(target)  # a dead mount's attributes may still be cached
    except FileNotFoundError:
        raise UserError(f"{directory} does not exist (mkdir -p {directory})") from None
    except OSError as error:
        if error.errno in DEAD and _is_tracefs(target):
            umount(target, lazy=True)
            return check(directory)
        raise UserError(f"cannot mount on {directory}: {error.strerror}") from None
    if not stat.S_ISDIR(mode):
        raise UserError(f"{directory} is not a directory")
    if _is_tracefs(target):
        raise UserError(f"{directory} is a tracefs mount already (tracefs umount {directory})")
    return target


def check_fuse() -> None:
    """UserError where this machine cannot mount FUSE file systems, with what mends it."""
    if not os.path.exists("/dev/fuse"):
        raise UserError(
            "/dev/fuse is missing: modprobe fuse; in a container, "
            "run it with --device /dev/fuse --cap-add SYS_ADMIN"
        )
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise UserError("/dev/fuse is not open to you: chmod 666 /dev/fuse as root")
    if os.geteuid() != 0 and shutil.which("fusermount3") is None:
        raise UserError("fusermount3 is missing: apt-get install fuse3")


def start_daemon(
    boot: Boot,
    target: str,
    *,
    log_file: str | None,
    auto_unmount: bool,
    prepare: Callable[[], None] = lambda: None,
) -> int:
    """Fork a daemon that boots and mounts on ``target``; its process id, once the mount answers.

    ``prepare`` runs first in the daemon. UserError with what the daemon said if it failed.
    """
    status_read, status_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(status_read)
        _run_daemon(boot, target, status_write, log_file, auto_unmount, prepare)
    os.close(status_write)
    message = b""
    try:
        with open(status_read, "rb", buffering=0) as status:
            while _READY not in message and (piece := status.read(4096)):
                message += piece
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGTERM)
        raise
    if _READY in message:
        return pid
    os.waitpid(pid, 0)
    lines = [line for line in message.decode(errors="replace").splitlines() if line.strip()]
    raise UserError("; ".join(lines) or "the daemon ended without a word")


def default_log_file(target: str) -> Path:
    """Where the daemon of the mount on ``target`` writes."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(state, "tracefs", target.strip("/").replace("/", "-") + ".log")


def _run_daemon(
    boot: Boot,
    target: str,
    status: int,
    log_file: str | None,
    auto_unmount: bool,
    prepare: Callable[[], None],
) -> NoReturn:
    """In the child: never returns to the caller's code."""
    code = 1
    try:
        os.setsid()
        os.chdir("/")
        # Until the mount answers, what is said on stderr (libfuse does) goes to the parent.
        null = os.open(os.devnull, os.O_RDWR)
        for number, source in ((0, null), (1, status), (2, status)):
            os.dup2(source, number)
        os.closerange(3, status)
        os.closerange(status + 1, os.sysconf("SC_OPEN_MAX"))
        log_fd = _open_log(Path(log_file) if log_file else default_log_file(target))
        _configure_log(os.fdopen(log_fd, "a", buffering=1, errors="replace"))

        def ready() -> None:
            os.write(status, _READY)
            os.dup2(log_fd, 1)
            os.dup2(log_fd, 2)
            os.close(status)

        try:
            prepare()
            _serve(boot, target, ready, auto_unmount)
            code = 0
        except UserError as error:
            os.write(2, f"{error}\n".encode())
        except Exception as error:
            log.exception("the daemon failed")
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def _serve(boot: Boot, target: str, ready: Callable[[], None], auto_unmount: bool) -> None:
    from tracefs.fuse.server import serve

    gc.disable()  # what a boot makes stays: looking through it again and again is in vain
    service = boot()
    gc.freeze()
    gc.enable()
    try:
        log.info("serving %s", target)
        if not serve(service, target, ready, auto_unmount=auto_unmount):
            raise UserError(f"cannot mount on {target}")
    finally:
        service.close()
    log.info("%s is unmounted", target)


def _open_log(path: Path) -> int:
    """A descriptor of the log file; of /dev/null where it cannot be opened."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            flags |= os.O_TRUNC
        return os.open(path, flags, 0o600)
    return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)


def _configure_log(stream: TextIO) -> None:
    # A full disk loses log lines, no more.
    logging.raiseExceptions = False
    # Where every thread stands, should the process crash or be sent SIGUSR1.
    faulthandler.enable(stream)
    faulthandler.register(signal.SIGUSR1, stream)
    logging.basicConfig(
        stream=stream, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", force=True
    )


def _is_tracefs(target: str) -> bool:
    return any(mount.path == target and mount.type == FILE_SYSTEM for mount in linux.mounts())


def _fusermount(target: str, lazy: bool) -> None:
    done = subprocess.run(
        ["fusermount3", "-u", *(["-z"] if lazy else []), "--", target],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        if "busy" in done.stderr.lower():
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), target)
        raise UserError(done.stderr.strip())
