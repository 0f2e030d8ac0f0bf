"""The comment lines above a trace (kernel/trace/trace.c: print_trace_header and its helpers)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.trace.clock import ns_to_us
from tracefs.trace.options import CONTEXT_INFO, IRQ_INFO, LATENCY_FORMAT, RECORD_TGID, VERBOSE
from tracefs.trace.output import ip_sym

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray

# The legend of the flags column; the indent is wider when thread groups are shown.
_IRQ_LEGEND = (
    "      _-----=> irqs-off/BH-disabled",
    "     / _----=> need-resched",
    "    | / _---=> hardirq/softirq",
    "    || / _--=> preempt-depth",
    "    ||| / _-=> migrate-disable",
    "    |||| /     delay",
)

_LATENCY_LEGEND = """\
#                    _------=> CPU#            
#                   / _-----=> irqs-off/BH-disabled
#                  | / _----=> need-resched    
#                  || / _---=> hardirq/softirq 
#                  ||| / _--=> preempt-depth   
#                  |||| / _-=> migrate-disable 
#                  ||||| /     delay           
#  cmd     pid     |||||| time  |   caller     
#     \\   /        ||||||  \\    |    /       
"""  # noqa: W291


def header(tr: TraceArray) -> str:
    """Everything above the first entry of ``trace``."""
    start = f"# tracer: {tr.tracer.name}\n#\n"
    if not tr.has(CONTEXT_INFO):
        return start
    entries, total = tr.counts()
    if tr.has(LATENCY_FORMAT):
        if not entries:
            return start
        text = start + latency_header(tr)
        return text if tr.has(VERBOSE) else text + _LATENCY_LEGEND
    if tr.has(VERBOSE):
        return start
    return start + _columns(tr, entries, total)


def _columns(tr: TraceArray, entries: int, total: int) -> str:
    lines = [
        f"# entries-in-buffer/entries-written: {entries}/{total}   #P:{tr.backend.cpus}",
        "#",
    ]
    tgid = tr.has(RECORD_TGID)
    irq = tr.has(IRQ_INFO)
    if irq:
        indent = "#" + " " * (36 if tgid else 26)
        lines += [indent + line for line in _IRQ_LEGEND]
    task, under_task = "#           TASK-PID    ", "#              | |      "
    if tgid:
        task, under_task = task + "   TGID   ", under_task + "     |    "
    if irq:
        lines.append(task + " CPU#  |||||  TIMESTAMP  FUNCTION")
        lines.append(under_task + "   |   |||||     |         |")
    else:
        lines.append(task + " CPU#     TIMESTAMP  FUNCTION")
        lines.append(under_task + "   |         |         |")
    return "\n".join(lines) + "\n"


def latency_header(tr: TraceArray) -> str:
    """What latency-format says of the whole trace (print_trace_header)."""
    entries, total = tr.counts()
    data = tr.data
    text = (
        f"# {tr.tracer.name} latency trace v1.1.5 on {tr.backend.uname}\n"
        f"# {'-' * 68}\n"
        f"# latency: {ns_to_us(data.latency)} us, #{entries}/{total}, CPU#{data.cpu} |"
        f" (M:desktop VP:0, KP:0, SP:0 HP:0 #P:{tr.backend.cpus})\n"
        "#    -----------------\n"
        f"#    | task: {data.task}\n"
        "#    -----------------\n"
    )
    if data.critical_start:
        text += (
            f"#  => started at: {ip_sym(tr, data.critical_start)}\n"
            f"#  => ended at:   {ip_sym(tr, data.critical_end)}\n"
            "#\n"
        )
    return text + "#\n"
