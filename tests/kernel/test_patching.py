"""The releases' ways of changing call sites, on a running kernel."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era, era
from tracefs.arch import Breakpoint
from tracefs.kernel.scope import NR_RUN_WORKLOAD
from tracefs.machine import GuestCrash

__all__ = ["era"]

Boot = Callable[..., Era]


@pytest.mark.parametrize("release", ["2.6.28", "tip-return", "2.6.29"])
@pytest.mark.parametrize("options", [{}, {"seed": 3}, {"cpus": 4}], ids=["live", "seed", "four"])
def test_all_sites_there_and_back(era: Boot, release: str, options: dict[str, object]) -> None:
    old = era(release, **options)
    before = old.text()
    old.trace_only("**")
    old.cat("current_tracer")
    assert "vfs_read" in old.cat("trace")
    old.echo("nop", "current_tracer")
    assert old.text() == before


def test_the_tip_tree_has_the_statistics(era: Boot) -> None:
    tip = era("tip-return")
    sites, waits, writes = map(int, tip.cat("dyn_ftrace_total_info").split())
    assert sites == len(tip.ftrace.records)
    assert waits == writes == 0
    assert "set_ftrace_pid" not in tip.ls()


class Watched:
    """A 6.1 whose CPUs are in the middle of a workload while one site is changed."""

    def __init__(self, era: Era, function: str = "vfs_read") -> None:
        self.era = era
        self.machine = era.system.machine
        self.site = era.site(function)
        patching = era.system.patching
        assert isinstance(patching, Breakpoint)
        patching.synced = self._synced
        self.steps: list[tuple[str, bytes]] = []
        self.between: Callable[[], None] = self.run

    def _synced(self, step: str) -> None:
        code = self.era.code(self.site)
        if code[0] == 0xCC or self.steps:
            self.steps.append((step, code))
        self.between()

    def run(self) -> None:
        """Let all CPUs go on for a while."""
        for _ in range(50):
            self.machine.scheduler.others(self.machine.current)

    def hits(self) -> int:
        """How often somebody ran into a breakpoint."""
        return self.era.memory.u32(self.era.symbol("ftrace_int3_hits"))

    def busy(self) -> None:
        """Start a workload, and leave it in the middle."""
        system = self.era.system
        task = system.init
        cpu = system.syscalls.enter(task)
        self.era.memory.write(task.user_buf, b"vfs\0")
        task.op, task.error, task.calling = None, None, True
        cpu.put_syscall(NR_RUN_WORKLOAD, task.user_buf, 30, 0)
        for _ in range(20):
            self.machine.scheduler.others(None)
        assert task.calling

    def finish(self) -> int:
        """The workload's result."""
        task = self.era.system.init
        self.era.system.syscalls.run_until(lambda: not task.calling)
        return task.result


def test_breakpoint_while_tasks_run(era: Boot) -> None:
    one = Watched(era("6.1", seed=5))
    one.busy()
    undisturbed = one.finish()
    one = Watched(era("6.1", seed=5))
    one.busy()
    nop = one.era.code(one.site)
    top = one.era.system.kernel.traces.top
    one.era.system.ftrace.set_filter(top.guest.ops, b"vfs_*")
    top.set_tracer("function")
    call = one.era.code(one.site)
    assert call[0] == 0xE8
    assert one.steps == [
        ("int3", b"\xcc" + nop[1:]),
        ("tails", b"\xcc" + call[1:]),
        ("first bytes", call),
    ]
    assert one.hits()
    assert one.finish() == undisturbed
    assert "vfs_read" in one.era.cat("trace")
    assert one.era.memory.u64(one.era.symbol("bp_desc") + 8) == 0


def test_breakpoint_and_nmis(era: Boot) -> None:
    one = Watched(era("6.1", cpus=3), "perf_event_nmi_handler")
    before = one.hits()

    def nmis() -> None:
        for cpu in one.machine.cpus:
            one.machine.nmi(cpu)
        one.run()

    one.between = nmis
    one.era.trace_only("perf_event_nmi_handler")
    assert one.hits() > before
    assert "perf_event_nmi_handler <-" in one.era.cat("trace")
    one.era.echo("nop", "current_tracer")
    for moment in (1, 2, 3):
        one.era.echo(f"+{moment}", ".machine/nmi")
        one.era.echo("function", "current_tracer")
        one.era.echo("nop", "current_tracer")
    assert one.machine.dead is None


def test_without_the_handler_a_breakpoint_is_an_oops(era: Boot) -> None:
    one = Watched(era("6.1", seed=5))
    handler = one.era.symbol("ftrace_int3_handler")
    one.era.memory.write(handler, b"\x31\xc0\xc3")  # xor eax, eax; ret: not mine
    one.era.system.machine.flush_text()
    one.busy()
    top = one.era.system.kernel.traces.top
    with pytest.raises((GuestCrash, OSError)):  # noqa: PT012 (wherever it is hit first)
        top.set_tracer("function")
        one.finish()
