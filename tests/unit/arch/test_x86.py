"""What x86 has of its own: nops, sites over two pages, many at once, trampolines' bytes."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.arch.bench import Bench, Site, Sites
from tracefs.arch import Arch, PatchError, Save, Trampoline
from tracefs.arch import x86_64_trampolines as templates
from tracefs.arch.x86 import NOPS, P6_NOP
from tracefs.machine import paging


@pytest.fixture(params=["x86_64", "i386"])
def bench(request: pytest.FixtureRequest, toy_dir: Path) -> Bench:
    return Bench(toy_dir, request.param)


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


@settings(max_examples=60)
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


@pytest.mark.parametrize("source", [templates.NOTHING, templates.ARGS, templates.REGS])
def test_what_keystone_makes(source: str) -> None:
    """Capstone reads it back: the same instructions, one call, the ops right behind the code."""
    import capstone

    template = templates.assemble(source)
    code = template.code
    assert len(code) % 8 == 0
    engine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    read = list(engine.disasm_lite(code, 0))
    names = ["call" if line == "CALL" else line.split()[0] for line in source.split("\n") if line]
    assert [name for _, _, name, _ in read[: len(names)]] == names
    assert {name for _, _, name, _ in read[len(names) :]} <= {"int3"}
    calls = [at for at, _, name, _ in read if name == "call"]
    assert calls == [template.call]
    loads = [(at + size, text) for at, size, _, text in read if "rip" in text]
    assert [end + int(text.rpartition("+ ")[2][:-1], 16) for end, text in loads] == [len(code)]


def test_trampoline_with_entry(toy_dir: Path) -> None:
    """It begins with a copy that knows the ops, or jumps over it: one instruction changes."""
    bench = Bench(toy_dir, "x86_64")
    func = bench.toy.image.symbol("function_trace_call")
    other = bench.toy.image.symbol("other_trace_call")

    def create(func: int, save: Save, entry: int = 0) -> Trampoline:
        made = bench.arch.create_trampoline(0xFFFF888000001000, func, save, entry)
        assert made is not None
        return made

    entry = create(func, Save.ARGS).addr + 1024
    code = P6_NOP + b"\x49\xba" + bytes(8) + b"\xcc" * 9 + b"\xc3"
    bench.memory.write(entry - 4, len(code).to_bytes(4, "little") + code)
    copy = P6_NOP + b"\x49\xba" + (0xFFFF888000001000).to_bytes(8, "little") + code[15:]

    made = create(func, Save.NOTHING, entry)
    assert bench.memory.read(made.addr, len(code)) == copy
    assert bench.arch.trampoline_func(made) == func
    bench.arch.update_trampoline(made, other)
    assert bench.arch.trampoline_func(made) == other
    (jump,) = bench.arch.disassemble(made.addr, 5)
    assert f"jmp 0x{made.call - templates.assemble(templates.NOTHING).call:x}" in jump
    assert bench.memory.read(made.addr + 5, len(code) - 5) == copy[5:]  # a CPU may stand in it
    bench.arch.update_trampoline(made, func, entry)
    assert bench.memory.read(made.addr, len(code)) == copy
    assert bench.arch.trampoline_func(made) == func

    late = create(other, Save.NOTHING)
    bench.arch.update_trampoline(late, func, entry)
    assert bench.memory.read(late.addr, len(code)) == copy
