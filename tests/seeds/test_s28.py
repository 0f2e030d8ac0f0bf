"""S28: sites are recorded as they run, and made nops once a second; recording never allocates."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.seeds.conftest import Era
from tracefs.ftrace.ftraced import RecordedFtrace
from tracefs.kernel import ftraced

Boot = Callable[..., Era]
PER_PAGE = 255
ENABLED = ".machine/proc/sys/kernel/ftrace_enabled"


@pytest.fixture
def one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one page of slots at boot."""
    monkeypatch.setattr(ftraced, "NR_TO_INIT", 1)


def totals(era: Era, seconds: int = 8) -> list[int]:
    """Conversions so far, after each of the first seconds, while the kernel has work."""
    seen = []
    for _ in range(seconds):
        era.workload("vfs", 2)
        era.pass_time(1.0)
        seen.append(era.total())
    return [total for total in seen if total]  # the first second begins at boot


def as_described(seen: list[int]) -> bool:
    """All slots, then no more than a page's worth a second, then next to nothing."""
    steps = [b - a for a, b in pairwise(seen)]
    return seen[0] == PER_PAGE and 0 < max(steps) <= PER_PAGE and steps[-1] <= steps[0] // 10


@pytest.mark.usefixtures("one_page")
def test_slots_limit_each_second(era: Boot) -> None:
    assert as_described(totals(era("2.6.27", seed=1)))


@pytest.mark.usefixtures("one_page")
def test_mutant_no_new_pages(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ftraced.GuestRecorder, "grow", lambda recorder: None)
    seen = totals(era("2.6.27", seed=1))
    assert set(seen) == {PER_PAGE}
    assert not as_described(seen)


@pytest.mark.usefixtures("one_page")
def test_mutant_allocation_as_needed(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ftraced, "NR_TO_INIT", 10_000)
    assert not as_described(totals(era("2.6.27", seed=1)))


def stops(era: Era, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the machine is stopped for what two calls recorded in one second."""
    count = 0
    convert = RecordedFtrace._convert

    def counting(ftrace: RecordedFtrace, pending: Any) -> None:
        nonlocal count
        count += 1
        convert(ftrace, pending)

    totals(era, 3)
    monkeypatch.setattr(RecordedFtrace, "_convert", counting)
    era.workload("pipe", 1)
    era.workload("sort", 1)
    era.pass_time(1.0)
    return count


def test_one_stop_a_second(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stops(era("2.6.27", seed=1), monkeypatch) == 1


def test_mutant_a_stop_for_each_site(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    def convert(ftrace: RecordedFtrace) -> None:
        for ip in ftrace.recorder.take():
            ftrace._convert(np.array([ip], np.uint64))

    monkeypatch.setattr(RecordedFtrace, "convert", convert)
    assert stops(era("2.6.27", seed=1), monkeypatch) > 1


def test_disable_converts_once_more(era: Boot) -> None:
    old = era("2.6.27", seed=1)
    totals(old, 2)
    old.workload("pipe", 1)
    before = old.total()
    old.echo("disable", "ftraced_enabled")
    assert old.cat("ftraced_enabled") == "disabled\n"
    flushed = old.total()
    assert flushed > before
    old.echo("dummy", ".machine/insmod")
    old.pass_time(3.0)
    assert old.total() == flushed
    old.echo("ftrace", "current_tracer")
    assert old.total() > flushed


def test_bytes_of_each_state(era: Boot) -> None:
    old = era("2.6.27")
    arch = old.system.arch
    record, stub = old.symbol("ftrace_record_ip"), old.symbol("ftrace_stub")
    assert arch.call_target(old.symbol("mcount_call")) == record
    old.echo(0, ENABLED)
    assert arch.call_target(old.symbol("mcount_call")) == stub
    old.echo(1, ENABLED)
    assert arch.call_target(old.symbol("mcount_call")) == record
    unrecorded = set(old.system.image.mcount_loc.tolist()) - set(old.ftrace.records.ips.tolist())
    assert {arch.call_target(ip) for ip in unrecorded} == {old.symbol("mcount")}


def test_the_recorder_does_not_interrupt_itself(era: Boot) -> None:
    old = era("2.6.27", seed=3)
    for _ in range(5):
        old.echo(1, ".machine/nmi")
        old.workload("vfs", 1)
    assert old.system.machine.dead is None
