"""Sites that really run: nop, trampoline, shared caller, and patched again between two calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.unit.image.toykernel import ARCHS, KERNEL, compile_object, link_kernel, module_file
from tracefs.arch import Save, create_arch
from tracefs.ftrace import Ftrace, FtraceOps, OpsFlag
from tracefs.image import Image, Kallsyms, ModuleArea, ModuleLoader
from tracefs.machine import I386, X86_64, Machine, paging
from tracefs.machine.ppc32 import Ppc32Machine

TRACERS = """
#define TRACER __attribute__((no_caller_saved_registers, noinline, no_instrument_function))
unsigned long calls, last_ip, last_parent, last_op, last_regs; char stack[16384];
TRACER void count(unsigned long ip, unsigned long parent, unsigned long op, unsigned long regs) {
  calls++; last_ip = ip; last_parent = parent; last_op = op; last_regs = regs;
}
/* Not careful with registers: needs Save.ARGS or more. */
NOTRACE int careless(unsigned long ip, unsigned long parent, unsigned long op, unsigned long *regs)
{
  calls++; last_ip = ip; last_regs = (unsigned long)regs;
  asm volatile("" ::: "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11");
  asm volatile("xor %%edi, %%edi; xor %%esi, %%esi; xor %%ecx, %%ecx; xor %%r8d, %%r8d"
               ::: "rdi", "rsi", "rcx", "r8");
  return 0;
}
int four(int a, int b, int c, int d) { return a * 1000 + b * 100 + c * 10 + d; }
"""
SHARED_TRACERS = """
#ifdef __i386__
#define TRACER __attribute__((no_caller_saved_registers, no_instrument_function))
#else
#define TRACER NOTRACE
#endif
unsigned long calls; char stack[16384];
TRACER void count(void) { calls++; }
int four(int a, int b, int c, int d) { return a * 1000 + b * 100 + c * 10 + d; }
"""


class Running:
    def __init__(self, directory: Path, arch: str) -> None:
        source = KERNEL + (TRACERS if arch == "x86_64" else SHARED_TRACERS)
        obj = compile_object(directory, arch, source, "running")
        self.image = Image.load(link_kernel(directory, arch, obj))
        self.machine = self._ppc32() if arch == "ppc32" else self._x86()
        self.memory, where = self.machine.memory, self.machine.memory.layout
        area = ModuleArea(self.memory, where.modules_base, where.modules_end)
        self.arch = create_arch(self.image, self.memory, area, flush=self.machine.flush_text)
        self.kallsyms = Kallsyms(self.image)
        self.loader = ModuleLoader(self.memory, self.image, area, self.arch.module_trampoline)
        self.log: list[str] = []
        self.ftrace = Ftrace(
            self.arch,
            self.kallsyms,
            self.image.mcount_loc,
            stop_machine=self.machine.stop_machine,
            printk=self.log.append,
        )
        self.ftrace.init()

    def _ppc32(self) -> Ppc32Machine:
        machine = Ppc32Machine(cpus=2)
        machine.map_kernel(self.image.segments)
        return machine

    def _x86(self) -> Machine:
        where = X86_64 if self.image.bits == 64 else I386
        machine = Machine(cpus=2, ram=256 << 20, where=where)
        machine.map_kernel(self.image.segments)
        for number, cpu in enumerate(machine.cpus):
            stack = self.image.symbol("stack") + 8192 * (number + 1)
            machine.start_cpu(number, self.image.symbol("vfs_read"), stack)
            cpu.halted = True
        return machine

    def ops(self, func: str, save: Save = Save.NOTHING) -> FtraceOps:
        return FtraceOps(func, self.image.symbol(func), private=1, address=0x1234, save=save)

    def get(self, name: str) -> int:
        address = self.image.symbol(name)
        size = self.image.bits // 8
        order: Literal["little", "big"] = "big" if self.image.machine == "ppc32" else "little"
        return int.from_bytes(self.memory.read(address, size), order)

    def call(self, function: int | str, *args: int) -> int:
        """Call it on both CPUs: each has translations of its own."""
        address = function if isinstance(function, int) else self.image.symbol(function)
        first, second = (cpu.call(address, *args) & 0xFFFFFFFF for cpu in self.machine.cpus)
        assert first == second
        return first


@pytest.fixture(params=ARCHS)
def running(request: pytest.FixtureRequest, toy_dir: Path) -> Iterator[Running]:
    running = Running(toy_dir, request.param)
    yield running
    running.machine.close()


@pytest.fixture
def running64(toy_dir: Path) -> Iterator[Running]:
    running = Running(toy_dir, "x86_64")
    yield running
    running.machine.close()


def test_on_and_off(running: Running) -> None:
    ops = running.ops("count")
    for turn in range(3):
        assert running.call("four", 1, 2, 3, 4) == 1234
        assert running.get("calls") == 2 * turn
        running.ftrace.register(ops)
        assert running.call("four", 5, 6, 7, 8) == 5678
        assert running.get("calls") == 2 * turn + 2
        running.ftrace.unregister(ops)


def test_what_is_filtered_is_called(running: Running) -> None:
    """ksys_read calls helper; vfs_read is inlined."""
    ops, ftrace = running.ops("count"), running.ftrace

    def calls() -> int:
        before = running.get("calls")
        assert running.call("ksys_read", 9) == 27
        return (running.get("calls") - before) // 2

    ftrace.register(ops)
    assert calls() == 2
    ftrace.set_filter(ops, b"vfs_*")
    assert calls() == 0
    ftrace.set_filter(ops, b"ksys_*")
    assert calls() == 1
    ftrace.set_filter(ops, b"helper")
    assert calls() == 2
    ftrace.set_filter(ops, b"*_read", notrace=True)
    assert calls() == 1
    ftrace.set_filter(ops, b"", reset=True)
    ftrace.set_filter(ops, b"", notrace=True, reset=True)
    ftrace.enabled = False
    assert calls() == 0
    ftrace.enabled = True
    assert calls() == 2
    ftrace.unregister(ops)
    assert calls() == 0


def unmap(running: Running, ip: int) -> None:
    running.memory.unmap(ip & -4096, 4096)


def change(running: Running, ip: int) -> None:
    at = ip + running.arch.insn_size - 1
    running.memory.put_u8(at, running.memory.u8(at) ^ 1)


def protect(running: Running, ip: int) -> None:
    running.memory.protect(ip & -4096, 4096, paging.RX)


@pytest.mark.parametrize(
    ("damage", "report"),
    [
        (unmap, "ftrace faulted on modifying "),
        (change, "ftrace failed to modify "),
        (protect, "ftrace faulted on writing "),
    ],
)
def test_a_damaged_module(
    running: Running, toy_dir: Path, damage: Callable[[Running, int], None], report: str
) -> None:
    """EFAULT, EINVAL, EPERM: a report, ftrace is dead, nothing was changed, the kernel runs on."""
    module = running.loader.load(module_file(toy_dir, running.image.machine), "ext")
    running.kallsyms.add_module(module)
    running.ftrace.module_load(module)
    running.ftrace.module_enable(module)
    size, ips = running.arch.insn_size, running.ftrace.records.ips.tolist()
    sites = [running.memory.virt_to_phys(ip) for ip in ips]
    damage(running, int(module.mcount_loc[-1]))
    before = [running.memory.mm[pa : pa + size] for pa in sites]
    ops = running.ops("count")
    ops.flags |= OpsFlag.DYNAMIC
    with pytest.raises(OSError, match="No such device"):
        running.ftrace.register(ops)
    assert report in running.log
    assert running.ftrace.dead
    assert [running.memory.mm[pa : pa + size] for pa in sites] == before
    assert running.call("four", 1, 2, 3, 4) == 1234
    assert running.get("calls") == 0


def test_many_at_once_on_and_off(running: Running) -> None:
    """More sites than are flushed one by one."""
    ops, every = running.ops("count"), running.arch.flush
    running.arch.flush = lambda ranges: every(None)
    for _ in range(2):
        assert running.call("vfs_write", 9) == 9
        running.ftrace.register(ops)
        before = running.get("calls")
        assert running.call("vfs_write", 9) == 9
        assert running.get("calls") == before + 2
        running.ftrace.unregister(ops)


def test_what_a_tracer_is_told(running64: Running) -> None:
    running64.ftrace.register(running64.ops("count"))
    running64.call("vfs_open", 1)
    assert running64.get("last_ip") == running64.image.symbol("vfs_open")
    assert isinstance(running64.machine, Machine)
    assert running64.get("last_parent") == running64.machine.host_return
    assert running64.get("last_op") == 0x1234
    assert running64.get("last_regs") == 0


@pytest.mark.parametrize("save", [Save.ARGS, Save.REGS])
def test_a_careless_tracer(running64: Running, save: Save) -> None:
    running64.ftrace.register(running64.ops("careless", save))
    assert running64.call("four", 1, 2, 3, 4) == 1234
    assert running64.get("calls") == 2
    assert running64.get("last_regs") != 0


def test_a_module_runs_traced(running: Running, toy_dir: Path) -> None:
    machine = running.image.machine
    ops = running.ops("count")
    running.ftrace.register(ops)
    results = []
    for name in ("one", "two"):  # the second stands where the first stood
        module = running.loader.load(module_file(toy_dir, machine), name)
        running.kallsyms.add_module(module)
        running.ftrace.module_load(module)
        running.ftrace.module_enable(module)
        address = module.symbol_addr("ext_read")
        assert address
        before = running.get("calls")
        results.append(running.call(address, 10))
        assert running.get("calls") == before + 4  # ext_read and vfs_read on two CPUs
        running.ftrace.module_unload(module)
        running.kallsyms.remove_module(name)
        running.loader.unload(module)
    assert results == [15, 15]
