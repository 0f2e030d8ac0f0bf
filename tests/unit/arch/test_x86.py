"""Changing call sites: the error table, many at once, nops, trampolines' bytes."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.unit.image.toykernel import Toy, kernel_file
from tracefs.arch import Arch, PatchError, Save, create_arch
from tracefs.arch import x86_64_trampolines as templates
from tracefs.arch.x86 import NOPS, P6_NOP
from tracefs.machine import paging

ARCHS = ["x86_64", "i386"]


class Sites:
    """Records without a core."""

    def __init__(self, ips: list[int]) -> None:
        self.ips: NDArray[np.uint64] = np.array(ips, np.uint64)

    def __iter__(self) -> Iterator[Site]:
        return (Site(ip) for ip in self.ips.tolist())


class Site:
    def __init__(self, ip: int) -> None:
        self.ip = ip
        self.arch: object = None


class Bench:
    """An architecture over a toy kernel; every flush is noted."""

    def __init__(self, directory: Path, name: str) -> None:
        self.toy = Toy(kernel_file(directory, name), name)
        self.memory = self.toy.memory
        self.flushed: list[object] = []
        self.arch: Arch = create_arch(
            self.toy.image, self.memory, self.toy.area, flush=self.flushed.append
        )
        self.ips = self.toy.image.mcount_loc.tolist()
        self.sites = Sites(self.ips)
        self.caller = self.toy.image.symbol("ftrace_caller")

    def targets(self, target: int) -> NDArray[np.uint64]:
        return np.full(len(self.ips), target, np.uint64)

    def text(self) -> bytes:
        start = self.toy.image.symbol("_text")
        return self.memory.read(start, self.toy.image.symbol("_etext") - start)


@pytest.fixture(params=ARCHS)
def bench(request: pytest.FixtureRequest, toy_dir: Path) -> Bench:
    return Bench(toy_dir, request.param)


def test_round_trip(bench: Bench) -> None:
    arch, before = bench.arch, bench.text()
    arch.init_nops(None, bench.sites)
    nops = bench.text()
    assert all(bench.memory.read(ip, 5) == P6_NOP for ip in bench.ips)
    arch.modify_sites(bench.sites, bench.targets(0), bench.targets(bench.caller))
    assert all(arch.call_target(ip) == bench.caller for ip in bench.ips)
    arch.modify_sites(bench.sites, bench.targets(bench.caller), bench.targets(0))
    assert bench.text() == nops
    arch.modify_sites(bench.sites, bench.targets(0), bench.targets(arch.mcount_addr))
    assert bench.text() == before


def test_only_five_bytes_of_each_site_change(bench: Bench) -> None:
    before = bench.text()
    bench.arch.init_nops(None, bench.sites)
    start = bench.toy.image.symbol("_text")
    changed = {
        start + i for i, (a, b) in enumerate(zip(before, bench.text(), strict=True)) if a != b
    }
    assert changed <= {ip + i for ip in bench.ips for i in range(5)}


def test_one_site(bench: Bench) -> None:
    arch, site = bench.arch, Site(bench.ips[0])
    arch.make_nop(None, site, arch.mcount_addr)
    assert arch.call_target(site.ip) is None
    arch.make_call(site, bench.caller)
    assert arch.call_target(site.ip) == bench.caller
    arch.modify_call(site, bench.caller, arch.mcount_addr)
    assert arch.call_target(site.ip) == arch.mcount_addr
    assert bench.flushed[-1] == [(site.ip, 5)]


def break_unmapped(bench: Bench, ip: int) -> None:
    bench.memory.unmap(ip & ~0xFFF, 4096)


def break_byte(bench: Bench, ip: int) -> None:
    bench.memory.put_u8(ip + 4, bench.memory.u8(ip + 4) ^ 1)  # the byte that cmpxchg forgot (S20)


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
    assert bench.flushed == []


def test_two_pages(toy_dir: Path) -> None:
    """A site over a page boundary whose pages are not neighbours in RAM."""
    bench = Bench(toy_dir, "x86_64")
    memory, arch = bench.memory, bench.arch
    va = bench.toy.area.start + 0x100000
    pages = [memory.alloc_pages(1), memory.alloc_pages(1), memory.alloc_pages(1)]
    memory.map(va, memory.virt_to_phys(pages[2]), 4096, paging.RWX)
    memory.map(va + 4096, memory.virt_to_phys(pages[0]), 4096, paging.RWX)
    for offset in range(4090, 4097):
        sites = Sites([va + offset])
        memory.write(va + offset, P6_NOP)
        arch.modify_sites(sites, np.array([0], np.uint64), np.array([bench.caller], np.uint64))
        assert arch.call_target(va + offset) == bench.caller
        assert memory.u64(pages[1]) == 0
    memory.protect(va + 4096, 4096, paging.RX)
    memory.write(va + 4093, P6_NOP)
    with pytest.raises(PatchError) as caught:
        arch.modify_sites(Sites([va + 4093]), np.zeros(1, np.uint64), np.array([va], np.uint64))
    assert caught.value.errno == errno.EPERM
    memory.unmap(va + 4096, 4096)
    with pytest.raises(PatchError) as caught:
        arch.modify_sites(Sites([va + 4093]), np.zeros(1, np.uint64), np.array([va], np.uint64))
    assert caught.value.errno == errno.EFAULT
    assert memory.read(va + 4093, 3) == P6_NOP[:3]


def test_out_of_reach(toy_dir: Path) -> None:
    bench = Bench(toy_dir, "x86_64")
    bench.arch.init_nops(None, bench.sites)
    before = bench.text()
    with pytest.raises(PatchError) as caught:
        bench.arch.modify_sites(bench.sites, bench.targets(0), bench.targets(1 << 40))
    assert caught.value.errno == errno.EINVAL
    with pytest.raises(PatchError):
        bench.arch.make_call(Site(bench.ips[0]), 0xFFFF888000000000)
    assert bench.text() == before


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=12))
def test_many_at_once_is_one_by_one(toy_dir: Path, steps: list[tuple[int, int]]) -> None:
    bulk, single = Bench(toy_dir, "x86_64"), Bench(toy_dir, "x86_64")
    choices = [0, bulk.caller, bulk.toy.image.symbol("ftrace_regs_caller")]
    for bench in (bulk, single):
        bench.arch.init_nops(None, bench.sites)
    state = [0] * 6
    for which, choice in steps:
        old, new = state[which], choices[choice]
        sites = Sites([bulk.ips[which]])
        args = np.array([old], np.uint64), np.array([new], np.uint64)
        bulk.arch.modify_sites(sites, *args)
        Arch.modify_sites(single.arch, sites, *args)
        state[which] = new
        assert bulk.text() == single.text()


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


@pytest.mark.parametrize("faults", [0, 1, 2])
def test_the_nop_is_one_that_runs(bench: Bench, faults: int) -> None:
    log: list[str] = []
    tried: list[bytes] = []

    def probe(code: bytes) -> bool:
        tried.append(code)
        return len(tried) > faults

    bench.arch.dyn_arch_init(probe, log.append)
    assert bench.arch.nop == NOPS[faults][0]
    texts = ["0f 1f 44 00 00", "66 66 66 66 90", "jmp . + 5"]
    assert log == [f"ftrace: converting mcount calls to {texts[faults]}"]
    bench.arch.init_nops(None, bench.sites)
    for ip in bench.ips:
        line = bench.arch.disassemble(ip, 5)
        assert bench.memory.read(ip, 5) == NOPS[faults][0]
        # One instruction, or a jump over nops that ends exactly at the site's end (S17, S21).
        assert len(line) == (1 if faults < 2 else 4)


def test_shared_caller(bench: Bench) -> None:
    func = bench.toy.image.symbol("function_trace_call")
    bench.arch.update_ftrace_func(func)
    assert bench.arch.shared_func(False) == func
    assert bench.arch.shared_func(True) == func
    bench.flushed.clear()
    bench.arch.update_ftrace_func(func)
    assert bench.flushed == []


def test_i386_has_no_trampolines(toy_dir: Path) -> None:
    bench = Bench(toy_dir, "i386")
    assert bench.arch.create_trampoline(0, bench.caller, Save.NOTHING) is None


@pytest.mark.parametrize("save", list(Save))
def test_trampoline(toy_dir: Path, save: Save) -> None:
    bench = Bench(toy_dir, "x86_64")
    func = bench.toy.image.symbol("function_trace_call")
    other = bench.toy.image.symbol("other_trace_call")
    made = bench.arch.create_trampoline(0xFFFF888000001000, func, save)
    assert made is not None
    assert bench.memory.is_executable(made.addr)
    assert bench.arch.trampoline_func(made) == func
    assert bench.memory.u64(made.addr + made.size - 8) == 0xFFFF888000001000
    lines = bench.arch.disassemble(made.addr, made.size - 8)
    loads = [line for line in lines if "mov rdx, qword ptr [rip +" in line]
    assert len(loads) == 1
    after = int(lines[lines.index(loads[0]) + 1].partition(":")[0], 16)
    distance = int(loads[0].rpartition("+ ")[2].rstrip("]"), 16)
    assert after + distance == made.addr + made.size - 8
    bench.arch.update_trampoline(made, other)
    assert bench.arch.trampoline_func(made) == other
    bench.arch.free_trampoline(made)
    assert bench.arch.call_target(made.call) is None
    again = bench.arch.create_trampoline(1, func, save)
    assert again is not None
    assert again.addr == made.addr


@pytest.mark.parametrize(
    "template", [templates.NOTHING, templates.ENTRY, templates.ARGS, templates.REGS]
)
def test_templates_are_their_sources(template: templates.Template) -> None:
    keystone = pytest.importorskip("keystone")
    engine = keystone.Ks(keystone.KS_ARCH_X86, keystone.KS_MODE_64)
    code = bytes(engine.asm("\n".join(template.source), 0)[0])
    padding = template.code[len(code) :]
    assert template.code[: len(code)] == code
    assert padding == b"\xcc" * len(padding)
    assert len(template.code) % 8 == 0
    assert template.code[template.call : template.call + 5] in (b"\xe8\0\0\0\0", b"\xe9\0\0\0\0")


def test_trampoline_with_entry(toy_dir: Path) -> None:
    bench = Bench(toy_dir, "x86_64")
    func = bench.toy.image.symbol("function_trace_call")
    entry = bench.toy.image.symbol("other_trace_call")
    made = bench.arch.create_trampoline(0xFFFF888000001000, func, Save.NOTHING, entry)
    assert made is not None
    assert bench.arch.trampoline_func(made) == func
    assert f"jmp 0x{entry:x}" in bench.arch.disassemble(made.addr, 13)[-1]
    bench.arch.update_trampoline(made, entry)
    assert bench.arch.trampoline_func(made) == entry == bench.arch.call_target(made.call)
    bench.arch.update_trampoline(made, func, entry)
    assert bench.arch.trampoline_func(made) == func
