"""The tasks that function tracing is limited to, or leaves out."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from tracefs.control.handle import SeqHandle, Task, error
from tracefs.control.parse import ULONG_MAX
from tracefs.control.tables import INSTANCE
from tracefs.trace.array import TraceArray

PID_LIMIT = 1 << 30
WORD_LIMIT = 127


def parse_pids(data: bytes) -> set[int]:
    """Numbers separated by blanks or NULs; decimal, 0x or 0 before them as in C.

    EINVAL for anything else, EPERM for numbers that no pid can have.
    """
    pids = set()
    for word in data.replace(b"\0", b" ").split():
        if len(word) >= WORD_LIMIT or not word.isalnum():
            raise error(errno.EINVAL)
        octal = word[:1] == b"0" and word.isdigit()
        try:
            pid = int(word, 8 if octal else 0)
        except ValueError:
            raise error(errno.EINVAL) from None
        if pid > ULONG_MAX:
            raise error(errno.EINVAL)
        if pid >= PID_LIMIT:
            raise error(errno.EPERM)
        pids.add(pid)
    return pids


class _Pids(SeqHandle[TraceArray]):
    def __init__(self, scope: TraceArray, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        if self.truncating:
            self.set(None)

    def get(self) -> frozenset[int] | None:
        """The list, None if there is none."""
        raise NotImplementedError

    def set(self, pids: frozenset[int] | None) -> None:
        """Replace the list."""
        raise NotImplementedError

    def records(self) -> Iterable[str]:
        pids = self.get()
        return ["no pid\n"] if pids is None else [f"{pid}\n" for pid in sorted(pids)]

    def write(self, data: bytes, offset: int, task: Task) -> int:
        pids = parse_pids(data) | (self.get() or frozenset())
        self.set(frozenset(pids) or None)
        return len(data)


class _EventPids(_Pids):
    def records(self) -> Iterable[str]:
        return [f"{pid}\n" for pid in sorted(self.get() or ())]


@INSTANCE.handle("set_event_pid")
class SetEventPid(_EventPids):
    """The tasks whose events are recorded, by pid; none listed means all"""

    def get(self) -> frozenset[int] | None:
        return self.scope.guest.event_pids[0]

    def set(self, pids: frozenset[int] | None) -> None:
        self.scope.guest.set_event_pids(pids, self.scope.guest.event_pids[1])


@INSTANCE.handle("set_event_notrace_pid")
class SetEventNotracePid(_EventPids):
    """The tasks whose events are not recorded, by pid"""

    def get(self) -> frozenset[int] | None:
        return self.scope.guest.event_pids[1]

    def set(self, pids: frozenset[int] | None) -> None:
        self.scope.guest.set_event_pids(self.scope.guest.event_pids[0], pids)


@INSTANCE.handle("set_ftrace_pid")
class SetFtracePid(_Pids):
    """The tasks whose functions are traced, by pid; none listed means all

    > starts anew, >> adds.
    """

    def get(self) -> frozenset[int] | None:
        return self.scope.pids

    def set(self, pids: frozenset[int] | None) -> None:
        self.scope.set_pids(pids)


@INSTANCE.handle("set_ftrace_notrace_pid")
class SetFtraceNotracePid(_Pids):
    """The tasks whose functions are not traced, by pid"""

    def get(self) -> frozenset[int] | None:
        return self.scope.no_pids

    def set(self, pids: frozenset[int] | None) -> None:
        self.scope.set_no_pids(pids)
