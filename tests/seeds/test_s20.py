"""S20: all five bytes are compared, and nothing is written where they differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era
from tests.seeds.faults import FUNCTION, change, load

Boot = Callable[..., Era]


def refused(era: Era) -> bool:
    """Whether a site whose fifth byte differs stays as it is, with all that is traced with it."""
    site = load(era)
    change(era, site)
    others = [era.site("vfs_open"), era.site("vfs_read")]
    before = [era.code(at) for at in (site, *others)]
    with pytest.raises(OSError, match="No such device"):
        era.trace_only("vfs_open", "vfs_read", FUNCTION)
    return before == [era.code(at) for at in (site, *others)]


def flash(era: Era) -> str:
    """Map a flash memory where the text of a module was, trace, and see what it has suffered."""
    era.echo("dummy", ".machine/insmod")
    era.echo("disable", "ftraced_enabled")  # what its init called is converted
    site = era.system.trouble.faults_at.site("dummy_setup")
    assert era.ftrace.location(site) == site
    era.echo("dummy", ".machine/rmmod")
    era.echo("e1000e 16", ".machine/ioremap")
    region = era.cat(".machine/ioremap")
    start, end = (int(word, 16) for word in region.split()[0].split("-"))
    assert start <= site < end
    assert ": 0 write cycles, 0 bytes changed\n" in region
    era.echo("ftrace", "current_tracer")
    era.cat("current_tracer")
    assert " <-" in era.cat("trace")
    return era.cat(".machine/ioremap").partition("e1000e: ")[2]


@pytest.mark.parametrize("bugs", [[], ["stale-records"], ["cmpxchg"]])
def test_memory_of_a_device_is_not_written(era: Boot, bugs: list[str]) -> None:
    assert flash(era("2.6.27", bugs=bugs)) == "0 write cycles, 0 bytes changed\n"


def test_mutant_write_cycles_where_nothing_matches(era: Boot) -> None:
    suffered = flash(era("2.6.27", bugs=["stale-records", "cmpxchg"]))
    assert not suffered.startswith("0 write cycles")
    assert ", 0 bytes changed, by ftrace_modify_code_cmpxchg+0x" in suffered


def test_the_fifth_byte_counts(era: Boot) -> None:
    old = era()
    assert refused(old)
    assert "ftrace failed to modify" in old.dmesg()


def test_mutant_cmpxchg_of_four_bytes(era: Boot) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        refused(era(bugs=["cmpxchg"]))
