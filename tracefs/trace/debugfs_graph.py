"""Text of function_graph as 2.6.29 printed it (kernel/trace/trace_functions_graph.c of then).

It looked like today's, but for: a line of its own where the first task of a CPU is met; one header
``OVERHEAD/DURATION``; marks for 10 and 100 us only; bare closing braces; and what comes through a
pipe is never joined to ``f();``.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from tracefs.trace.entries import HEADER_SIZE, PRINT
from tracefs.trace.graph_options import CPU, OVERHEAD, OVERRUN, PROC

if TYPE_CHECKING:
    from tracefs.ring import Event
    from tracefs.trace.debugfs import DebugfsPrinter

EXIT, ENTRY = 10, 11
INDENT = 2
_NO_TIME = "            |  "
_PROC_WIDTH = 14
_RULE = f" {'-' * 42}\n"
_ENTRY_FIELDS = Struct("<Ii")
_EXIT_FIELDS = Struct("<IiIQQ")
_COMMON = Struct("<HBBi")


def header(flags: int) -> str:
    """The two lines that name the columns."""
    first, second = "# ", "# "
    for option, above, below in (
        (CPU, "CPU ", "|   "),
        (PROC, "TASK/PID     ", "|      |     "),
        (OVERHEAD, "OVERHEAD/", "|        "),
    ):
        if flags & option.mask:
            first, second = first + above, second + below
    second += "|" if flags & OVERHEAD.mask else "    |"
    gap = " " * (19 if flags & OVERHEAD.mask else 15)
    return f"{first}DURATION            FUNCTION CALLS\n{second}{gap}|   |   |   |\n"


def line(printer: DebugfsPrinter, event: Event, flags: int) -> str | None:
    """The text of one entry; None for what is not this tracer's."""
    number, _, _, pid = _COMMON.unpack_from(event.data)
    if number not in (ENTRY, EXIT, PRINT.number):
        return None
    text = _task(printer, event.cpu, pid) + _columns(printer, event.cpu, pid, flags)
    if number == ENTRY:
        return text + _entry(printer, event, flags)
    if number == EXIT:
        return text + _exit(printer, event, flags)
    body = PRINT.message(printer, event.data)
    return f"{text}{_overhead(flags)}{_NO_TIME}/* {body} */\n"


def duration(ns: int) -> str:
    """Microseconds, seven digits at the most, and what fills the column."""
    us, rest = divmod(ns, 1000)
    whole = str(us)
    part = f"{rest:03d}"[: max(7 - len(whole), 0)]
    return f"{whole}{'.' if part else ''}{part} us {' ' * (7 - len(whole) - len(part))}|  "


def _entry(printer: DebugfsPrinter, event: Event, flags: int) -> str:
    function, depth = _ENTRY_FIELDS.unpack_from(event.data, HEADER_SIZE)
    call = f"{' ' * (depth * INDENT)}{printer.name(function)}()"
    took = _leaf(printer, event, function)
    if took is None:
        return f"{_overhead(flags)}{_NO_TIME}{call} {{\n"
    return f"{_overhead(flags, took)}{duration(took)}{call};\n"


def _exit(printer: DebugfsPrinter, event: Event, flags: int) -> str:
    _, depth, overrun, began, ended = _EXIT_FIELDS.unpack_from(event.data, HEADER_SIZE)
    took = ended - began
    text = f"{_overhead(flags, took)}{duration(took)}{' ' * (depth * INDENT)}}}\n"
    return text + f" (Overruns: {overrun})\n" if flags & OVERRUN.mask else text


def _leaf(printer: DebugfsPrinter, event: Event, function: int) -> int | None:
    # How long the function took, if the next thing that its CPU recorded was its return.
    following = printer.source.after(event.cpu) if printer.source is not None else None
    if following is None or following.data[:2] != bytes((EXIT, 0)):
        return None
    if following.data[4:8] != event.data[4:8]:
        return None
    left, _, _, began, ended = _EXIT_FIELDS.unpack_from(following.data, HEADER_SIZE)
    if left != function:
        return None
    assert printer.source is not None
    printer.source.drop_after(event.cpu)
    return int(ended - began)


def _overhead(flags: int, ns: int = 0) -> str:
    if not flags & OVERHEAD.mask:
        return ""
    return "! " if ns > 100_000 else "+ " if ns > 10_000 else "  "


def _columns(printer: DebugfsPrinter, cpu: int, pid: int, flags: int) -> str:
    text = _cpu(printer, cpu) if flags & CPU.mask else ""
    return f"{text}{_proc(printer, pid)} | " if flags & PROC.mask else text


def _task(printer: DebugfsPrinter, cpu: int, pid: int) -> str:
    # The very first task of a CPU follows upon -1.
    before = printer.pids.get(cpu, -1)
    if before == pid:
        return ""
    printer.pids[cpu] = pid
    names = f"{_cpu(printer, cpu)}{_proc(printer, before)} => {_proc(printer, pid)}"
    return f"{_RULE}{names}\n{_RULE}\n"


def _cpu(printer: DebugfsPrinter, cpu: int) -> str:
    return f" {cpu:{len(str(printer.cpus))}d}) "


def _proc(printer: DebugfsPrinter, pid: int) -> str:
    name = "<...>" if pid < 0 else printer.comm(pid)
    text = f"{name[:7]}-{pid}"
    spaces = max(_PROC_WIDTH - len(text), 0)
    return " " * (spaces // 2) + text + " " * (spaces - spaces // 2)
