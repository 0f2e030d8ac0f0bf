"""``tracefs run``: a command that finds the emulated kernel where it looks for the real one.

The command gets a mount namespace of its own in which the mount is /sys/kernel/tracing. Nothing of
it is seen outside, and it ends with its last process.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn

from tracefs import linux
from tracefs.errors import UserError
from tracefs.mount import FILE_SYSTEM, Boot, check_fuse, start_daemon

TRACING = "/sys/kernel/tracing"
DEBUG = "/sys/kernel/debug"
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
_QUIET = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
_STOP_S = 5.0


def run(command: Sequence[str], boot: Boot, *, log_file: str | None) -> int:
    """Run the command and return its exit status, 128 + the signal's number if one killed it.

    Raises UserError where the namespace or the mount cannot be made.
    """
    check_fuse()
    with _set_up():
        _enter_namespace()
        _hide_host()
        _make_mount_points()
    daemon = start_daemon(
        boot,
        TRACING,
        log_file=log_file,
        auto_unmount=False,  # the mount ends with the namespace
        prepare=lambda: linux.die_with_parent(signal.SIGTERM),
    )
    try:
        with _set_up():
            _bind_views()
        return _wait_for(_start(command))
    finally:
        _stop(daemon)


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
    linux.mount("none", DEBUG, None, linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _QUIET)


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


def _start(command: Sequence[str]) -> int:
    pid = os.fork()
    if pid == 0:
        _execute(command)
    return pid


def _execute(command: Sequence[str]) -> NoReturn:
    """In the child: become the command."""
    code = 126
    try:
        linux.die_with_parent(signal.SIGTERM)
        for capability in FORBIDDEN.values():
            with contextlib.suppress(OSError):  # a kernel that does not know it yet
                linux.drop_from_bounding_set(capability)
        os.execvp(command[0], list(command))
    except OSError as error:
        code = 127 if isinstance(error, FileNotFoundError) else 126
        sys.stderr.write(f"tracefs run: {command[0]}: {error.strerror}\n")
    finally:
        os._exit(code)


def _wait_for(pid: int) -> int:
    """Wait for the command; the terminal's signals are the command's affair, others go on to it."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, frame: os.kill(pid, caught))
    status = os.waitpid(pid, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _stop(daemon: int) -> None:
    watch = os.pidfd_open(daemon)
    os.kill(daemon, signal.SIGTERM)
    if not select.select([watch], [], [], _STOP_S)[0]:
        os.kill(daemon, signal.SIGKILL)
    os.waitpid(daemon, 0)
    os.close(watch)
