"""The core's contract with an architecture that needs the module and its own record data (S1)."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from tests.unit.arch.limited import JUMP, Limited
from tests.unit.image.toykernel import Toy, kernel_file, module_file
from tracefs.arch import PatchError
from tracefs.arch.x86 import P6_NOP
from tracefs.ftrace import Ftrace, FtraceOps
from tracefs.image import Kallsyms, LoadedModule, ModuleLoader


class Bench:
    def __init__(self, directory: Path) -> None:
        self.toy = Toy(kernel_file(directory, "x86_64"), "x86_64")
        self.memory = self.toy.memory
        self.arch = Limited(self.memory, self.toy.image, self.toy.area)
        self.kallsyms = Kallsyms(self.toy.image)
        self.log: list[str] = []
        self.ftrace = Ftrace(
            self.arch, self.kallsyms, self.toy.image.mcount_loc, printk=self.log.append
        )
        self.ftrace.init()
        self.loader = ModuleLoader(self.memory, self.toy.image, self.toy.area)
        self.module = self.loader.load(module_file(directory, "x86_64"), "ext")
        self.stub = self.module.base + self.module.size - 32
        self._route_through_stub(self.module)
        self.kallsyms.add_module(self.module)
        self.sites: list[int] = self.module.mcount_loc.tolist()

    def _route_through_stub(self, module: LoadedModule) -> None:
        """What a module loader does where branches are short."""
        mcount = self.arch.mcount_addr
        self.memory.write(self.stub, bytes((JUMP,)) + self.arch.call_code(self.stub, mcount)[1:])
        for ip in module.mcount_loc.tolist():
            self.memory.write(ip, self.arch.call_code(ip, self.stub))

    def records(self) -> list[object]:
        index = self.ftrace.records.find(np.array(self.sites, np.uint64))
        return [record.arch for record in self.ftrace.records.view(index)]


@pytest.fixture
def bench(toy_dir: Path) -> Bench:
    return Bench(toy_dir)


def test_a_module_s_sites(bench: Bench) -> None:
    bench.ftrace.module_load(bench.module)
    assert [bench.memory.read(ip, 5) for ip in bench.sites] == [P6_NOP] * 3
    assert bench.records() == [bench.module] * 3
    bench.ftrace.module_enable(bench.module)
    ops = FtraceOps("function", bench.toy.image.symbol("function_trace_call"), private=1)
    bench.ftrace.set_filter(ops, b"ext_*")
    bench.ftrace.register(ops)
    second = bench.stub + 16
    assert [bench.arch.call_target(ip) for ip in bench.sites] == [second, second, None]
    assert bench.arch.jump_target(second) == bench.toy.image.symbol("ftrace_caller")
    bench.ftrace.unregister(ops)
    assert [bench.memory.read(ip, 5) for ip in bench.sites] == [P6_NOP] * 3


def test_a_broken_stub(bench: Bench) -> None:
    bench.memory.put_u8(bench.stub, 0x90)
    before = [bench.memory.read(ip, 5) for ip in bench.sites]
    bench.ftrace.module_load(bench.module)
    assert bench.ftrace.dead
    assert "ftrace failed to modify " in bench.log
    assert [bench.memory.read(ip, 5) for ip in bench.sites] == before


def test_the_first_conversion_needs_the_module(bench: Bench) -> None:
    class Site:
        ip = bench.sites[0]
        arch: object = None

    with pytest.raises(PatchError) as caught:
        bench.arch.make_nop(None, Site(), bench.arch.mcount_addr)
    assert caught.value.errno == errno.EFAULT
    with pytest.raises(PatchError) as caught:
        bench.arch.make_call(Site(), bench.arch.mcount_addr)
    assert caught.value.errno == errno.EINVAL


def test_record_data_goes_with_the_module(bench: Bench) -> None:
    bench.ftrace.module_load(bench.module)
    bench.ftrace.module_unload(bench.module)
    assert len(bench.ftrace.records._arch) == 0
