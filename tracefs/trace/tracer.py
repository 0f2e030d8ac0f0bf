"""Tracers: what ``current_tracer`` can be. Each is a `Tracer`, listed in tracers.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tracefs.trace.header import header
from tracefs.trace.options import TracerOption
from tracefs.trace.output import Printer

if TYPE_CHECKING:
    from tracefs.release import Feature
    from tracefs.ring import Consumer, Event, Iterator
    from tracefs.trace.array import TraceArray
    from tracefs.trace.debugfs import DebugfsPrinter

    Source = Iterator | Consumer


class Tracer:
    """A tracer; it has no state of its own, every trace array that uses it has.

    Methods raise OSError with the kernel's errno.
    """

    name: ClassVar[str]
    options: ClassVar[tuple[TracerOption, ...]] = ()
    in_instances: ClassVar[bool] = False
    feature: ClassVar[Feature | None] = None
    """What a release must have for this tracer to be there; None: every one has it."""
    own_lines: ClassVar[bool] = False
    """Before tracefs: print_line prints its entries."""
    uses_max: ClassVar[bool] = False
    """The snapshot is the tracer's: it keeps the longest latency there, which `trace` shows."""

    @property
    def default_flags(self) -> int:
        """The masks of the options that are set from the start."""
        return sum(option.mask for option in self.options if option.default)

    def init(self, tr: TraceArray) -> None:
        """Begin tracing into ``tr``, whose buffer has just been emptied."""

    def reset(self, tr: TraceArray) -> None:
        """End what init began."""

    def start(self, tr: TraceArray) -> None:
        """``tracing_on`` went from 0 to 1."""

    def stop(self, tr: TraceArray) -> None:
        """``tracing_on`` went from 1 to 0."""

    def set_flag(self, tr: TraceArray, option: TracerOption, on: bool) -> None:
        """One of `options` is about to change; raise OSError(EINVAL) to refuse."""

    def header(self, tr: TraceArray) -> str:
        """What stands above the first entry of ``trace``."""
        return header(tr)

    def printer(self, tr: TraceArray, source: Source, annotate: bool = False) -> Printer:
        """What prints the entries that ``source`` gives."""
        return Printer(tr, annotate)

    def flag_changed(self, tr: TraceArray, mask: int, on: bool) -> None:
        """A core option is about to change; raise OSError(EINVAL) to refuse."""

    def print_header(self, tr: TraceArray) -> str | None:
        """Before tracefs: what stands below ``# tracer:``; None: what all have."""
        return None

    def print_line(self, printer: DebugfsPrinter, event: Event) -> str | None:
        """Before tracefs: an entry's text, in every format; None: it is printed as any tracer's."""
        return None
