"""The whole tree: the root's table, and paths looked up from it."""

from __future__ import annotations

from tracefs.control import (  # noqa: F401  (each declares its files into the tables)
    buffers,
    cmdlines,
    error_log,
    events,
    ftrace,
    function_profile,
    graph,
    instances,
    kprobes,
    marker,
    pids,
    printk_formats,
    snapshot,
    stack_trace,
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
from tracefs.release import Feature

ROOT: Directory[KernelScope] = Directory(TOP, lambda kernel: kernel.traces.top, mode=0o700)
"""The root: the top trace array's files, and what concerns the whole mount."""


@ROOT.file("README")
def _readme(kernel: KernelScope) -> str:
    return readme(TOP, kernel.release)


ROOT.directory(".machine", MACHINE, lambda kernel: kernel.machine)


def _root(kernel: KernelScope) -> Node:
    if kernel.release.has(Feature.TRACEFS):
        return Node(ROOT, kernel, kernel.release)
    from tracefs.control import debugfs  # the directory before tracefs is a table of its own

    return Node(debugfs.ROOT, debugfs.Tracing(kernel), kernel.release)


class Tree:
    """Paths of the mount, over the kernel that it shows."""

    def __init__(self, kernel: KernelScope) -> None:
        self._root = _root(kernel)

    def resolve(self, path: str) -> Node:
        """The node at an absolute path such as ``/per_cpu/cpu0/trace`` (ENOENT, ENOTDIR)."""
        node = self._root
        for name in path.split("/"):
            if name:
                node = node.child(name)
        return node
