"""Branches of limited reach, and the trampolines of modules: instructions, bounds, reports."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.arch.bench import Bench, Site
from tests.unit.ftrace.bench import Core
from tracefs.arch import PatchError
from tracefs.arch.ppc32 import NOP
from tracefs.image import LoadedModule

REACH = 1 << 25
WORD = st.integers(0, 0xFFFFFFFF)


@pytest.fixture
def bench(toy_dir: Path) -> Bench:
    return Bench(toy_dir, "ppc32")


@pytest.fixture
def core(toy_dir: Path) -> Core:
    return Core(toy_dir, "ppc32")


def load(core: Core) -> LoadedModule:
    """A module in memory of which the core has not heard."""
    module = core.loader.load(core.path, "ext")
    core.kallsyms.add_module(module)
    return module


@pytest.mark.parametrize("offset", [-REACH, -4, 0, 4, REACH - 4])
def test_in_reach(bench: Bench, offset: int) -> None:
    ip = bench.ips[0]
    bench.memory.write(ip, bench.arch.call_code(ip, ip + offset))
    assert bench.arch.call_target(ip) == ip + offset


@pytest.mark.parametrize("offset", [-REACH - 4, REACH])
def test_out_of_reach(bench: Bench, offset: int) -> None:
    ip = bench.ips[0]
    with pytest.raises(PatchError) as caught:
        bench.arch.call_code(ip, ip + offset)
    assert caught.value.errno == errno.EINVAL


def test_what_is_no_call(bench: Bench) -> None:
    ip, arch = bench.ips[0], bench.arch
    for word in (0x60000000, 0x48000010, 0x48000013, 0x4E800021):  # nop, b, bla, blrl
        bench.memory.write(ip, word.to_bytes(4, "big"))
        assert arch.call_target(ip) is None
    assert arch.call_target(bench.toy.area.start) is None


@settings(max_examples=100)
@given(target=WORD)
def test_trampolines_lead_anywhere(toy_dir: Path, target: int) -> None:
    bench = Bench(toy_dir, "ppc32")
    ip = bench.ips[0]
    assert bench.arch.module_trampoline is not None
    bench.memory.write(ip + 64, bench.arch.module_trampoline(target))
    bench.memory.write(ip, bench.arch.call_code(ip, ip + 64))
    assert bench.arch.call_target(ip) == target


@settings(max_examples=100)
@given(bit=st.integers(0, 127))
def test_each_bit_of_a_trampoline_counts(toy_dir: Path, bit: int) -> None:
    """No bit can be wrong that make_nop and the look at a whole module do not see."""
    core = Core(toy_dir, "ppc32")
    module, mcount = load(core), core.arch.mcount_addr
    at = module.plt[mcount] + bit // 8
    core.memory.put_u8(at, core.memory.u8(at) ^ 1 << bit % 8)
    ip = int(module.mcount_loc[0])
    with pytest.raises(PatchError) as converting:
        core.arch.make_nop(module, Site(ip), mcount)
    with pytest.raises(PatchError) as checking:
        core.arch.check_module(module)
    for caught in (converting, checking):
        assert caught.value.errno == errno.EINVAL
        assert caught.value.at == module.plt[mcount]


def test_records_keep_the_module(core: Core) -> None:
    module = core.insmod()
    index = core.ftrace.records.find(module.mcount_loc)
    kept = [record.arch.mod for record in core.ftrace.records.view(index)]
    assert kept == [module] * 3
    assert core.ftrace.records.record(0).arch is None
    core.rmmod(module)
    assert len(core.ftrace.records._arch) == 0


def test_a_failing_site_leaves_its_module_as_it_was(core: Core) -> None:
    """Its trampolines are good, the last of its sites is not: those before it are put back."""
    module = load(core)
    last = int(module.mcount_loc[-1])
    core.memory.write(last, bytes.fromhex("7c0802a6"))
    before = [core.memory.read(ip, 4) for ip in module.mcount_loc.tolist()]
    core.log.clear()
    core.ftrace.module_load(module)
    assert [core.memory.read(ip, 4) for ip in module.mcount_loc.tolist()] == before
    assert core.ftrace.dead
    assert core.log[1:6] == [
        "ftrace failed to modify ",
        f"[<{last:08x}>] {core.kallsyms.format(last)}",
        " actual:   7c:08:02:a6",
        f" expected: {core.arch.call_code(last, module.plt[core.arch.mcount_addr]).hex(':')}",
        "Initializing ftrace call sites",
    ]
    assert NOP not in before


def test_the_report_of_a_trampoline_that_breaks_later(core: Core) -> None:
    module, ops = core.insmod(), core.ops()
    core.ftrace.functions.names()
    core.log.clear()
    at = module.plt[core.image.symbol("ftrace_caller")]
    core.memory.put_u8(at + 1, 0)
    first = int(module.mcount_loc.min())
    with pytest.raises(OSError, match="No such device"):
        core.ftrace.register(ops)
    assert core.arch.module_trampoline is not None
    expected = core.arch.module_trampoline(core.image.symbol("ftrace_caller"))
    assert core.log[1:6] == [
        "ftrace failed to modify ",
        f"[<{first:08x}>] {core.kallsyms.format(first)}",
        f"by a trampoline at [<{at:08x}>] {core.kallsyms.format(at)}",
        f" actual:   {core.memory.read(at, 16).hex(':')}",
        f" expected: {expected.hex(':')}",
    ]
    assert core.functions() == core.nops  # the kernel's sites, changed before, are nops again
