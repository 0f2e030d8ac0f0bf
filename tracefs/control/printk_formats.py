"""The formats that entries of trace_printk name by their addresses."""

from __future__ import annotations

from collections.abc import Iterator

from tracefs.control.tables import TOP
from tracefs.trace.array import TraceArray

_ESCAPES = str.maketrans({"\n": "\\n", "\t": "\\t", "\\": "\\\\", '"': '\\"'})


@TOP.seq("printk_formats")
def printk_formats(tr: TraceArray) -> Iterator[str]:
    """The formats of trace_printk and their addresses, for readers of raw pages"""
    backend = tr.backend
    for address in backend.printk_formats():
        text = backend.cstring(address) or ""
        yield f'0x{address:x} : "{text.translate(_ESCAPES)}"\n'
