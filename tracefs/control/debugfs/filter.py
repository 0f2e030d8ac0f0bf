"""Which functions can be traced, and which are to be."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tracefs.control.debugfs.table import ROOT, Tracing
from tracefs.control.handle import SeqHandle, Task
from tracefs.ftrace.flagged import FTRACE_BUFF_MAX
from tracefs.ftrace.ftraced import RecordedFtrace
from tracefs.ftrace.parser import TraceParser
from tracefs.release import Feature


class _Functions(SeqHandle[Tracing]):
    # ENODEV once a call site was not as it should be (S15).

    def __init__(self, scope: Tracing, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        scope.tr.backend.ftrace.check_alive()


@ROOT.handle("available_filter_functions", mode=0o444)
class AvailableFilterFunctions(_Functions):
    """The functions that can be traced, a line each"""

    def records(self) -> Iterable[bytes]:
        names = self.scope.tr.backend.ftrace.functions.names()
        return [name + b"\n" for name, valid in zip(names.names, names.valid, strict=True) if valid]


@ROOT.handle("failures", mode=0o444)
class Failures(_Functions):
    """The functions whose call sites could not be changed"""

    def records(self) -> Iterable[bytes]:
        # From 2.6.28 on such a record is freed before anybody can list it, and the files with it.
        ftrace = self.scope.tr.backend.ftrace
        if not isinstance(ftrace, RecordedFtrace):
            return ()
        names = map(self.scope.tr.backend.kallsyms.lookup, ftrace.failed)
        return [symbol.name.encode() + b"\n" for symbol in names if symbol is not None]


class _Filter(_Functions):
    # Words flag records as they come; sites are patched when the file is closed, and only if there
    # was a word: `echo > set_ftrace_filter` leaves a running tracer as it is.

    notrace = False

    def __init__(self, scope: Tracing, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        self._filters = scope.filters
        self._parser = TraceParser(FTRACE_BUFF_MAX + 1)
        self._words = 0
        if self.writing and not flags & os.O_APPEND:
            self._filters.clear(self.notrace)

    def records(self) -> Iterable[bytes]:
        return self._filters.lines(self.notrace).splitlines(keepends=True)

    def write(self, data: bytes, offset: int, task: Task) -> int:
        count = self._parser.feed(data) if data else 0
        if self._parser.loaded and not self._parser.cont:
            self._take()
        return count

    def flush(self, task: Task) -> None:
        if self._parser.loaded:
            self._take()
        if self._words:
            self._words = 0
            ours = self.scope.tr.guest.ops.hash
            if any(ops.hash is ours for ops in self.scope.tr.backend.ftrace.ops):
                self._filters.apply()

    def _take(self) -> None:
        word = self._parser.word
        self._parser.clear()
        self._filters.flag(word, self.notrace)
        self._words += 1


@ROOT.handle("set_ftrace_filter", mode=0o644)
class SetFtraceFilter(_Filter):
    """The functions to trace; none listed means all, unless something was written that matched none

    > starts anew, >> adds. Names may be begin* or *end or *part*; * alone is no name.
    From 2.6.29 on !name takes one away.
    """


@ROOT.handle("set_ftrace_notrace", mode=0o644)
class SetFtraceNotrace(_Filter):
    """The functions not to trace, also where set_ftrace_filter has them"""

    notrace = True


@ROOT.file("dyn_ftrace_total_info", mode=0o444)
def dyn_ftrace_total_info(tracing: Tracing) -> str:
    """How many call sites were turned into nops, and what the architecture adds"""
    ftrace = tracing.tr.backend.ftrace
    count = ftrace.total if isinstance(ftrace, RecordedFtrace) else len(ftrace.records)
    more = " " + ftrace.arch.read_dyn_info() if tracing.release.has(Feature.NMI_STATISTICS) else ""
    return f"{count}{more}\n"
