"""``set_graph_function`` of 2.6.29: up to 32 functions by their exact names."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable

import numpy as np

from tracefs.control.debugfs.table import ROOT, Tracing
from tracefs.control.handle import SeqHandle, Task, error
from tracefs.ftrace.flagged import FTRACE_BUFF_MAX
from tracefs.ftrace.hash import Hash

MAX_FUNCS = 32
_SPACE = b" \t\n\v\f\r"


@ROOT.handle("set_graph_function", since="2.6.29", mode=0o444)
class SetGraphFunction(SeqHandle[Tracing]):
    """The functions whose calls function_graph shows; none listed means all

    One exact name to a write, with a newline or a space behind it. > starts anew, >> adds.
    """

    def __init__(self, scope: Tracing, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        scope.tr.backend.ftrace.check_alive()
        if self.writing and not flags & os.O_APPEND:
            self._set([])

    def _set(self, sites: list[int]) -> None:
        self.scope.graph_functions = sites
        self.scope.tr.backend.graph.function = Hash(np.array(sorted(sites), np.uint64))

    def read(self, size: int, offset: int) -> bytes:
        if not self.reading:
            raise error(errno.EPERM)
        return super().read(size, offset)

    def records(self) -> Iterable[str]:
        name = self.scope.tr.backend.kallsyms.name
        return (f"{name(site)}\n" for site in self.scope.graph_functions)

    def write(self, data: bytes, offset: int, task: Task) -> int:
        sites = self.scope.graph_functions
        if data and len(sites) >= MAX_FUNCS:
            raise error(errno.EBUSY)
        begin = len(data) - len(data.lstrip(_SPACE))
        if begin == len(data):
            return len(data)
        # A word ends at white space, or loses its last byte where there is none.
        end = next((i for i in range(begin, len(data)) if data[i] in _SPACE), len(data) - 1)
        if end - begin > FTRACE_BUFF_MAX:
            raise error(errno.EINVAL)
        site = self._site(data[begin:end])
        if not site or site in sites:
            raise error(errno.EINVAL)
        self._set([*sites, site])
        return end + 1

    def _site(self, word: bytes) -> int:
        ftrace = self.scope.tr.backend.ftrace
        ftrace.check_alive()
        names = ftrace.functions.names()
        found = (i for i, name in enumerate(names.names) if name == word and names.valid[i])
        first = next(found, None)
        return 0 if first is None else int(ftrace.records.ips[first])
