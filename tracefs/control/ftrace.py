"""Which functions can be traced, which are to be, and which are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from tracefs.control.handle import LinesHandle, SeqHandle, Task
from tracefs.control.tables import INSTANCE, TOP
from tracefs.trace.array import TraceArray

if TYPE_CHECKING:
    from tracefs.ftrace import FtraceOps


@TOP.handle("available_filter_functions", mode=0o440)
class AvailableFilterFunctions(LinesHandle[TraceArray]):
    """The functions that can be traced, a line each, those of modules with [module]"""

    def __init__(self, scope: TraceArray, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        scope.backend.ftrace.avail_open()

    def text(self) -> bytes:
        return self.scope.backend.ftrace.available_lines()


@TOP.seq("enabled_functions")
def enabled_functions(tr: TraceArray) -> Iterable[bytes]:
    """The functions that are being traced, how often, and by what"""
    tr.settle()
    return tr.backend.ftrace.enabled_lines().splitlines(keepends=True)


@TOP.file("dyn_ftrace_total_info")
def dyn_ftrace_total_info(tr: TraceArray) -> bytes:
    """How many call sites there are, and what their records take"""
    return tr.backend.ftrace.total_info()


class _Edit(Protocol):
    def write(self, data: bytes) -> int: ...
    def text(self) -> bytes: ...
    def close(self) -> None: ...


class FilterHandle(SeqHandle[TraceArray]):
    """A file of functions: what is written to it takes effect when it is closed."""

    # The words written take effect when the file is closed. A shell closes a second descriptor
    # before it writes anything (dup2 of a redirection): a close without a write before it is
    # therefore held back until the release, or until somebody looks.

    notrace = False

    def __init__(self, scope: TraceArray, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        scope.settle()
        self._edit: _Edit | None = self._open(self.truncating)
        self._written = False

    def records(self) -> Iterable[bytes]:
        if self._edit is None:
            self._edit = self._open(False)
        return self._edit.text().splitlines(keepends=True)

    def write(self, data: bytes, offset: int, task: Task) -> int:
        waiting = self.scope.arrays.unsettled
        if self._commit in waiting:
            waiting.remove(self._commit)
        if self._edit is None:
            self._edit = self._open(False)
        self._written = True
        return self._edit.write(data)

    def flush(self, task: Task) -> None:
        if self._edit is None or not self.writing:
            return
        if self._written:
            self._commit()
        elif self._commit not in self.scope.arrays.unsettled:
            self.scope.arrays.unsettled.append(self._commit)

    def release(self) -> None:
        waiting = self.scope.arrays.unsettled
        if self._commit in waiting:
            waiting.remove(self._commit)
        self._commit()

    def _commit(self) -> None:
        edit, self._edit, self._written = self._edit, None, False
        if edit is not None:
            with contextlib.suppress(OSError):  # close(2) of these files never fails
                edit.close()

    def _open(self, truncate: bool) -> _Edit:
        ops = self.ops()
        return self.scope.backend.ftrace.open_filter(
            ops,
            notrace=self.notrace,
            write=self.writing,
            trunc=truncate,
            do_probes=not self.notrace and ops is self.scope.guest.ops,
        )

    def ops(self) -> FtraceOps:
        """Whose functions they are."""
        return self.scope.guest.ops


@INSTANCE.handle("set_ftrace_filter")
class SetFtraceFilter(FilterHandle):
    """The functions to trace; none listed means all

    Write names, separated by blanks; > starts anew, >> adds, !name removes. A name may be
      a glob, as in vfs_* or *_lock or vfs_r??d or vfs_[rw]*
      a number: the line in available_filter_functions
      function:mod:module, or :mod:module for all of a module, :mod:!module for all others;
      it waits for a module that is not loaded yet
    """


@INSTANCE.handle("set_ftrace_notrace")
class SetFtraceNotrace(FilterHandle):
    """The functions not to trace, also where set_ftrace_filter has them; written like it"""

    notrace = True
