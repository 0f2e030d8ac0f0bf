"""What events need of the guest, behind protocols, so that tests can use a fake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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

    def create_call(
        self,
        info: CallInfo,
        fields: Sequence[FieldInfo],
        print_fmt: str,
        reg: Callable[[bool], None],
    ) -> CallInfo:
        """Make an event that is not the image's: the same with its key (ENOMEM).

        ``reg`` is called when the first trace array wants it, and when the last does no more.
        """

    def free_call(self, key: int) -> None:
        """Release one that was made; it has no files."""

    @property
    def probes(self) -> GuestProbes:
        """Probes at instructions."""


class Fetch(NamedTuple):
    """A step of an argument's program: a struct fetch_insn (see kernel/trace/trace_probe.h).

    ``op`` is a name of its enum without the prefix. ``symbol`` (an address, ``NAME+OFFSET``) and
    ``data`` (bytes) stand for the value of an "IMM".
    """

    op: str
    size: int = 0
    lshift: int = 0
    rshift: int = 0
    param: int = 0
    value: int = 0
    symbol: str = ""
    data: bytes | None = None


class FetchArg(NamedTuple):
    """A struct probe_arg: ``offset`` is where the argument is, from the first one's place on."""

    code: Sequence[Fetch]
    offset: int
    dynamic: bool


class GuestProbe(Protocol):
    """A struct trace_kprobe; ``module`` is where it is (None: the kernel)."""

    module: str | None

    @property
    def hits(self) -> int:
        """How often it was hit."""

    @property
    def missed(self) -> int:
        """How often it was hit where it could not record."""

    def arm(self) -> None:
        """Let it be hit (EBUSY, ENODEV)."""

    def disarm(self) -> None:
        """Let it be hit no more."""

    def free(self) -> None:
        """Release it; it is not armed."""


class GuestProbes(Protocol):
    """The guest's kprobes."""

    registers: Mapping[str, int]
    """Where each register is in struct pt_regs."""
    arguments: Sequence[str]
    """The registers that hold a function's first arguments."""
    maxactive: int
    """How many calls a probe of returns follows at once, unless it says."""

    def count(self, name: str) -> int:
        """How many symbols have that name."""

    def address(self, symbol: str) -> int | None:
        """The address of ``NAME`` or ``MODULE:NAME``."""

    def has_module(self, name: str) -> bool:
        """True while that module is loaded."""

    def offset(self, address: int) -> int | None:
        """How far behind the nearest symbol an address is; None: it is nowhere."""

    def check_traced(self, address: int) -> None:
        """EINVAL in a function that is not traced."""

    def check_place(self, address: int) -> None:
        """EINVAL where no probe may be, EILSEQ inside of an instruction."""

    def hashed(self, address: int) -> str:
        """An address as %p has it."""

    def create(
        self, key: int, address: int, args: Sequence[FetchArg], size: int, maxactive: int
    ) -> GuestProbe:
        """Make a probe of an event; ``maxactive`` is 0 unless it is one of returns (ENOMEM)."""
