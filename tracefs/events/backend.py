"""What events need of the guest, behind protocols, so that tests can use a fake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray


class FieldInfo(NamedTuple):
    """A field as the guest describes it; it begins where the one before ends, aligned."""

    type: str
    name: str
    size: int
    align: int
    signed: bool


class CallInfo(NamedTuple):
    """A struct trace_event_call: ``key`` is its address; without a tracepoint tracers write it."""

    key: int
    system: str
    name: str
    type: int
    tracepoint: bool


class GuestFile(Protocol):
    """A struct trace_event_file: an event in a trace array."""

    flags: int
    """EVENT_FILE_FL_*; the guest changes SOFT_DISABLED."""

    def link(self) -> None:
        """Let the event be recorded here, or do here what its triggers say."""

    def unlink(self) -> None:
        """Undo link."""

    def set_filter(self, program: Sequence[Pred] | None) -> None:
        """Record what the program accepts only; None: everything."""

    def set_triggers(self, triggers: Sequence[GuestTrigger]) -> None:
        """What the event runs, in this order."""

    def create_trigger(
        self,
        function: str,
        count: int,
        *,
        program: Sequence[Pred] | None = None,
        other: GuestFile | None = None,
        post: bool = False,
        hit: Callable[[int], None] | None = None,
    ) -> GuestTrigger:
        """Make a trigger that calls a function of the guest; see struct event_trigger_data.

        ``hit``, with the CPU's number, is for a function that leaves the work to the host.
        """

    def free(self) -> None:
        """Release it; it is not linked."""


class GuestTrigger(Protocol):
    """A struct event_trigger_data."""

    @property
    def count(self) -> int:
        """How often it may still run; -1: always."""

    def free(self) -> None:
        """Release it; no file has it any more."""


class Pred(NamedTuple):
    """A step of a filter's program: a struct filter_pred (see trace_events_filter.c).

    ``kind`` and ``op`` are names of its enums without their prefix. The last step is "END", and its
    ``target`` the result; the others go on at ``target`` if they come out as ``branch``.
    """

    kind: str
    target: int
    branch: bool = False
    op: str = "EQ"
    offset: int = 0
    size: int = 0
    signed: bool = False
    value: int = 0
    match: str = "FULL"
    pattern: bytes = b""
    negate: bool = False


class GuestEvents(Protocol):
    """The guest's events."""

    def calls(self) -> Iterable[CallInfo]:
        """All there are, in the order of their types."""

    def common_fields(self) -> Iterable[FieldInfo]:
        """The fields that every entry begins with."""

    def fields(self, key: int) -> Iterable[FieldInfo]:
        """An event's own fields."""

    def print_fmt(self, key: int) -> str:
        """An event's format: a C string and its arguments."""

    def variable(self, name: str) -> int:
        """The value of a constant or variable of the guest, unsigned; 0 if there is none."""

    def create_file(self, key: int, tr: TraceArray) -> GuestFile:
        """Make an event's file in a trace array (ENOMEM)."""
