"""A core over a toy kernel, and what must hold of it at any time."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.image.toykernel import Toy, kernel_file, module_file
from tracefs.arch import create_arch
from tracefs.ftrace import Ftrace, FtraceOps, RecFlag
from tracefs.image import Kallsyms, LoadedModule, ModuleLoader


class Core:
    """Image, loader, architecture and core; ``log`` is the kernel's."""

    def __init__(self, directory: Path, arch: str = "x86_64") -> None:
        self.toy = Toy(kernel_file(directory, arch), arch)
        self.image, self.memory = self.toy.image, self.toy.memory
        self.kallsyms = Kallsyms(self.image)
        self.arch = create_arch(self.image, self.memory, self.toy.area)
        self.loader = ModuleLoader(
            *(self.memory, self.image, self.toy.area), self.arch.module_trampoline
        )
        self.log: list[str] = []
        self.path = module_file(directory, arch)
        self.ftrace = Ftrace(
            self.arch, self.kallsyms, self.image.mcount_loc, printk=self.log.append
        )
        self.ftrace.init()
        self.nops = self.functions()

    def text(self) -> bytes:
        """The kernel's text."""
        start = self.image.symbol("_text")
        return self.memory.read(start, self.image.symbol("_etext") - start)

    def functions(self) -> bytes:
        """The same, whatever the shared callers call."""
        text = bytearray(self.text())
        for name in ("ftrace_call", "ftrace_regs_call"):
            at = self.image.get(name)
            if at is not None:
                start = at - self.image.symbol("_text")
                text[start : start + self.arch.insn_size] = bytes(self.arch.insn_size)
        return bytes(text)

    def ops(self, name: str = "function", func: str = "function_trace_call") -> FtraceOps:
        """An ops of a trace array, not registered."""
        return FtraceOps(name, self.image.symbol(func), private=self)

    def write(
        self, ops: FtraceOps, text: str, *, append: bool = False, notrace: bool = False
    ) -> int:
        """``echo text > set_ftrace_filter``: 0 or the errno of the write that failed."""
        edit = self.ftrace.open_filter(ops, notrace=notrace, write=True, trunc=not append)
        data, code = text.encode() + b"\n", 0
        try:
            while data:
                data = data[edit.write(data) :]
        except OSError as error:
            code = error.errno or 0
        edit.close()
        return code

    def read(self, ops: FtraceOps, *, notrace: bool = False) -> str:
        """``cat set_ftrace_filter``."""
        edit = self.ftrace.open_filter(ops, notrace=notrace)
        text = edit.text().decode()
        edit.close()
        return text

    def insmod(self, name: str = "ext") -> LoadedModule:
        """Load the toy module as the kernel's module loader does."""
        module = self.loader.load(self.path, name)
        self.kallsyms.add_module(module)
        self.ftrace.module_load(module)
        self.ftrace.module_enable(module)
        self.ftrace.free_mem(module.init_base, module.init_base + module.init_size)
        self.loader.free_init(module)
        self.kallsyms.add_module(module)
        return module

    def rmmod(self, module: LoadedModule) -> None:
        """Unload it."""
        self.ftrace.module_unload(module)
        self.kallsyms.remove_module(module.name)
        self.loader.unload(module)

    def traced(self) -> list[str]:
        """Names of the functions whose sites call something, by looking at the code."""
        return [
            self.kallsyms.name(ip)
            for ip in self.ftrace.records.ips.tolist()
            if self.arch.call_target(ip) is not None
        ]

    def check(self) -> None:
        """Code, records and hashes agree."""
        records, ftrace = self.ftrace.records, self.ftrace
        shared = {self.arch.shared_caller(False), self.arch.shared_caller(True)}
        lines = iter(ftrace.enabled_lines().decode().splitlines())
        for i, (ip, flags) in enumerate(
            zip(records.ips.tolist(), records.flags.tolist(), strict=True)
        ):
            users = [ops for ops in ftrace.ops if ops.hash.contains_ip(ip)]
            if flags & RecFlag.DISABLED:
                users = []
            assert flags & 0x7FFFFF == len(users)
            code = self.arch.disassemble(ip, self.arch.insn_size)
            assert len(code) == 1
            target = self.arch.call_target(ip)
            assert (target or 0) == int(records.targets[i])
            if not users or not ftrace.enabled:
                assert re.search(r"\bnop\b", code[0])
                assert not flags & RecFlag.ENABLED
                continue
            assert flags & RecFlag.ENABLED
            line = next(lines)
            assert line.startswith(f"{self.kallsyms.name(ip)} ({len(users)})")
            if len(users) == 1 and users[0].trampoline is not None:
                assert target == users[0].trampoline.addr
                assert self.arch.trampoline_func(users[0].trampoline) == users[0].func
                assert f"->{self.kallsyms.format(users[0].func)}" in line
            else:
                assert target in shared
        assert next(lines, None) is None
        assert ftrace.available_lines().count(b"\n") == len(records)
        assert ftrace.total_info().split()[0] == b"%d" % len(records)
