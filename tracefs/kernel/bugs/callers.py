"""What a traced site leads to: S11, S23."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefs.kernel.bugs.table import bug

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

SUBTRACT = bytes.fromhex("83e805")
"""``subl $5, %eax``"""
PROLOGUE = 3
"""Bytes before the call to mcount: ``pushl %ebp; movl %esp, %ebp``."""


@bug(
    "traced-ftrace",
    seed="S11",
    live=False,
    symptom="a part of the tracer is traced itself: it is called while it is called",
    how=(
        "echo function > current_tracer",
        "grep recursion .machine/dmesg",
    ),
    sign=r"recursion detected: .* ftrace_traced_helper",
)
def traced_ftrace(system: System) -> Iterator[None]:
    """An object of arch/x86/kernel with call sites, on the way to the function tracer."""
    system.ftrace.add_site(system.symbol("ftrace_traced_helper") + PROLOGUE)
    system.trouble.stand_ins["function_trace_call"] = "function_trace_call_traced"
    yield


@bug(
    "return-address",
    seed="S23",
    symptom="tracers are told the address behind the call site, not the site",
    how=(
        "echo raw > trace_options; echo vfs_read > set_ftrace_filter",
        "echo function > current_tracer",
        "cat current_tracer > /dev/null",
        "awk '/ vfs_read$/ { print $1 }' .machine/records",
        "awk '/^[0-9]/ { print $4; exit }' trace",
    ),
    sign=r"\A([0-9a-f]+)\n(?!\1)[0-9a-f]+\n",
)
def return_address(system: System) -> Iterator[None]:
    """The callers do not subtract the size of the call."""
    where = []
    for name in ("ftrace_caller", "ftrace_regs_caller"):
        start = system.symbol(name)
        code = system.memory.read(start, 64)
        where.append(start + code.index(SUBTRACT) + 2)
    for at in where:
        system.memory.put_u8(at, 0)
    system.machine.flush_text()
    yield
    for at in where:
        system.memory.put_u8(at, SUBTRACT[2])
    system.machine.flush_text()
