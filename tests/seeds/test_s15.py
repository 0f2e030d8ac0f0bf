"""S15: three errors of a patch, one report, and ftrace is off for good."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest

from tests.kernel.client import refused
from tests.seeds.conftest import Era
from tests.seeds.faults import CAUSES, FUNCTION, load
from tracefs.arch import I386, PatchError

Boot = Callable[..., Era]
DEAD = ("available_filter_functions", "failures", "set_ftrace_filter", "set_ftrace_notrace")


def check(era: Era, code: int) -> None:
    """Trace a damaged site; the report, the end of ftrace, and nothing written."""
    damage, line = CAUSES[code]
    site = load(era)
    damage(era, site)
    readable = code != errno.EFAULT
    before = era.code(site) if readable else b""
    with pytest.raises(OSError, match="No such device"):
        era.trace_only(FUNCTION)
    reports = [text.partition("] ")[2] for text in era.dmesg().splitlines()]
    at = reports.index(f"{line}[<{site:08x}>] {era.system.kallsyms.format(site)}")
    if code == errno.EINVAL:
        assert reports[at + 1] == f" actual: {before.hex(':')}"
    else:
        assert "actual" not in "".join(reports)
    for name in DEAD:
        with refused(errno.ENODEV):
            era.open(name)
    if readable:
        assert era.code(site) == before


@pytest.mark.parametrize("release", ["2.6.28", "2.6.29"])
@pytest.mark.parametrize("code", list(CAUSES), ids=errno.errorcode.get)
def test_causes(era: Boot, release: str, code: int) -> None:
    check(era(release), code)


def test_6_1_also_says_what_was_expected() -> None:
    from tracefs.release import Feature, get

    assert get("6.1").has(Feature.BUG_DETAILS)
    assert not get("2.6.29").has(Feature.BUG_DETAILS)


def test_mutant_no_verification(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    old = era()

    def write(arch: I386, sites: Any, before: Any, after: Any) -> None:
        for site, target in zip(sites.ips.tolist(), after.tolist(), strict=True):
            code = arch.call_code(site, target) if target else arch.nop
            arch.modify_code(site, arch.read(site, 5), code)

    monkeypatch.setattr(I386, "modify_sites", write)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        check(old, errno.EINVAL)


def test_mutant_swapped_errors(era: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    old = era()
    init = PatchError.__init__

    def swapped(error: PatchError, code: int, *rest: Any) -> None:
        other = {errno.EFAULT: errno.EPERM, errno.EPERM: errno.EFAULT}
        init(error, other.get(code, code), *rest)

    monkeypatch.setattr(PatchError, "__init__", swapped)
    with pytest.raises(ValueError, match="not in list"):
        check(old, errno.EPERM)
