"""S6: returns are hooked, and each task keeps where its own go."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.seeds.conftest import Era
from tests.seeds.steps import depth
from tests.seeds.variants import variant
from tracefs.machine import GuestCrash
from tracefs.ring import Event, Iterator
from tracefs.trace.function_return import FIELDS, RETURN

Boot = Callable[..., Era]
HOOKING = "arch/x86/kernel/ftrace_return_32.c"
NR_EXECVE = 59


def lines(old: Era) -> list[str]:
    """The trace without its header."""
    return old.cat("trace").splitlines()[4:]


# ---- twenty entries


def recursion(old: Era) -> tuple[str, list[str]]:
    """25 calls deep, from an empty stack: the result, and the lines."""
    old.echo("workload_deep_call", "set_ftrace_filter")
    old.echo("return", "current_tracer")
    old.echo("overrun", "trace_options")
    result = old.workload("deep", 1, 24)
    return result, lines(old)


def test_25_calls_give_20_lines(era: Boot) -> None:
    old = era("tip-return")
    plain = old.workload("deep", 1, 24)
    result, found = recursion(old)
    assert result == plain
    assert len(found) == 20
    assert all(line.endswith(" ns) (Overruns: 5)") for line in found)
    inner = [line.partition(" -> ")[0].partition("+")[0] for line in found]
    assert inner == ["workload_deep_call"] * 19 + ["run_workload"]
    took = [int(re.findall(r"\((\d+) ns\)", line)[0]) for line in found]
    assert took == sorted(took)


def test_mutant_a_full_stack_is_not_noticed(era: Boot) -> None:
    image = variant(HOOKING, ("if (task->curr_ret_stack == size - 1) {", "if (size < 0) {"))
    old = era("tip-return", directory=image)
    with suppress(OSError, GuestCrash):
        assert len(recursion(old)[1]) != 20


# ---- fork and exec


def born_with(old: Era) -> list[int]:
    """The depths that new tasks begin with, while their parents are inside of traced functions."""
    depths: list[int] = []
    for cpu in old.system.machine.cpus:
        cpu.hook_address(
            old.symbol("ret_from_fork"), lambda *_, cpu=cpu: depths.append(depth(old, cpu))
        )
    old.echo("return", "current_tracer")
    with suppress(OSError):
        old.workload("fork", 3)
    return depths


def test_a_child_begins_with_an_empty_stack(era: Boot) -> None:
    depths = born_with(era("tip-return", seed=1))
    assert len(depths) >= 3
    assert set(depths) == {-1}


def test_mutant_a_child_inherits(era: Boot) -> None:
    assert max(born_with(era("tip-return", seed=1, bugs=["inherit-returns"]))) > 0


def execute(old: Era) -> tuple[int, list[str]]:
    """Execute a program in the task of init; its result, and the lines."""
    old.echo("return", "current_tracer")
    system = old.system
    with system.machine.lock:
        system.memory.write(system.init.user_buf, b"/usr/bin/other\0")
        result = system.syscalls.run(system.init, NR_EXECVE, system.init.user_buf, 0, 0)
    old.echo(0, "tracing_enabled")
    return result, lines(old)


def test_exec_leaves_the_callers_alone(era: Boot) -> None:
    old = era("tip-return")
    result, found = execute(old)
    assert not result
    returned = [re.split(r"[ .]", line.partition(" -> ")[2])[0] for line in found]
    callers = ["begin_new_exec", "bprm_execve", "do_execveat_common", "sys_execve"]
    assert [name for name in returned if name in callers] == callers


def test_mutant_exec_empties_the_stack(era: Boot) -> None:
    before = "\tsched_exec();\n"
    image = variant("fs/exec.c", (before, f"{before}\tcurrent->curr_ret_stack = -1;\n"))
    old = era("tip-return", directory=image)
    try:
        _, found = execute(old)
    except (GuestCrash, OSError):
        return
    assert not any(" -> sys_execve" in line for line in found)


# ---- NMIs


def nmi_functions(old: Era) -> set[str]:
    """What was traced of the handlers of a few NMIs."""
    old.echo("return", "current_tracer")
    for _ in range(5):
        old.echo(1, ".machine/nmi")
        old.workload("calls", 5)
    names = {line.partition(" -> ")[2].partition(" ")[0] for line in lines(old)}
    return names & {"nmi_handle", "perf_event_nmi_handler"}


def test_nothing_is_hooked_in_an_nmi(era: Boot) -> None:
    old = era("tip-return")
    assert nmi_functions(old) == set()
    old.echo("nop", "current_tracer")
    old.echo("function", "current_tracer")
    old.echo(1, ".machine/nmi")
    old.workload("calls", 5)
    assert "nmi_handle <-" in old.cat("trace")


def test_mutant_nmis_are_hooked(era: Boot) -> None:
    old = era("tip-return", directory=variant(HOOKING, ("if (in_nmi() || ", "if (")))
    assert nmi_functions(old)


# ---- __switch_to


def returns_are_right(old: Era) -> bool:
    """Tasks that slept before tracing began go on as they should."""
    plain = [old.workload("pipe", 3), old.workload("fork", 3)]
    tracer = old.cat("available_tracers").split()[0]
    try:
        old.echo(tracer, "current_tracer")
        traced = [old.workload("pipe", 3), old.workload("fork", 3)]
    except (GuestCrash, OSError):
        return False
    return plain == traced


@pytest.mark.parametrize("seed", [1, None])
@pytest.mark.parametrize("release", ["tip-return", "2.6.29"])
def test_tasks_switch_while_returns_are_hooked(era: Boot, release: str, seed: int | None) -> None:
    old = era(release, seed=seed)
    assert returns_are_right(old)
    assert "__switch_to\n" not in old.cat("available_filter_functions")
    assert "__switch_to" not in old.cat("trace")


@pytest.mark.parametrize("release", ["tip-return", "2.6.29"])
def test_mutant_switch_to_is_traced(era: Boot, release: str) -> None:
    old = era(release, bugs=["trace-switch-to"])
    assert "__switch_to\n" in old.cat("available_filter_functions")
    assert not returns_are_right(old)


# ---- what the tracers of 2008 had in common with today's


def test_every_call_returns_once(era: Boot) -> None:
    """As many lines as calls: the same work, seen by the function tracer and by this one."""
    old = era("tip-return")
    counts = []
    for tracer in ("function", "return"):
        old.echo("vfs_* workload_* ksys_*", "set_ftrace_filter")
        old.echo(tracer, "current_tracer")
        old.workload("vfs", 3)
        old.echo(0, "tracing_enabled")
        counts.append(sum("workload_" in line or "vfs_" in line for line in lines(old)))
        old.echo(1, "tracing_enabled")
        old.echo("nop", "current_tracer")
    assert counts[0] - counts[1] in (0, 1)


def test_times_nest(era: Boot) -> None:
    """A call that returns later and was made earlier contains the other; none overlap by halves."""
    old = era("tip-return", seed=1)
    old.echo("return", "current_tracer")
    old.workload("calls", 20)
    old.echo(0, "tracing_enabled")
    spans: dict[int, list[tuple[int, int]]] = {}
    for event in Iterator(old.system.kernel.traces.top.buffer):
        assert isinstance(event, Event)
        assert event.data[0] == RETURN
        _, _, called, returned, _ = FIELDS.unpack_from(event.data, 8)
        pid = int.from_bytes(event.data[4:8], "little")
        spans.setdefault(pid or -event.cpu, []).append((called, returned))
    assert max(map(len, spans.values())) > 100
    for calls in spans.values():
        open_calls: list[int] = []
        for called, returned in sorted(calls, key=lambda span: (span[0], -span[1])):
            while open_calls and open_calls[-1] <= called:
                open_calls.pop()
            assert not open_calls or returned <= open_calls[-1]
            open_calls.append(returned)
