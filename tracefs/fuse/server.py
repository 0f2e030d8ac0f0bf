"""Serve a Service at a mount point until it is unmounted or the process is told to end."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

from tracefs.fuse.library import load
from tracefs.fuse.operations import Operations
from tracefs.fuse.service import Service

MAX_THREADS = 64
"""Each blocked read holds one, and libfuse's default of 10 would stop everything at the tenth."""
SWITCH_INTERVAL_S = 0.0005
"""How long another Python thread may compute while a request waits."""


def serve(
    service: Service,
    mountpoint: str,
    ready: Callable[[], None],
    *,
    auto_unmount: bool = False,
) -> bool:
    """Mount, call ``ready`` when the mount answers, and return when it is gone.

    False if it could not be mounted; libfuse has then written the reason to stderr. SIGINT, SIGTERM
    and SIGHUP unmount. ``auto_unmount`` leaves a helper process (fusermount3) that unmounts should
    this process be killed. UserError where libfuse 3 is missing.
    """
    mfusepy, library = load()
    operations = Operations(service, mfusepy, library, ready)
    options = ["fsname=tracefs", "subtype=tracefs", "default_permissions"]
    options.append(f"max_idle_threads={MAX_THREADS}")
    if library.fuse_version() >= 312:  # before, their number has no limit
        options.append(f"max_threads={MAX_THREADS}")
    if os.getuid() == 0:
        options.append("allow_other")
    if auto_unmount:
        options.append("auto_unmount")
    arguments = [b"tracefs", b"-f", b"-o", ",".join(options).encode(), os.fsencode(mountpoint)]
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # libfuse takes over defaults only
    library.fuse_main_real(
        len(arguments),
        (ctypes.c_char_p * len(arguments))(*arguments),
        ctypes.byref(operations.table),
        ctypes.c_size_t(ctypes.sizeof(operations.table)),
        None,
    )
    return operations.mounted
