"""S9: sites change while NMIs arrive, and nobody executes anything but the old or the new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.seeds.conftest import Era
from tracefs.explore.command import Plan, run
from tracefs.explore.nmi import Explorer, Task, mutants
from tracefs.explore.search import Failure, Result, from_text, to_text
from tracefs.machine import paging

Boot = Callable[..., Era]


@contextmanager
def explorer(**options: object) -> Iterator[Explorer]:
    """A machine at the begin of a change."""
    made = Explorer(**options)  # type: ignore[arg-type]
    with ExitStack() as stack:
        stack.callback(made.close)
        yield made


def explored(one: Explorer) -> Result:
    """All of it, one NMI at any CPU.  Raises Failure."""
    whole = Result()
    for task in one.tasks():
        whole += one.explore(task)
    return whole


@pytest.mark.parametrize("release", ["tip-return", "2.6.29"])
def test_an_nmi_at_every_instruction_of_every_cpu(release: str) -> None:
    with explorer(release=release) as one:
        whole = explored(one)
    assert whole.arrivals > 300  # the patching CPU alone executes some 230 instructions
    assert whole.orders > 10**7
    assert whole.old > 300
    assert whole.new > 300


@pytest.mark.parametrize("mutant", mutants())
def test_mutant_one_step_is_wrong(mutant: str) -> None:
    with explorer(mutant=mutant) as one:
        with pytest.raises(Failure, match="neither the old") as failure:
            explored(one)
        schedule = to_text(failure.value.schedule)
        lines, failed = one.replayed(from_text(schedule))
        assert failed
        assert lines[-1] == f"VIOLATION: {failure.value}"
        again, _ = one.replayed(from_text(schedule))
        assert again == lines


def test_there_are_mutants_of_each_step() -> None:
    assert mutants() == [
        "nmi-flag-first",
        "nmi-no-wait-after",
        "nmi-no-wait-before",
        "nmi-no-write",
    ]


def test_nmis_at_both_cpus_race_until_2_6_30() -> None:
    # One that is older than the flag executes the site while one that sees it writes there.
    with explorer() as one, pytest.raises(Failure, match="neither the old"):
        one.explore(one.tasks(together=True)[0])
    with explorer(repaired=True) as one:
        assert one.explore(one.tasks(together=True)[0]).orders > 10**6


def test_a_write_that_fails_in_an_nmi_is_eperm() -> None:
    with explorer() as one:
        stage, memory, symbol = one.stage, one.system.memory, one.system.symbol
        stage.restore(one.begin)
        site = one.sites[0]

        def go(cpu: int, done: Callable[[], bool]) -> None:
            for _ in range(2000):
                if done():
                    return
                stage.step(cpu)
            pytest.fail("it does not come to that")

        def calls_write(cpu: int) -> bool:
            return stage.cpus[cpu].rip == symbol("ftrace_mod_code")

        go(0, lambda: calls_write(0))
        stage.nmi(1)
        go(1, lambda: calls_write(1))  # it has seen the flag
        go(0, lambda: memory.u32(symbol("mod_code_write")) == 0)
        memory.protect(site.ip & -4096, 4096, paging.RX)
        go(1, lambda: not stage.in_nmi[1])
        memory.protect(site.ip & -4096, 4096, paging.RWX)
        go(0, lambda: stage.done[0])
        assert stage.cpus[0].arg(0) == 2**32 - 1  # -EPERM
        assert memory.u32(symbol("ftrace_mods_done")) == 0


def test_without_reduction_it_is_the_same() -> None:
    # Every single instruction in every order takes half a minute (--unreduced); here, up to a
    # failure, and around the patching CPU's own NMIs.
    with explorer(mutant="nmi-no-wait-after", reduced=False) as one, pytest.raises(Failure):
        one.explore(Task(None, True))
    with explorer(reduced=False) as one:
        assert one.explore(Task((0, 20), False)).orders > 1


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    mutant = Plan(mutant="nmi-no-write")
    assert run(mutant, 1, None) == 1
    text = capsys.readouterr().out
    assert "FAILED: CPU 0 executes" in text
    schedule = text.rpartition("--replay '")[2].partition("'")[0]
    assert run(mutant, 1, schedule) == 1
    assert "VIOLATION" in capsys.readouterr().out
    assert run(Plan(), 1, schedule) == 0  # as it should be, that order is harmless


def test_a_part_is_a_part() -> None:
    with explorer() as one:
        whole = one.explore(Task((0, 1), False))
        parts = [one.explore(Task((k, 3), False)) for k in range(3)]
        assert sum(part.orders for part in parts) == whole.orders
        assert all(part.arrivals for part in parts)


def test_live_nmis_while_all_sites_change(era: Boot) -> None:
    tip = era("tip-return")
    before = tip.text()
    for moment in range(1, 60_000, 7000):
        tip.echo(f"0 +{moment}", ".machine/nmi")
        tip.trace_only("**")
        tip.echo(f"1 +{moment}", ".machine/nmi")
        tip.echo("nop", "current_tracer")
    assert tip.text() == before
    assert int(tip.cat("dyn_ftrace_total_info").split()[2]) > 0
