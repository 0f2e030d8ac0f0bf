"""The whole tree: the root's table, and paths looked up from it."""

from __future__ import annotations

from tracefs.control import (  # noqa: F401  (each declares its files into the tables)
    buffers,
    cmdlines,
    ftrace,
    instances,
    marker,
    pids,
    trace,
    trace_options,
    trace_pipe,
    tracing,
)
from tracefs.control.directory import Directory, Node
from tracefs.control.machine import MACHINE
from tracefs.control.readme import readme
from tracefs.control.scope import KernelScope
from tracefs.control.tables import TOP

ROOT: Directory[KernelScope] = Directory(TOP, lambda kernel: kernel.traces.top, mode=0o700)
"""The root: the top trace array's files, and what concerns the whole mount."""


@ROOT.file("README")
def _readme(kernel: KernelScope) -> str:
    return readme(TOP, kernel.release)


ROOT.directory(".machine", MACHINE, lambda kernel: kernel.machine)


class Tree:
    """Paths of the mount, over the kernel that it shows."""

    def __init__(self, kernel: KernelScope) -> None:
        self._root = Node(ROOT, kernel, kernel.release)

    def resolve(self, path: str) -> Node:
        """The node at an absolute path such as ``/per_cpu/cpu0/trace`` (ENOENT, ENOTDIR)."""
        node = self._root
        for name in path.split("/"):
            if name:
                node = node.child(name)
        return node
