"""The tracing directory's files.

``Tree(kernel)`` is the whole directory over a `KernelScope`. The layer above calls, always with the
machine's lock held (and ``open``, ``read``, ``write`` from inside the guest's system call)::

    node = tree.resolve("/instances/a/trace")   # OSError ENOENT, ENOTDIR
    node.attr() -> (mode, nlink, size)          # size is always 0
    node.is_directory; node.names() -> list[str]
    node.mkdir(name); node.rmdir(name)          # EPERM except in instances/; EEXIST, ENOENT, EBUSY
    handle = node.open(flags, task)             # open(2)'s flags, O_TRUNC and O_APPEND included

    handle.read(size, offset) -> bytes          # BlockingIOError: wait for handle.ready(), retry
    handle.write(data, offset, task) -> int     # may take less than it is given
    handle.flush(task)                          # at every close(2) of a descriptor; idempotent
    handle.close()                              # after the last one
    handle.poll() -> int                        # mask of poll(2)
    handle.ready() -> bool                      # a waiting read would return: data, or an end
    handle.seekable                             # False: FOPEN_NONSEEKABLE (lseek is ESPIPE)

Tables of files are in the modules of this package, one topic each; directory.py has the framework,
handle.py the kinds of files.
"""

from __future__ import annotations

from tracefs.control.directory import Directory, Family, File, Node
from tracefs.control.handle import Handle
from tracefs.control.scope import KernelScope, MachineScope
from tracefs.control.tree import Tree

__all__ = [
    "Directory",
    "Family",
    "File",
    "Handle",
    "KernelScope",
    "MachineScope",
    "Node",
    "Tree",
]
