"""S25: sites call ftrace_caller directly, whose own call leads to the one ops, or to the list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tracefs.arch import I386

Boot = Callable[..., Era]


def called(era: Era) -> str:
    """What ftrace_call calls."""
    target = era.system.arch.call_target(era.symbol("ftrace_call"))
    assert target is not None
    return era.system.kallsyms.name(target)


def states(era: Era) -> list[tuple[bool, str]]:
    """With none, one, two, one and no ops: does a site call ftrace_caller, and what does that?"""
    traces = era.system.kernel.traces
    traces.create("second")
    second = traces.find("second")
    assert second is not None
    first, site, seen = traces.top, era.site("vfs_read"), []

    def look() -> None:
        target = era.system.arch.call_target(site)
        seen.append((target == era.symbol("ftrace_caller"), called(era)))

    look()
    for tr, tracer in ((first, "function"), (second, "function"), (second, "nop"), (first, "nop")):
        tr.set_tracer(tracer)
        look()
    return seen


def without_callers(era: Era) -> bytes:
    """The kernel's text but for the calls in the shared callers, which follow the ops."""
    text, start = bytearray(era.text()), era.symbol("_text")
    for name in ("ftrace_call", "ftrace_regs_call"):
        at = era.symbol(name) - start
        text[at : at + 5] = bytes(5)
    return bytes(text)


ONE = (True, "function_trace_call")
STATES = [
    (False, "ftrace_stub"),
    ONE,
    (True, "arch_ftrace_ops_list_func"),
    ONE,
    (False, "ftrace_stub"),
]


def test_none_one_two(era: Boot) -> None:
    assert states(era()) == STATES


def test_ftrace_enabled_round_trip(era: Boot) -> None:
    old = era()
    off, before = old.text(), without_callers(old)
    old.trace_only("**")
    on = old.text()
    assert on != off
    enabled = ".machine/proc/sys/kernel/ftrace_enabled"
    old.echo(0, enabled)
    assert without_callers(old) == before
    old.echo(1, enabled)
    assert old.text() == on
    old.echo("nop", "current_tracer")
    assert old.text() == off


def test_mutant_ftrace_call_stays(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    old = era()
    monkeypatch.setattr(I386, "update_ftrace_func", lambda arch, func: None)
    assert states(old) != STATES
