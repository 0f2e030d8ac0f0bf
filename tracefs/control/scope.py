"""What the files need from the kernel around them: protocols that the composition root fulfils."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tracefs.control.handle import Task
from tracefs.release import Release
from tracefs.trace.array import TraceArrays


class TroubleScope(Protocol):
    """What can be made to go wrong with the machine, and the processor that it has."""

    def cpu_models(self) -> Iterable[tuple[str, bool]]:
        """The processors that this kernel could run on, and which it runs on."""

    def bugs(self) -> Iterable[tuple[str, str, str, bool]]:
        """Name, change, symptom of each bug that this kernel can have, and whether it has it."""

    def switch_bug(self, name: str, on: bool) -> None:
        """Bring a bug back, or remove it (EINVAL: unknown; EBUSY: it acts at boot only)."""

    def ioremap(self, name: str, pages: int) -> None:
        """Map a device's memory (EINVAL, ENOMEM)."""

    def io_regions(self) -> Iterable[str]:
        """A line for each device's memory: addresses, name, and how it was written to."""

    def probes(self) -> Iterable[str]:
        """A line for each probe at a call site: function, address and hits."""

    def set_probe(self, function: str, on: bool) -> None:
        """Put a probe at a function's site, or take it away (ENOENT, EBUSY, ENOSPC)."""

    def faults(self) -> Iterable[str]:
        """A line for each call site that cannot be patched: function and cause."""

    def set_fault(self, function: str, cause: str | None) -> None:
        """Let each patch of a function's site fail, None: no more (EINVAL, ENOENT)."""


class MachineScope(Protocol):
    """The emulated machine, as ``.machine/`` shows it. Called with the machine's lock held."""

    def kallsyms(self, show: bool = True) -> bytes:
        """/proc/kallsyms; zeros for addresses unless ``show``."""

    def modules(self) -> bytes:
        """/proc/modules."""

    @property
    def cmdline(self) -> str:
        """The kernel's command line."""

    def version(self) -> str:
        """/proc/version, with its newline."""

    ftrace_enabled: bool
    """/proc/sys/kernel/ftrace_enabled; setting it patches (ENODEV, EBUSY)."""

    explain: bool
    """Whether the log tells each step of changing call sites, and its reason."""

    stack_tracer_enabled: int
    """/proc/sys/kernel/stack_tracer_enabled; setting it patches (ENODEV)."""

    tracepoint_printk: int
    """/proc/sys/kernel/tracepoint_printk; setting it does nothing unless tp_printk was given."""

    sysctl: dict[str, int]
    """Other files of /proc/sys/kernel, by name."""

    workload_result: str
    """What the last workload returned; "" before the first. The file sets it."""

    def dmesg(self) -> bytes:
        """The kernel log as dmesg prints it."""

    def insmod(self, task: Task, path: str, parameters: str) -> None:
        """Load a module for a client's task: one of the kernel's own by name, or a .ko by path."""

    def available_modules(self) -> dict[str, list[str]]:
        """The names of the kernel's own modules, loaded or not, and what each needs."""

    def rmmod(self, task: Task, name: str) -> None:
        """Unload a module for a client's task (ENOENT, EBUSY)."""

    def nmi(self, cpu: int | None, moment: int | None) -> None:
        """Send an NMI to one CPU, or to all: now, or in the next change of call sites, at that
        instruction or step of it."""

    def functions(self) -> Iterable[str]:
        """The names of all functions (symbols of text), kernel first."""

    def has_function(self, name: str) -> bool:
        """True if there is a function of that name."""

    def disassembly(self, name: str) -> Iterable[str]:
        """The lines of a function's live bytes, disassembled, with their newlines."""

    def records(self) -> Iterable[str]:
        """A line for each call site: ip, bytes, flags, symbol."""

    def cpus(self) -> Iterable[str]:
        """Lines of each CPU's state: what it runs, and its registers."""

    @property
    def trouble(self) -> TroubleScope:
        """What can be made to go wrong."""

    def schedule(self) -> Iterable[str]:
        """The recorded schedule (deterministic mode), a line an entry."""

    def workload(self, task: Task, name: str, count: int, argument: int) -> str:
        """Run a named workload in a client's task; returns a line about it (EINVAL: unknown)."""

    def workloads(self) -> Iterable[str]:
        """Names of the workloads there are."""


class KernelScope(Protocol):
    """The kernel that the tree shows."""

    @property
    def release(self) -> Release:
        """The release it behaves like."""

    @property
    def traces(self) -> TraceArrays:
        """The trace arrays: the top level and the instances."""

    @property
    def machine(self) -> MachineScope:
        """What ``.machine/`` shows."""
