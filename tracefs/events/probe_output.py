"""Arguments of probes as text (print_probe_args of kernel/trace/trace_probe_tmpl.h)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.events.call import Field
    from tracefs.events.probe_args import FetchType, ProbeArg
    from tracefs.trace.entries import Context

FAULT = "(fault)"


def print_args(
    args: Sequence[ProbeArg], fields: Sequence[Field], context: Context, data: bytes
) -> str:
    """`` name=value`` for each argument of an entry."""
    text = ""
    for arg, field in zip(args, fields, strict=True):
        size = arg.type.size
        values = [
            _value(arg.type, context, data, field.offset + i * size) for i in range(arg.count or 1)
        ]
        text += f" {arg.name}={'{' + ','.join(values) + '}' if arg.count else values[0]}"
    return text


def _value(kind: FetchType, context: Context, data: bytes, at: int) -> str:
    value = int.from_bytes(data[at : at + kind.size], "little", signed=kind.signed)
    if kind.is_string:
        place, length = value & 0xFFFF, value >> 16 & 0xFFFF
        if not length:
            return FAULT
        string = data[place : place + length].partition(b"\0")[0]
        return f'"{string.decode("latin-1")}"'
    if kind.name == "symbol":
        return context.ksym(value, offset=True)
    return f"{value:#x}" if kind.name.startswith("x") else f"{value}"
