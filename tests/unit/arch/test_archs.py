"""Changing call sites, on every architecture: what they become, and the error table."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.arch.bench import Bench, Site
from tests.unit.image.toykernel import ARCHS
from tracefs.arch import Arch, PatchError
from tracefs.machine import paging


@pytest.fixture(params=ARCHS)
def bench(request: pytest.FixtureRequest, toy_dir: Path) -> Bench:
    return Bench(toy_dir, request.param)


def test_round_trip(bench: Bench) -> None:
    arch, before = bench.arch, bench.text()
    arch.init_nops(None, bench.sites)
    nops = bench.text()
    assert all(bench.arch.read(ip, bench.arch.insn_size) == arch.nop for ip in bench.ips)
    arch.modify_sites(bench.sites, bench.targets(0), bench.targets(bench.caller))
    assert all(arch.call_target(ip) == bench.caller for ip in bench.ips)
    arch.modify_sites(bench.sites, bench.targets(bench.caller), bench.targets(0))
    assert bench.text() == nops
    arch.modify_sites(bench.sites, bench.targets(0), bench.targets(arch.mcount_addr))
    assert bench.text() == before


def test_only_the_sites_change(bench: Bench) -> None:
    before = bench.text()
    bench.arch.init_nops(None, bench.sites)
    start = bench.toy.image.symbol("_text")
    changed = {
        start + i for i, (a, b) in enumerate(zip(before, bench.text(), strict=True)) if a != b
    }
    assert changed <= {ip + i for ip in bench.ips for i in range(bench.arch.insn_size)}


def test_one_site(bench: Bench) -> None:
    arch, site = bench.arch, Site(bench.ips[0])
    arch.make_nop(None, site, arch.mcount_addr)
    assert arch.call_target(site.ip) is None
    arch.make_call(site, bench.caller)
    assert arch.call_target(site.ip) == bench.caller
    arch.modify_call(site, bench.caller, arch.mcount_addr)
    assert arch.call_target(site.ip) == arch.mcount_addr
    assert bench.flushed[-1] == [(site.ip, arch.insn_size)]


def break_unmapped(bench: Bench, ip: int) -> None:
    bench.memory.unmap(ip & ~0xFFF, 4096)


def break_byte(bench: Bench, ip: int) -> None:
    last = ip + bench.arch.insn_size - 1  # on x86 the byte that cmpxchg forgot (S20)
    bench.memory.put_u8(last, bench.memory.u8(last) ^ 1)


def break_protection(bench: Bench, ip: int) -> None:
    bench.memory.protect(ip & ~0xFFF, 4096, paging.RX)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (break_unmapped, errno.EFAULT),
        (break_byte, errno.EINVAL),
        (break_protection, errno.EPERM),
    ],
)
def test_errors_change_nothing(
    bench: Bench, damage: Callable[[Bench, int], None], code: int, many: bool
) -> None:
    victim = bench.ips[3]
    frame = bench.memory.virt_to_phys(bench.ips[0] & ~0xFFF)
    damage(bench, victim)
    before = bench.memory.view[frame : frame + 4096].tobytes()
    bench.flushed.clear()
    arch, site = bench.arch, Site(victim)
    with pytest.raises(PatchError) as caught:
        arch.init_nops(None, bench.sites) if many else arch.make_nop(None, site, arch.mcount_addr)
    assert caught.value.errno == code
    if not many or code == errno.EINVAL:
        assert caught.value.ip == victim
    else:  # all sites of the toy share the page
        assert caught.value.ip == bench.ips[0]
    assert (caught.value.expected is not None) == (code == errno.EINVAL)
    assert bench.memory.view[frame : frame + 4096].tobytes() == before
    if not many or type(arch).init_nops is not Arch.init_nops:  # that changes, and changes back
        assert bench.flushed == []


def test_the_default_loop_rolls_back(bench: Bench) -> None:
    before = bench.text()
    break_byte(bench, bench.ips[4])
    damaged = bench.text()
    assert damaged != before
    mcount = bench.arch.mcount_addr
    with pytest.raises(PatchError) as caught:
        Arch.modify_sites(bench.arch, bench.sites, bench.targets(mcount), bench.targets(0))
    assert caught.value.ip == bench.ips[4]
    assert bench.text() == damaged


def test_shared_caller(bench: Bench) -> None:
    func = bench.toy.image.symbol("function_trace_call")
    bench.arch.update_ftrace_func(func)
    assert bench.arch.shared_func(False) == func
    assert bench.arch.shared_func(True) == func
    bench.flushed.clear()
    bench.arch.update_ftrace_func(func)
    assert bench.flushed == []
