"""libfuse 3, loaded through mfusepy, which declares its structures."""

from __future__ import annotations

import ctypes
import os
from types import ModuleType
from typing import Any

from tracefs.errors import UserError

_SONAMES = ("libfuse3.so.4", "libfuse3.so.3")


def load() -> tuple[ModuleType, Any]:
    """The mfusepy module and the C library under it (UserError where libfuse 3 is missing)."""
    for soname in _SONAMES:
        try:
            library = ctypes.CDLL(soname)
        except OSError:
            continue
        break
    else:
        raise UserError("libfuse 3 is missing on this machine: apt-get install fuse3")
    # Told the path, mfusepy neither searches for it (5 ms) nor finds libfuse 2 first.
    os.environ["FUSE_LIBRARY_PATH"] = soname
    try:
        import mfusepy
    except ImportError:
        raise UserError("the Python package mfusepy is missing: pip install mfusepy") from None
    library.fuse_get_context.restype = ctypes.POINTER(mfusepy.fuse_context)
    library.fuse_get_session.restype = ctypes.c_void_p
    library.fuse_get_session.argtypes = [ctypes.c_void_p]
    library.fuse_session_exited.argtypes = [ctypes.c_void_p]
    library.fuse_notify_poll.argtypes = [ctypes.c_void_p]
    library.fuse_pollhandle_destroy.restype = None
    library.fuse_pollhandle_destroy.argtypes = [ctypes.c_void_p]
    return mfusepy, library
