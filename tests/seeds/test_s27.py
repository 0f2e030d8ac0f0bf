"""S27: a converted site is a nop in all of its five bytes, not a jump over the rest of the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.seeds.conftest import Era
from tracefs.arch import I386
from tracefs.arch.i386 import GENERIC_NOP5

Boot = Callable[..., Era]


def converted(era: Era) -> set[bytes]:
    """What stands at the sites that were converted, the tail of the call replaced by "tail"."""
    era.echo("disable", "ftraced_enabled")  # converts what was found
    codes = set()
    for ip in era.ftrace.records.ips.tolist():
        call = era.system.arch.call_code(ip, era.symbol("mcount"))
        code = era.code(ip)
        codes.add(code[:2] + b"tail" if code[2:] == call[2:] else code)
    return codes


def test_all_bytes_change(era: Boot) -> None:
    assert converted(era("2.6.27")) == {GENERIC_NOP5}


def test_mutant_jump_over_the_tail(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    def init_nops(arch: I386, module: Any, sites: Any) -> None:
        for site in sites:
            arch.modify_code(site.ip, arch.read(site.ip, 2), b"\xeb\x03")

    monkeypatch.setattr(I386, "init_nops", init_nops)
    assert converted(era("2.6.27")) == {b"\xeb\x03tail"}
