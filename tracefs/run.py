"""``tracefs run``: a command that finds the emulated kernel where it looks for the real one.

The command gets a mount namespace of its own in which the mount is /sys/kernel/tracing. Nothing of
it is seen outside, and it ends with its last process. What the command's processes do there becomes
system calls of the emulated kernel (tracefs.bridge), and its insmod and lsmod are that kernel's.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from tracefs import linux
from tracefs.errors import UserError
from tracefs.fuse import Service
from tracefs.mount import FILE_SYSTEM, check_fuse, start_daemon

TRACING = "/sys/kernel/tracing"
DEBUG = "/sys/kernel/debug"
FIFO = f"{DEBUG}/.strace"
"""Where strace writes; it goes with the namespace."""
HOST_FILE_SYSTEMS = ("tracefs", "debugfs", FILE_SYSTEM)
FORBIDDEN = {
    "sys_module": 16,
    "sys_rawio": 17,
    "sys_ptrace": 19,  # /proc/1/root leads out of the namespace
    "sys_admin": 21,
    "perfmon": 38,
    "bpf": 39,
}
"""Capabilities (capability.h) that reach the host's tracing; the command gets none of them."""
COMMANDS = Path(__file__).with_name("commands")
"""insmod and its relatives, first in the command's PATH."""
Boot = Callable[["str | None"], Service]
"""Starts what shall be served, with a fifo in which strace tells of the command's processes."""
_QUIET = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
_STOP_S = 5.0


def run(command: Sequence[str], boot: Boot, *, log_file: str | None, bridge: bool) -> int:
    """Run the command and return its exit status, 128 + the signal's number if one killed it.

    ``bridge``: what its processes do outside the mount is seen as well. Raises UserError where the
    namespace or the mount cannot be made.
    """
    check_fuse()
    with _set_up():
        _enter_namespace()
        _hide_host()
        _make_mount_points()
        fifo = _Fifo() if bridge and _can_bridge() else None
    path = FIFO if fifo else None
    daemon = start_daemon(
        lambda: boot(path),
        TRACING,
        log_file=log_file,
        auto_unmount=False,  # the mount ends with the namespace
        prepare=lambda: linux.die_with_parent(signal.SIGTERM),
    )
    try:
        with _set_up():
            _protect_sysctl()
            _bind_views()
        return _wait_for(_start(command, path), daemon, fifo)
    finally:
        _stop(daemon)
        if fifo:
            fifo.leave()


def _can_bridge() -> bool:
    from tracefs.bridge import strace

    problem = strace.problem(_confine)
    if problem:
        sys.stderr.write(
            f"tracefs run: what the command does outside the mount is not traced ({problem}; "
            "--no-bridge silences this)\n"
        )
    return problem is None


