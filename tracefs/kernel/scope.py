"""The emulated machine as the `.machine/` directory shows it (tracefs.control.scope)."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.kernel.syscalls import Task
from tracefs.trace import stack_trace

if TYPE_CHECKING:
    from tracefs.arch import Arch
    from tracefs.control.handle import Task as ControlTask
    from tracefs.ftrace import Ftrace
    from tracefs.image import ModuleLoader, Symbol
    from tracefs.kernel.guest import Guest
    from tracefs.kernel.modules import Modules
    from tracefs.kernel.syscalls import Syscalls
    from tracefs.kernel.tracepoint_printk import TracepointPrintk
    from tracefs.kernel.trouble import Trouble
    from tracefs.release import Release
    from tracefs.trace.array import TraceArrays
    from tracefs.trace.backend import Backend

NR_RUN_WORKLOAD = 1001
SECOND_ARGUMENT = 4096
SYSCTL = {"kptr_restrict": 0, "sched_rt_runtime_us": -1, "ftrace_dump_on_oops": 0}
"""Files of /proc/sys/kernel and what they are at boot."""


@dataclass(frozen=True)
class Kernel:
    """KernelScope: the kernel that the tree of control files shows."""

    release: Release
    traces: TraceArrays
    machine: MachineView


class MachineView:
    """MachineScope over the running kernel."""

    def __init__(
        self,
        guest: Guest,
        arch: Arch,
        ftrace: Ftrace,
        loader: ModuleLoader,
        modules: Modules,
        syscalls: Syscalls,
        cmdline: str,
        trouble: Trouble,
        backend: Backend,
        printk: TracepointPrintk,
    ) -> None:
        self._release = guest.release
        self._machine = guest.machine
        self._memory = guest.memory
        self._kallsyms = guest.kallsyms
        self._arch = arch
        self._ftrace = ftrace
        self._loader = loader
        self._modules = modules
        self._syscalls = syscalls
        self._log = guest.log
        self._image = guest.image
        self.cmdline = cmdline
        self.trouble = trouble
        self._backend = backend
        self._stack_tracer_enabled = 0
        self.tp_printk = printk
        self.workload_result = ""
        self.sysctl = dict(SYSCTL)

    @property
    def ftrace_enabled(self) -> bool:
        """/proc/sys/kernel/ftrace_enabled."""
        return self._ftrace.enabled

    @ftrace_enabled.setter
    def ftrace_enabled(self, value: bool) -> None:
        self._ftrace.enabled = value

    @property
    def stack_tracer_enabled(self) -> int:
        """/proc/sys/kernel/stack_tracer_enabled."""
        return self._stack_tracer_enabled

    @stack_tracer_enabled.setter
    def stack_tracer_enabled(self, value: int) -> None:
        stack_trace.set_enabled(self._backend, bool(value))
        self._stack_tracer_enabled = value

    @property
    def tracepoint_printk(self) -> int:
        """/proc/sys/kernel/tracepoint_printk."""
        return self.tp_printk.on

    @tracepoint_printk.setter
    def tracepoint_printk(self, value: int) -> None:
        self.tp_printk.on = value

    def kallsyms(self, show: bool = True) -> bytes:
        """/proc/kallsyms."""
        return self._kallsyms.lines(show)

    def modules(self) -> bytes:
        """/proc/modules."""
        return self._loader.proc_modules()

    def version(self) -> str:
        """/proc/version."""
        return f"Linux version {self._release.utsname} (tracefs) #1 SMP PREEMPT_DYNAMIC emulated\n"

    def dmesg(self) -> bytes:
        """The kernel log."""
        return self._log.text()

    def insmod(self, task: ControlTask, path: str, parameters: str) -> None:
        """Load a module for a task."""
        self._modules.insmod(_own(task), path, parameters)

    def available_modules(self) -> dict[str, list[str]]:
        """The kernel's modules and what each needs."""
        return self._modules.dependencies()

    def rmmod(self, task: ControlTask, name: str) -> None:
        """Unload a module for a task."""
        self._modules.rmmod(_own(task), name)

    @property
    def explain(self) -> bool:
        """Whether the log tells the steps of changing call sites."""
        return self._arch.patching.explain is not None

    @explain.setter
    def explain(self, value: bool) -> None:
        self._arch.patching.explain = self._log.print if value else None

    def nmi(self, cpu: int | None, moment: int | None) -> None:
        """Send an NMI to one CPU or all (EINVAL), and run it; or let it wait for a change."""
        cpus = self._machine.cpus
        if cpu is not None and not 0 <= cpu < len(cpus):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        targets = cpus if cpu is None else [cpus[cpu]]
        if moment is not None:
            self._arch.patching.nmis += [(moment, target.number) for target in targets]
            return
        for target in targets:
            self._machine.nmi(target)
        self._machine.run(lambda: False)

    def functions(self) -> Iterator[str]:
        """Names of all functions."""
        for line in self._kallsyms.lines().split(b"\n"):
            fields = line.split()
            if len(fields) >= 3 and fields[1] in b"tTwW":
                yield fields[2].decode()

    def has_function(self, name: str) -> bool:
        """True if there is a function of that name."""
        return self._kallsyms.addr(name) is not None

    def disassembly(self, name: str) -> Iterator[str]:
        """The live bytes of a function, disassembled."""
        symbol = self._symbol(name)
        for line in self._arch.disassemble(symbol.addr, symbol.size):
            yield f"{line}\n"

    def _symbol(self, name: str) -> Symbol:
        address = self._kallsyms.addr(name)
        symbol = None if address is None else self._kallsyms.lookup(address)
        if symbol is None:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return symbol

    def records(self) -> Iterator[str]:
        """A line for each call site: ip, live bytes, flags and count, symbol."""
        yield from self._ftrace.record_lines()

    def cpus(self) -> Iterator[str]:
        """Lines about each CPU."""
        for cpu in self._machine.cpus:
            symbol = self._kallsyms.format(cpu.rip)
            yield f"{cpu.describe()}\nat {symbol}\n"

    def schedule(self) -> Iterable[str]:
        """The recorded schedule of the deterministic machine."""
        if not self._machine.deterministic:
            return ()
        return (f"{cpu} {what}\n" for cpu, what in self._machine.schedule)

    def workload(self, task: ControlTask, name: str, count: int, argument: int) -> str:
        """Run a named workload in a client's task (EINVAL: unknown)."""
        own = _own(task)
        self._memory.write(own.user_buf, name.encode()[:63] + b"\0")
        began = self._machine.clock.now()
        result = self._syscalls.run(own, NR_RUN_WORKLOAD, own.user_buf, count, argument, long=True)
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        took = self._machine.clock.now() - began
        return f"{name} {count} {argument}: result {result:#x}, {took / 1000:.0f} us\n"

    def workloads(self) -> list[str]:
        """Names of the workloads there are."""
        # The image's constants workload_NAME.
        prefix = "workload_"
        names = (symbol for symbol in self._image.symbols if symbol.name.startswith(prefix))
        return sorted(symbol.name[len(prefix) :] for symbol in names if symbol.type in "rR")


def _own(task: ControlTask) -> Task:
    assert isinstance(task, Task)
    return task
