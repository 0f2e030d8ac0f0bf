"""Names and thread groups of the tasks that were traced."""

from __future__ import annotations

from collections.abc import Iterator

from tracefs.control.parse import parse_ulong
from tracefs.control.tables import TOP
from tracefs.trace.array import TraceArray


@TOP.seq("saved_cmdlines")
def saved_cmdlines(tr: TraceArray) -> Iterator[str]:
    """The names of traced tasks, by pid"""
    for pid, comm in list(tr.backend.cmdlines.comms()):
        yield f"{pid} {comm.decode('latin-1')}\n"


@TOP.file("saved_cmdlines_size", seekable=False)
def saved_cmdlines_size(tr: TraceArray) -> str:
    """How many names saved_cmdlines has room for; write a number to change it"""
    return f"{tr.backend.cmdlines.size}\n"


@saved_cmdlines_size.write
def _(tr: TraceArray, text: str) -> None:
    tr.backend.cmdlines.resize(parse_ulong(text))


@TOP.seq("saved_tgids")
def saved_tgids(tr: TraceArray) -> Iterator[str]:
    """The thread groups of traced tasks, by pid (option record-tgid)"""
    for pid, tgid in list(tr.backend.cmdlines.tgids()):
        yield f"{pid} {tgid}\n"
