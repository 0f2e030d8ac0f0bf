"""The PowerPC kernel of kernel_image, running: functions are called, and what its tracer wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracefs.arch import Ppc32, create_arch
from tracefs.ftrace import Ftrace, FtraceOps
from tracefs.image import Image, Kallsyms, LoadedModule, ModuleArea, ModuleLoader
from tracefs.machine.ppc32 import Ppc32Machine

BUILT = Path(__file__).parents[2] / "kernel_image" / "build" / "ppc32"
MODULE = "test_sort"
_ENTRIES, _ENTRY = 1024, 8


class Ppc32Kernel:
    """A booted kernel; ``log`` is its own."""

    def __init__(self) -> None:
        if not (BUILT / "vmlinux").exists():
            pytest.fail("kernel_image/build/ppc32 is not built: make ppc32")
        self.image = Image.load(BUILT / "vmlinux")
        self.machine = Ppc32Machine()
        self.memory = self.machine.memory
        self.machine.map_kernel(self.image.segments)
        where = self.memory.layout
        area = ModuleArea(self.memory, where.modules_base, where.modules_end)
        arch = create_arch(self.image, self.memory, area, flush=self.machine.flush_text)
        assert isinstance(arch, Ppc32)
        self.arch = arch
        self.kallsyms = Kallsyms(self.image)
        self.loader = ModuleLoader(self.memory, self.image, area, arch.module_trampoline)
        self.log: list[str] = []
        self.ftrace = Ftrace(
            *(arch, self.kallsyms, self.image.mcount_loc),
            stop_machine=self.machine.stop_machine,
            printk=self.log.append,
        )
        self.ftrace.init()
        self._seen = 0

    def call(self, function: str, *args: int) -> int:
        """Call a function of the kernel or of a module."""
        address = self.kallsyms.addr(function)
        assert address is not None
        return self.machine.cpus[0].call(address, *args)

    def place(self, name: str = MODULE) -> LoadedModule:
        """The first half of insmod: the module is in memory, its sites as they were compiled."""
        module = self.loader.load(BUILT / f"{MODULE}.ko", name)
        self.kallsyms.add_module(module)
        return module

    def start(self, module: LoadedModule) -> int:
        """The other half; what the module's init function returned.  OSError if it is refused."""
        try:
            self.ftrace.module_load(module)
        except OSError:
            self.kallsyms.remove_module(module.name)
            self.loader.unload(module)
            raise
        self.ftrace.module_enable(module)
        result = self.machine.cpus[0].call(module.init)
        self.loader.set_live(module)
        self.ftrace.free_mem(module.init_base, module.init_base + module.init_size)
        self.loader.free_init(module)
        self.kallsyms.add_module(module)
        return result

    def insmod(self, name: str = MODULE) -> LoadedModule:
        """Load the module."""
        module = self.place(name)
        assert self.start(module) == 0
        return module

    def rmmod(self, module: LoadedModule) -> None:
        """Unload it."""
        self.machine.cpus[0].call(module.exit)
        self.ftrace.module_unload(module)
        self.kallsyms.remove_module(module.name)
        self.loader.unload(module)

    def tracer(self, *filters: str) -> FtraceOps:
        """The function tracer, for some functions; not registered."""
        ops = FtraceOps("function", self.image.symbol("function_trace_call"), private=self)
        for pattern in filters:
            self.ftrace.set_filter(ops, pattern.encode())
        return ops

    def traced(self) -> list[tuple[str, str]]:
        """(function, its caller) of every entry that the guest's tracer wrote since last time."""
        count = self._word(self.image.symbol("trace_count"))
        first, self._seen = max(self._seen, count - _ENTRIES), count
        at = self.image.symbol("trace_entries")
        entries = [at + i % _ENTRIES * _ENTRY for i in range(first, count)]
        name = self.kallsyms.name
        return [(name(self._word(e)), name(self._word(e + 4))) for e in entries]

    def site(self, function: str) -> int:
        """The call site of a function."""
        address = self.kallsyms.addr(function)
        assert address is not None
        return self.ftrace.location(address)

    def sites(self, module: LoadedModule) -> list[bytes]:
        """The bytes of a module's sites."""
        return [self.memory.read(ip, 4) for ip in module.mcount_loc.tolist()]

    def agree(self) -> None:
        """Each site calls what its record says."""
        records = self.ftrace.records
        calls = [self.arch.call_target(ip) or 0 for ip in records.ips.tolist()]
        assert calls == records.targets.tolist()

    def _word(self, va: int) -> int:
        return int.from_bytes(self.memory.read(va, 4), "big")
