"""S18: sites are read and written by functions that never sleep: interrupts are off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era

Boot = Callable[..., Era]


def complaint(era: Era) -> list[str]:
    """What the log says of sleeping when a module's sites are converted."""
    era.echo("dummy", ".machine/insmod")
    lines = [line.partition("] ")[2] for line in era.dmesg().splitlines()]
    at = next((i for i, line in enumerate(lines) if "BUG: sleeping function" in line), None)
    return [] if at is None else lines[at:]


@pytest.mark.parametrize("release", ["2.6.28", "2.6.29"])
def test_no_complaint(era: Boot, release: str) -> None:
    assert not complaint(era(release))


def test_mutant_copies_that_may_sleep(era: Boot) -> None:
    old = era()
    old.echo("might-sleep", ".machine/bugs")
    first, state, who, _, *trace = complaint(old)
    assert first.startswith("BUG: sleeping function called from invalid context at ")
    assert state == "in_atomic():0, irqs_disabled():1"
    assert who.startswith("Pid: ")
    calls = " ".join(trace)
    at = [calls.index(f" {name}+0x") for name in ("ftrace_modify_code_user", "load_module")]
    assert at == sorted(at)
    assert old.cat("available_filter_functions").count("dummy_")  # it works, that day
