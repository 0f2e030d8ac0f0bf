"""``error_log``: what was wrong with commands that failed."""

from __future__ import annotations

from collections.abc import Iterable

from tracefs.control.handle import SeqHandle, Task
from tracefs.control.tables import INSTANCE
from tracefs.trace.array import TraceArray


@INSTANCE.handle("error_log")
class ErrorLogFile(SeqHandle[TraceArray]):
    """What was wrong with the last commands that failed, and where in them; > clears it"""

    def __init__(self, scope: TraceArray, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        if self.truncating:
            scope.errors.clear()

    def records(self) -> Iterable[str]:
        return [str(error) for error in self.scope.errors]

    def write(self, data: bytes, offset: int, task: Task) -> int:
        return len(data)
