"""S23: a record's address is the call's first byte, and so is what tracers are told."""

from __future__ import annotations

from collections.abc import Callable

from tests.seeds.conftest import Era

Boot = Callable[..., Era]


def reported(era: Era) -> set[int]:
    """The addresses that the function tracer was called with."""
    era.trace_only("vfs_read", "vfs_open")
    era.cat("current_tracer")
    era.echo("raw", "trace_options")
    lines = (line.split() for line in era.cat("trace").splitlines() if line[0] != "#")
    return {int(fields[3], 16) for fields in lines}


def test_records_are_first_bytes(era: Boot) -> None:
    old = era()
    nop = old.system.arch.nop
    assert {old.code(ip) for ip in old.ftrace.records.ips.tolist()} == {nop}
    old.trace_only("vfs_*")
    assert {old.code(ip, 1) for ip in old.ftrace.records.ips.tolist()} == {b"\xe8", nop[:1]}


def test_tracers_get_the_site(era: Boot) -> None:
    old = era()
    assert reported(old) == {old.site("vfs_read"), old.site("vfs_open")}


def test_mutant_return_address(era: Boot) -> None:
    old = era(bugs=["return-address"])
    assert reported(old) == {old.site("vfs_read") + 5, old.site("vfs_open") + 5}
