"""Where hooked functions return to: S3, S6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefs.kernel.bugs.table import bug

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

RET = b"\xc3"


@bug(
    "pop-order",
    seed="S3",
    since="2.6.28.1",
    symptom="a pop lowers the index first: an interrupt takes the slot, and the return goes astray",
    how=(
        "echo function_graph > current_tracer",
        "for i in 1 2 3; do echo vfs 300 > .machine/workload; done",
        "grep -A2 crash .machine/dmesg",
    ),
    sign=r"guest crash: ",
)
def pop_order(system: System) -> Iterator[None]:
    """Read after the index was lowered."""
    at, size = system.symbol("return_to_handler"), system.arch.insn_size
    target = system.symbol("ftrace_return_to_handler")
    while system.arch.call_target(at) != target:
        at += 1
    kept = system.memory.read(at, size)

    def put(code: bytes) -> None:
        system.memory.write(at, code)
        system.machine.flush_text()

    put(system.arch.call_code(at, system.symbol("ftrace_return_to_handler_lowered")))
    yield
    put(kept)


@bug(
    "trace-switch-to",
    seed="S6",
    since="2.6.28.1",
    live=False,
    symptom="a task that is switched to goes on with another task's return address: panic",
    how=(
        "echo function_graph > current_tracer; sleep 0.3",
        "grep -A2 crash .machine/dmesg",
    ),
    sign=r"guest crash: ",
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
    symptom="a child begins with its parent's depth and overruns: its own stack is the sooner full",
    how=(
        "echo return > current_tracer; echo deep 5 30 > .machine/workload",
        "echo fork 20 > .machine/workload",
        "echo overrun > trace_options",
        "grep -e '-> schedule_tail' trace",
    ),
    sign=r"Overruns: [1-9]",
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
