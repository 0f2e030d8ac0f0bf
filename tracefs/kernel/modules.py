"""insmod and rmmod: the guest's load_module asks here for the ELF work and the call sites.

The guest runs finit_module and delete_module with their own call chains; the parts that need the
file on the host arrive as hypercalls, so a module's sites are records before its init runs, as on
a real kernel.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tracefs.image import ImageError, modinfo

if TYPE_CHECKING:
    from tracefs.ftrace import Ftrace
    from tracefs.image import LoadedModule, ModuleLoader
    from tracefs.kernel.guest import Guest
    from tracefs.kernel.syscalls import Syscalls, Task
    from tracefs.machine import Cpu

HC_MODULE = 7
NR_FINIT_MODULE, NR_DELETE_MODULE = 313, 176
NAME_SIZE, PARAMETERS_SIZE = 64, 1024
_LOAD, _GOING, _LIVE, _FREE = 1, 2, 3, 4


class Modules:
    """Modules of the guest: loads them from its directory by name, or from a path."""

    def __init__(
        self,
        guest: Guest,
        loader: ModuleLoader,
        ftrace: Ftrace,
        syscalls: Syscalls,
    ) -> None:
        self._memory = guest.memory
        self._machine = guest.machine
        self._abi = guest.abi
        self._kallsyms = guest.kallsyms
        self._loader = loader
        self._ftrace = ftrace
        self._syscalls = syscalls
        self._directory = guest.directory
        self._printk = guest.log.print
        self._paths: dict[str, Path] = {}
        self._error: ImageError | OSError | None = None
        self.uses_trace_printk: Callable[[], None] = lambda: None
        """Called when a module comes that writes into the trace."""
        self.coming: list[Callable[[str], None]] = []
        """Called with the name of a module whose sites can be traced, before its init runs."""
        self.going: list[Callable[[str], None]] = []
        """Called with the name of a module that has exited, while its sites are still known."""
        guest.machine.hypercalls[HC_MODULE] = self._on_module

    @property
    def built(self) -> list[str]:
        """Names of the modules that belong to the kernel image."""
        return sorted(path.stem for path in self._directory.glob("*.ko"))

    def dependencies(self) -> dict[str, list[str]]:
        """Those modules, and for each the names of the modules that it needs."""
        paths = [self._directory / f"{name}.ko" for name in self.built]
        return {p.stem: modinfo(p).get("depends", "").replace(",", " ").split() for p in paths}

    def insmod(self, task: Task, name: str, parameters: str = "") -> None:
        """Load a module for a task (ENOENT, EEXIST, ENOEXEC; EINVAL: a parameter's value)."""
        path = Path(name) if "/" in name else self._directory / f"{name.removesuffix('.ko')}.ko"
        if not path.is_file():
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        self._paths[path.stem] = path
        self._error = None
        self._call(task, NR_FINIT_MODULE, path.stem, parameters)

    def rmmod(self, task: Task, name: str) -> None:
        """Unload a module for a task (ENOENT, EBUSY, EWOULDBLOCK)."""
        self._error = None
        self._call(task, NR_DELETE_MODULE, name)

    def _call(self, task: Task, nr: int, name: str, parameters: str = "") -> None:
        uargs = task.user_buf + NAME_SIZE if parameters else 0
        self._memory.write(task.user_buf, name.encode()[: NAME_SIZE - 1] + b"\0")
        if parameters:
            self._memory.write(uargs, parameters.encode()[: PARAMETERS_SIZE - 1] + b"\0")
        result = self._syscalls.run(task, nr, task.user_buf, uargs, 0, long=True)
        if result < 0:
            raise self._error or OSError(-result, os.strerror(-result))

    # -- the guest's requests ---------------------------------------------------------------

    def _on_module(self, cpu: Cpu) -> int:
        operation = cpu.arg(0)
        name = self._memory.cstring(cpu.arg(1), 64)
        try:
            if operation == _LOAD:
                return self._load(name)
            module = self._loader.modules[name]
            if operation == _GOING:
                for hook in self.going:
                    hook(name)
                self._ftrace.module_unload(module)
                self._kallsyms.remove_module(name)
            elif operation == _LIVE:
                self._live(module)
            elif operation == _FREE:
                self._loader.unload(module)
        except OSError as error:
            if isinstance(error, ImageError):
                self._printk(str(error))
            self._error = error
            return -(error.errno or errno.ENOEXEC)
        return 0

    def _load(self, name: str) -> int:
        """Place the module and patch its sites; its struct module."""
        module = self._loader.load(self._paths[name])
        if not module.this_module:
            self._loader.unload(module)
            raise ImageError(f"{name}: no struct module (module_init is missing)")
        self._kallsyms.add_module(module)
        try:
            self._ftrace.module_load(module)
        except OSError:
            self._kallsyms.remove_module(module.name)
            self._loader.unload(module)
            raise
        self._fill(module)
        self._ftrace.module_enable(module)
        for hook in self.coming:
            hook(name)
        return module.this_module

    def _fill(self, module: LoadedModule) -> None:
        offset, put = self._abi.offset, self._memory.put_word
        layout = module.this_module + offset("module", "core_layout")
        put(layout + offset("module_layout", "base"), module.base)
        self._memory.put_u32(layout + offset("module_layout", "size"), module.size)
        text = module.text[1] - module.text[0]
        self._memory.put_u32(layout + offset("module_layout", "text_size"), text)
        param, size = module.sections.get("__param", (0, 0))
        put(module.this_module + offset("module", "kp"), param)
        count = size // self._abi.size("kernel_param") if size else 0
        self._memory.put_u32(module.this_module + offset("module", "num_kp"), count)
        sites, size = module.sections.get("__mcount_loc", (0, 0))
        put(module.this_module + offset("module", "ftrace_callsites"), sites)
        number = module.this_module + offset("module", "num_ftrace_callsites")
        self._memory.put_u32(number, size // (self._memory.layout.bits // 8))
        formats, size = module.sections.get("__trace_printk_fmt", (0, 0))
        if size:
            self.uses_trace_printk()
        put(module.this_module + offset("module", "trace_bprintk_fmt_start"), formats)
        number = module.this_module + offset("module", "num_trace_bprintk_fmt")
        self._memory.put_u32(number, size // (self._memory.layout.bits // 8))

    def _live(self, module: LoadedModule) -> None:
        self._loader.set_live(module)
        start, end = module.init_base, module.init_base + module.init_size
        if start < end:
            self._ftrace.free_mem(start, end)
            self._loader.free_init(module)
            self._kallsyms.add_module(module)
