"""Faults at call sites, on demand: each error of a patch, its report, and what comes of it."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from tests.kernel.client import refused
from tests.seeds.conftest import Era, era

__all__ = ["era"]

Boot = Callable[..., Era]
CAUSES = {
    "efault": "ftrace faulted on modifying ",
    "einval": "ftrace failed to modify ",
    "eperm": "ftrace faulted on writing ",
}
FAULTS = ".machine/faults"


def lines(era: Era) -> list[str]:
    """The log without its times."""
    return [line.partition("] ")[2] for line in era.dmesg().splitlines()]


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("release", ["2.6.28", "2.6.29"])
def test_ftrace_is_off_for_good(era: Boot, release: str, cause: str) -> None:
    old = era(release)
    old.echo(f"vfs_read {cause}", FAULTS)
    assert old.cat(FAULTS) == f"vfs_read {cause}\n"
    with refused(errno.ENODEV):
        old.trace_only("vfs_read", "vfs_open")
    site = old.system.trouble.faults_at.site("vfs_read")
    report = lines(old)
    at = report.index(f"{CAUSES[cause]}[<{site:08x}>] {old.system.kallsyms.format(site)}")
    assert report[at + 1 :] == ([" actual: 0f:1f:44:00:7f"] if cause == "einval" else [])
    for name in ("failures", "available_filter_functions", "set_ftrace_filter"):
        with refused(errno.ENODEV):
            old.open(name)
    assert old.code(old.system.trouble.faults_at.site("vfs_open"))[0] != 0xE8  # all or none


@pytest.mark.parametrize("cause", CAUSES)
def test_6_1_tells_more(era: Boot, cause: str) -> None:
    new = era("6.1")
    new.echo(f"vfs_read {cause}", FAULTS)
    with refused(errno.ENODEV):
        new.trace_only("vfs_read")
    report = lines(new)
    at = report.index("------------[ ftrace bug ]------------")
    assert report[at + 1] == CAUSES[cause]
    assert " vfs_read+0x0/" in report[at + 2]
    if cause == "einval":
        assert report[at + 3] == " actual:   0f:1f:44:00:7f"
        assert report[at + 4] == " expected: 0f:1f:44:00:00"
    assert "Setting ftrace call site to call ftrace function" in report[at:]
    with refused(errno.ENODEV):
        new.open("set_ftrace_filter")


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("converted", [False, True])
def test_2_6_27_goes_on(era: Boot, cause: str, converted: bool) -> None:
    old = era("2.6.27", seed=1)  # ftraced comes when its second is over, not earlier
    old.workload("vfs", 1)
    if converted:
        old.echo("disable", "ftraced_enabled")
    old.echo(f"vfs_read {cause}", FAULTS)
    old.workload("vfs", 1)
    old.echo("disable", "ftraced_enabled")
    assert old.cat("failures") == ("" if converted else "vfs_read\n")
    old.echo("ftrace", "current_tracer")
    old.workload("vfs", 1)
    assert old.cat("failures") == "vfs_read\n"
    assert not old.ftrace.dead
    functions = {line.split(": ")[1].split()[0] for line in old.cat("trace").splitlines()[4:]}
    assert "vfs_write" in functions
    assert "vfs_read" not in functions


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("release", ["2.6.27", "2.6.28", "6.1"])
def test_what_is_removed_in_time_does_no_harm(era: Boot, release: str, cause: str) -> None:
    old = era(release)
    old.workload("vfs", 1)
    before = old.code(old.system.trouble.faults_at.site("vfs_read"))
    old.echo(f"vfs_read {cause}", FAULTS)
    old.workload("vfs", 1)
    old.echo("!vfs_read", FAULTS)
    assert old.cat(FAULTS) == ""
    assert old.code(old.system.trouble.faults_at.site("vfs_read")) == before
    if release == "2.6.27":
        old.echo("disable", "ftraced_enabled")
    old.echo("vfs_read", "set_ftrace_filter")
    old.echo("ftrace" if release == "2.6.27" else "function", "current_tracer")
    old.workload("vfs", 1)
    assert "vfs_read <-" in old.cat("trace")


def test_what_makes_no_sense_is_refused(era: Boot) -> None:
    old = era()
    for text, code in (
        ("vfs_read", errno.EINVAL),
        ("vfs_read enodev", errno.EINVAL),
        ("no_such_function efault", errno.ENOENT),
        ("mcount efault", errno.ENOENT),
        ("!vfs_read", errno.ENOENT),
    ):
        with refused(code):
            old.echo(text, FAULTS)
    assert old.cat(FAULTS) == ""


def test_a_plain_access_is_the_end(era: Boot, capfd: pytest.CaptureFixture[str]) -> None:
    """S13: without accessors the fault is the kernel's own."""
    old = era(bugs=["plain-access"])
    old.echo("vfs_read efault", FAULTS)
    with refused(errno.EIO):
        old.trace_only("vfs_read")
    assert "BUG: unable to handle page fault for address" in old.dmesg()
    assert "ftrace_modify_code_plain+0x" in old.dmesg()
    assert "guest crash" in capfd.readouterr().err


def test_faults_and_probes_of_a_module_that_goes(era: Boot) -> None:
    old = era()
    for cause in CAUSES:
        old.echo("dummy", ".machine/insmod")
        old.echo(f"dummy_get_drvinfo {cause}", FAULTS)
        old.echo("dummy_setup", ".machine/probes")
        old.echo("dummy", ".machine/rmmod")
        old.echo("!dummy_get_drvinfo", FAULTS)
        old.echo("!dummy_setup", ".machine/probes")
        assert old.cat(FAULTS) == old.cat(".machine/probes") == ""
    old.trace_only("vfs_read")
    old.echo("dummy", ".machine/insmod")
    assert not old.ftrace.dead
