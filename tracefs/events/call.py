"""One event: its fields, its format, and the text of its entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from tracefs.events.print_fmt import compile_print_fmt
from tracefs.trace.entries import Context, EntryType

if TYPE_CHECKING:
    from tracefs.events.backend import CallInfo, FieldInfo, GuestEvents

_ARRAY = re.compile(r"(.*?)(\[.*\])$")


class Field:
    """A field of an entry. ``type`` is as declared: ``char[16]``, ``__data_loc char[]``."""

    def __init__(self, info: FieldInfo, offset: int) -> None:
        self.type = info.type
        self.name = info.name
        self.offset = offset
        self.size = info.size
        self.signed = info.signed

    @cached_property
    def dynamic(self) -> bool:
        """True if the entry has only the place of its content: u16 offset, u16 length."""
        return self.type.startswith("__data_loc")

    @cached_property
    def element(self) -> tuple[str, int] | None:
        """An array's element type and how many elements there are (0: dynamic); None: no array."""
        match = _ARRAY.match(self.type.removeprefix("__data_loc "))
        if match is None:
            return None
        length = match[2][1:-1]
        return match[1].strip(), int(length) if length.isdigit() else 0

    @property
    def is_string(self) -> bool:
        """True for arrays of characters."""
        return self.element is not None and self.element[0] in ("char", "const char")

    @property
    def is_pointer_to_string(self) -> bool:
        """True for ``char *`` in its spellings."""
        return self.type in ("char *", "const char *")

    def __str__(self) -> str:
        """The field's line of the format file."""
        declared = f"{self.type} {self.name}"
        if not self.dynamic and (match := _ARRAY.match(self.type)):
            declared = f"{match[1]} {self.name}{match[2]}"
        return (
            f"\tfield:{declared};\toffset:{self.offset};"
            f"\tsize:{self.size};\tsigned:{self.signed:d};\n"
        )


def place(infos: Iterable[FieldInfo], offset: int) -> list[Field]:
    """Fields from that offset on, each aligned as it wants."""
    fields = []
    for info in infos:
        offset = -(-offset // info.align) * info.align
        fields.append(Field(info, offset))
        offset += info.size
    return fields


class EventCall(EntryType):
    """An event (struct trace_event_call), and how its entries are printed."""

    def __init__(self, guest: GuestEvents, info: CallInfo, common: list[Field]) -> None:
        self._guest = guest
        self.key = info.key
        self.system = info.system
        self.name = info.name
        self.number = info.type
        self.tracepoint = info.tracepoint
        self.removed = False
        """True once a dynamic event is gone."""
        self.common = common

    def reg(self, on: bool) -> None:
        """A dynamic event: the first trace array wants it, or the last does no more."""
        raise NotImplementedError

    @cached_property
    def fields(self) -> list[Field]:
        """Its own fields, in the order of the entry."""
        last = self.common[-1]
        return place(self._guest.fields(self.key), last.offset + last.size)

    @cached_property
    def print_fmt(self) -> str:
        """The C string and arguments that its entries are printed with."""
        return self._guest.print_fmt(self.key)

    def format(self) -> Iterator[str]:
        """Its format file, record by record."""
        yield f"name: {self.name}\nID: {self.number}\nformat:\n"
        yield from map(str, self.common)
        yield "\n"
        yield from map(str, self.fields)
        yield f"\nprint fmt: {self.print_fmt}\n"

    def field(self, name: str) -> Field | None:
        """The field of that name, common or own."""
        return next((f for f in (*self.fields, *self.common) if f.name == name), None)

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        return f"{self.name}: {self._print(context, data)}\n"

    @cached_property
    def _print(self) -> Callable[[Context, bytes], str]:
        return compile_print_fmt(self.print_fmt, self.fields, self._guest.variable)
