"""S14: what each step of changing a call site is for can be read: here, in the log, when asked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tracefs.arch import NmiSafe

Boot = Callable[..., Era]
STEPS = {
    "2.6.28": ["stop_machine", "write", "go on"],
    "tip-return": [
        "stop_machine",
        "1 put address and code into the buffers",
        "2 set the flag",
        "3 wait for NMIs",
        "4 write the site",
        "5 clear the flag",
        "6 wait for NMIs",
    ],
    "6.1": [
        "int3",
        "sync after int3",
        "tails",
        "sync after tails",
        "first bytes",
        "sync after first bytes",
    ],
}


def explained(era: Era) -> list[str]:
    """The steps that the log tells when a function is traced, each with a reason."""
    era.echo("vfs_read", "set_ftrace_filter")
    assert era.cat(".machine/explain") == "0\n"
    quiet = era.dmesg()
    era.echo("function", "current_tracer")
    era.echo("nop", "current_tracer")
    assert era.dmesg() == quiet
    era.echo(1, ".machine/explain")
    era.echo("function", "current_tracer")
    era.echo(0, ".machine/explain")
    steps = re.findall(r"\] ftrace: (.*?): .*[a-z]", era.dmesg().removeprefix(quiet))
    return list(dict.fromkeys(steps))


@pytest.mark.parametrize("release", STEPS)
def test_each_step_and_its_reason(era: Boot, release: str) -> None:
    assert explained(era(release)) == STEPS[release]


def test_mutant_silence(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NmiSafe, "_say", lambda patching, step, why: None)
    assert explained(era("tip-return")) == []
