"""Where hooked functions return to: S6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefs.kernel.bugs.table import bug

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

RET = b"\xc3"


@bug(
    "trace-switch-to",
    seed="S6",
    since="2.6.28.1",
    live=False,
    symptom="a task that is switched to goes on with another task's return address: panic",
    how="echo return > current_tracer (2.6.29: function_graph); tail .machine/dmesg",
)
def trace_switch_to(system: System) -> Iterator[None]:
    """__switch_to has a call site, as if process_32.c were built with -pg."""
    site = system.memory.u32(system.symbol("__switch_to_mcount_loc"))
    mcount = system.arch.mcount_addr
    system.memory.write(site, system.arch.call_code(site, mcount))
    system.ftrace.add_site(site)
    yield


@bug(
    "inherit-returns",
    seed="S6",
    since="2.6.28.1",
    until="2.6.29",
    symptom="a child begins with its parent's depth: its stack of returns is the sooner full",
    how="echo return > current_tracer; echo fork 9 > .machine/workload; "
    "echo overrun > trace_options; grep -c 'Overruns: [1-9]' trace; fewer without",
)
def inherit_returns(system: System) -> Iterator[None]:
    """Fork does not empty the copy of the parent's stack."""
    at = system.symbol("ftrace_graph_init_task")
    kept = system.memory.read(at, 1)

    def put(code: bytes) -> None:
        system.memory.write(at, code)
        system.machine.flush_text()

    put(RET)
    yield
    put(kept)