class _Fifo:
    """Where strace writes. The daemon reads it, and this process once the daemon cannot.

    A reader there must be: without one strace ends, and with it what it traces.
    """

    def __init__(self) -> None:
        self.fd = os.open(FIFO, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def empty(self) -> bool:
        """Throw away what is there; False once nobody writes any more."""
        try:
            return bool(os.read(self.fd, 1 << 16))
        except BlockingIOError:
            return True

    def leave(self) -> None:
        """Stay a reader, in a process of its own, for what the command has left running."""
        if os.fork() == 0:
            try:
                os.setsid()
                os.set_blocking(self.fd, True)
                os.dup2(self.fd, 0)
                os.closerange(1, os.sysconf("SC_OPEN_MAX"))
                while os.read(0, 1 << 16):
                    pass
            finally:
                os._exit(0)


@contextlib.contextmanager
def _set_up() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise UserError(f"cannot make the private view: {error.strerror}{where}") from None


def _enter_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    try:
        linux.unshare(linux.CLONE_NEWNS | (linux.CLONE_NEWUSER if uid else 0))
    except OSError as error:
        raise UserError(
            f"no private namespace: {error.strerror} (an ordinary user needs user namespaces: "
            "sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
            "kernel.apparmor_restrict_unprivileged_userns)"
        ) from None
    if uid:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"0 {uid} 1"),
            ("gid_map", f"0 {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)


def _hide_host() -> None:
    """Take the host's own tracing file systems out of sight, and other mounts of this program."""
    for mount in reversed(list(linux.mounts())):
        if mount.type in HOST_FILE_SYSTEMS:
            # A user namespace may not uncover what its parent covered. What has no daemon any more
            # cannot be covered, and shows nothing.
            with contextlib.suppress(OSError):
                try:
                    linux.umount(mount.path, linux.MNT_DETACH)
                except OSError:
                    linux.mount("none", mount.path, "tmpfs", _QUIET | linux.MS_RDONLY)


def _make_mount_points() -> None:
    """A tmpfs on both directories, whose names are signposts.

    libtracefs scans /proc/mounts with scanf, which ends a word at a vertical tab too: to it, each
    of these lines says that the directory is a tracefs or debugfs mount. Without them it mounts the
    host's.
    """
    if not (os.path.isdir(TRACING) and os.path.isdir(DEBUG)):
        _add_names("/sys/kernel", directories=("tracing", "debug"))
    linux.mount(f"x\v{TRACING}\vtracefs", TRACING, "tmpfs", _QUIET | linux.MS_RDONLY, "size=4k")
    linux.mount(f"x\v{DEBUG}\vdebugfs", DEBUG, "tmpfs", _QUIET, "size=4k,mode=700")
    os.mkdir(f"{DEBUG}/tracing")
    os.mkfifo(FIFO, 0o600)
    linux.mount("none", DEBUG, None, linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _QUIET)


def _protect_sysctl() -> None:
    """The host's settings can be read, not written: a suite that sets them means the emulated."""
    linux.bind("/proc/sys", "/proc/sys", linux.MS_REC)
    linux.mount(
        "none", "/proc/sys", None, linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _QUIET
    )


def _bind_views() -> None:
    """The mount's second place, and the emulated /proc files over the host's."""
    linux.bind(TRACING, f"{DEBUG}/tracing")
    emulated = f"{TRACING}/.machine/proc"
    for directory, _, names in os.walk(emulated):
        target = "/proc" + directory.removeprefix(emulated)
        missing = [name for name in names if not os.path.exists(f"{target}/{name}")]
        if missing and target != "/proc" and os.path.isdir(target):
            _add_names(target, files=missing)
        for name in names:
            if os.path.exists(f"{target}/{name}"):
                linux.bind(f"{directory}/{name}", f"{target}/{name}")


def _add_names(directory: str, directories: Sequence[str] = (), files: Sequence[str] = ()) -> None:
    """Cover a directory in which nothing can be made with one that has these names as well."""
    covered = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        linux.mount("none", directory, "tmpfs", _QUIET, "mode=755")
        for entry in os.scandir(covered):
            path = os.path.join(directory, entry.name)
            if entry.is_dir(follow_symlinks=False):
                os.mkdir(path)
            else:
                _touch(path)
            linux.bind(f"/proc/self/fd/{covered}/{entry.name}", path, linux.MS_REC)
    finally:
        os.close(covered)
    for name in directories:
        os.makedirs(os.path.join(directory, name), exist_ok=True)
    for name in files:
        _touch(os.path.join(directory, name))


def _touch(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))


def _start(command: Sequence[str], fifo: str | None) -> int:
    pid = os.fork()
    if pid == 0:
        _execute(command, fifo)
    return pid


def _execute(command: Sequence[str], fifo: str | None) -> NoReturn:
    """In the child: become the command."""
    code = 126
    try:
        linux.die_with_parent(signal.SIGTERM)
        _confine()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)  # Python ignores them, and exec keeps that
        os.environ["PATH"] = f"{COMMANDS}:{os.environ.get('PATH', os.defpath)}"
        arguments = list(command)
        # Where there is no such program strace's message would not be ours.
        if fifo is not None and shutil.which(command[0]):
            from tracefs.bridge import strace

            arguments = strace.argv(command, fifo)
        os.execvp(arguments[0], arguments)
    except OSError as error:
        code = 127 if isinstance(error, FileNotFoundError) else 126
        sys.stderr.write(f"tracefs run: {command[0]}: {error.strerror}\n")
    finally:
        os._exit(code)


def _confine() -> None:
    """Give up, for this process and all it starts, what reaches the host's tracing."""
    linux.allow_tracers()
    for capability in FORBIDDEN.values():
        with contextlib.suppress(OSError):  # a kernel that does not know it yet
            linux.drop_from_bounding_set(capability)


def _wait_for(pid: int, daemon: int, fifo: _Fifo | None) -> int:
    """Wait for the command; the terminal's signals are the command's affair, others go on to it."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, frame: os.kill(pid, caught))
    if fifo:
        _stand_in(pid, daemon, fifo)
    status = os.waitpid(pid, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _stand_in(pid: int, daemon: int, fifo: _Fifo) -> None:
    """Until the command ends: read the fifo from the moment that the daemon no longer does."""
    command, server = os.pidfd_open(pid), os.pidfd_open(daemon)
    watched = {command, server}
    while command not in (ready := select.select(watched, [], [])[0]):
        if server in ready:
            watched = {command, fifo.fd}
        elif not fifo.empty():
            watched = {command}
    os.close(command)
    os.close(server)


def _stop(daemon: int) -> None:
    watch = os.pidfd_open(daemon)
    os.kill(daemon, signal.SIGTERM)
    if not select.select([watch], [], [], _STOP_S)[0]:
        os.kill(daemon, signal.SIGKILL)
    os.waitpid(daemon, 0)
    os.close(watch)
