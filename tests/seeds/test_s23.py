"""S23: a record's address is the call's first byte, and so is what tracers are told."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from tests.kernel.client import refused
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


def frozen(era: Era, traced: bool) -> bool:
    """Whether a probe at a record's address keeps its site from being switched, until it goes."""
    site = era.site("vfs_read")
    if traced:
        era.trace_only("vfs_read", "vfs_open")
    before = era.code(site)
    era.echo("vfs_read", ".machine/probes")
    assert era.cat(".machine/probes") == f"vfs_read {site:08x} 0\n"
    assert era.code(site) == b"\xcc" + before[1:]
    if traced:
        era.echo("nop", "current_tracer")
    else:
        era.trace_only("vfs_read", "vfs_open")
    era.cat("current_tracer")
    assert (era.code(era.site("vfs_open"))[0] == 0xE8) is not traced
    hits = int(era.cat(".machine/probes").split()[2])
    assert hits > 0
    stays = era.code(site) == b"\xcc" + before[1:]
    era.echo("!vfs_read", ".machine/probes")
    assert era.cat(".machine/probes") == ""
    assert era.code(site) == before or not stays
    for _ in range(2):
        era.echo("nop", "current_tracer")
        era.echo("function", "current_tracer")
    assert era.code(site)[0] == 0xE8
    era.cat("current_tracer")
    assert "vfs_read <-" in era.cat("trace")
    era.echo("nop", "current_tracer")
    assert era.code(site) == era.system.arch.nop
    return stays


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("release", ["2.6.28", "tip-return", "2.6.29"])
def test_a_probe_freezes_the_record(era: Boot, release: str, traced: bool) -> None:
    assert frozen(era(release), traced)


def test_what_a_probe_hides_is_executed(era: Boot) -> None:
    old = era()
    plain = old.workload("calls", 100)
    old.trace_only("workload_*")
    old.echo("workload_leaf", ".machine/probes")
    assert old.workload("calls", 100) == plain
    hits = int(old.cat(".machine/probes").split()[2])
    assert hits == 400
    assert old.cat("trace").count(": workload_leaf <-") == hits


def test_probes_have_limits(era: Boot) -> None:
    old = era()
    for name, code in (("no_such_function", errno.ENOENT), ("mcount", errno.ENOENT)):
        with refused(code):
            old.echo(name, ".machine/probes")
    with refused(errno.ENOENT):
        old.echo("!vfs_read", ".machine/probes")
    names = [name for name in old.cat("available_filter_functions").split() if "_" in name][-17:]
    for name in names[:16]:
        old.echo(name, ".machine/probes")
    with refused(errno.EBUSY):
        old.echo(names[0], ".machine/probes")
    with refused(errno.ENOSPC):
        old.echo(names[16], ".machine/probes")
    assert len(old.cat(".machine/probes").splitlines()) == 16
    assert "probes" not in era("2.6.27").ls(".machine")
    assert "probes" not in era("6.1").ls(".machine")


def test_mutant_records_do_not_freeze(era: Boot) -> None:
    class Never(set[int]):
        def add(self, ip: int) -> None:
            pass

    old = era()
    old.ftrace.frozen = Never()
    with pytest.raises(OSError, match="No such device"):  # a breakpoint is not what was expected
        frozen(old, traced=False)
    assert " actual: cc:1f:44:00:00" in old.dmesg()
