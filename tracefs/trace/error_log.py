"""The errors of commands written to tracing files, kept for error_log (tracing_log_err)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_ERRORS = 8
_BEFORE_COMMAND = "  Command: "


@dataclass(frozen=True, slots=True)
class LoggedError:
    """``position`` is where in the command the error is, in characters; ``ns`` when it happened."""

    ns: int
    where: str
    text: str
    command: str
    position: int

    def __str__(self) -> str:
        """The lines that error_log shows."""
        seconds, ns = divmod(self.ns, 10**9)
        caret = " " * (len(_BEFORE_COMMAND) + self.position) + "^"
        return (
            f"[{seconds:5d}.{ns // 1000:06d}] {self.where}: error: {self.text}\n"
            f"{_BEFORE_COMMAND}{self.command}\n{caret}\n"
        )


class ErrorLog:
    """The newest errors of one trace array; ``now`` is the time in ns."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._errors: deque[LoggedError] = deque(maxlen=MAX_ERRORS)

    def __iter__(self) -> Iterator[LoggedError]:
        return iter(list(self._errors))

    def log(self, where: str, text: str, command: str, position: int) -> None:
        """Add an error; the oldest makes room."""
        self._errors.append(LoggedError(self._now(), where, text, command, position))

    def clear(self) -> None:
        """Forget all."""
        self._errors.clear()
