"""Booting: from a kernel image to a service that can be mounted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tracefs import release as releases
from tracefs.errors import UserError
from tracefs.image import Image, ImageError, ModuleLoader
from tracefs.kernel.bugs import UnknownBug
from tracefs.kernel.clients import Clients
from tracefs.kernel.guest import Guest
from tracefs.kernel.oops import Oops
from tracefs.kernel.params import CommandLine
from tracefs.kernel.processors import CPU_MODELS, DEFAULT_MODEL, UnknownModel, check_model
from tracefs.kernel.retired import RetiringArea
from tracefs.kernel.syscalls import Syscalls, TaskDied
from tracefs.machine import GuestCrash, Machine
from tracefs.machine.layout import GUEST_SIZE, GUEST_START, I386, X86_64

if TYPE_CHECKING:
    from tracefs.arch import Patching
    from tracefs.ftrace import Ftrace
    from tracefs.kernel.service import MountService
    from tracefs.kernel.syscalls import Task
    from tracefs.machine import Cpu
    from tracefs.machine.schedule import Schedule
    from tracefs.release import Release

HC_BOOTED, HC_FTRACE_INIT, HC_FTRACED = 6, 8, 10
BOOT_MODULES = ("crc32c_generic", "ext4")
THREAD_SIZE = 16384
_LAYOUTS = {64: X86_64, 32: I386}
_IMAGES = (
    Path(__file__).parent.parent / "images",
    Path(__file__).parent.parent.parent / "kernel_image" / "build",
)


_UNKNOWN = (releases.UnknownRelease, UnknownModel, UnknownBug)


class BootError(UserError):
    """The kernel could not be started; the message is one line for the user."""


@dataclass(frozen=True)
class _Segment:
    """A segment as the machine loads it."""

    va: int
    data: bytes
    size: int
    executable: bool


def image_directory(name: str) -> Path:
    """Where the built image of that name is (BootError: nowhere)."""
    for directory in _IMAGES:
        if (directory / name / "vmlinux").is_file():
            return directory / name
    raise BootError(f"no kernel image for {name} (make image builds it)")


def boot(release: str = releases.DEFAULT, cpus: int = 2, seed: int | None = None) -> MountService:
    """Boot a kernel and return what the mount serves.

    Raises BootError, with one clear line, if the image is missing or damaged or does not come up.
    """
    return System(release, cpus, seed).service


class System:
    """A running kernel and all its layers, for those who need more than its files.

    Made in the order of booting: machine and image, call sites, first instructions, and what the
    mount serves. ``directory`` holds another image than the release's own; a guest that does
    nothing sensible for ``hang_seconds`` of processor time is declared dead; ``cpu_model`` is one
    of CPU_MODELS (processors.py), ``bugs`` are names of tracefs.kernel.bugs, ``append`` is the
    kernel's command line. A system with a seed can ``replay`` the schedule of another with the same
    seed.
    """

    def __init__(
        self,
        release: str | Release = releases.DEFAULT,
        cpus: int = 2,
        seed: int | None = None,
        directory: Path | None = None,
        hang_seconds: float = 10.0,
        cpu_model: str | None = None,
        replay: Schedule | None = None,
        append: str = "",
        bugs: Iterable[str] = (),
    ) -> None:
        self.command_line = CommandLine(append)
        try:
            self.release = releases.get(release) if isinstance(release, str) else release
            self.directory = directory or image_directory(self.release.image)
            self._machine(cpus, seed, hang_seconds)
            if replay is not None:
                self.machine.replay(replay)
            self._load()
            self.cpu_model = check_model(cpu_model or DEFAULT_MODEL, self.release.image)
            self._core()
            self._bugs(bugs)
            self._start()
            self.init = self._init_task()
            self._files()
            self.trouble.booted()
            if not self.machine.deterministic:
                self.machine.timers = self.syscalls.timers.until
                self.machine.start_idle()
        except (*_UNKNOWN, ImageError, GuestCrash) as error:
            raise BootError(str(error)) from error

    # -- the machine ------------------------------------------------------------------------

    def _machine(self, cpus: int, seed: int | None, hang_seconds: float) -> None:
        self.image = Image.load(self.directory / "vmlinux")
        self.machine = Machine(
            cpus=cpus, seed=seed, where=_LAYOUTS[self.image.bits], hang_seconds=hang_seconds
        )
        self.guest = guest = Guest(self.release, self.directory, self.image, self.machine)
        self.memory, self.abi, self.symbol = guest.memory, guest.abi, guest.symbol
        self.kallsyms, self.log = guest.kallsyms, guest.log
        self.machine.hypercalls[HC_BOOTED] = self._start_secondary
        self.oops = Oops(guest)

    def _load(self) -> None:
        self.machine.map_kernel(
            _Segment(s.va, s.data, s.memsize, bool(s.flags & 1)) for s in self.image.segments
        )
        # A function called by the host returns to text of the kernel, as the return tracer checks.
        self.machine.host_return = self.symbol("host_return")
        offset = self.abi.offset
        self.machine.set_percpu(
            self.symbol("pcpu_hot"),
            self.abi.size("pcpu_hot"),
            poll=offset("pcpu_hot", "host_poll"),
            clock=offset("pcpu_hot", "clock_ns"),
        )
        self._boot_params()
        self.syscalls = Syscalls(self.machine, self.abi, self.symbol)

    def _boot_params(self) -> None:
        machine, memory = self.machine, self.memory
        base = self.symbol("boot_params")

        def put(field: str, value: int, size: int = 8) -> None:
            address = base + self.abi.offset("boot_params", field)
            memory.write(address, value.to_bytes(size, "little"))

        scale = machine.clock.scale
        put("ram_start", GUEST_START)
        put("ram_end", GUEST_START + GUEST_SIZE)
        put("nr_cpus", len(machine.cpus), 4)
        put("deterministic", int(machine.deterministic), 4)
        put("tsc_mult", scale.mult)
        put("tsc_shift", scale.shift)
        put("tsc_base", scale.base)
        # A deterministic machine has no wall clock of its own: every boot is on the same day.
        put(
            "boot_wall_ns",
            10**18 if machine.deterministic else time.time_ns() - machine.clock.now(),
        )
        put("seed", machine.seed or 0)
        name = self.release.utsname.encode()[:63] + b"\0"
        memory.write(base + self.abi.offset("boot_params", "release"), name)

    def _start(self) -> None:
        stack = self.symbol("init_thread_union") + THREAD_SIZE
        self.machine.start_cpu(0, self.symbol(f"startup_{self.image.bits}"), stack)
        with contextlib.suppress(TaskDied):
            self.syscalls.run_until(self._is_up)

    def _is_up(self) -> bool:
        return bool(self.syscalls.tasks) and all(cpu.online for cpu in self.machine.cpus)

    def _start_secondary(self, cpu: Cpu) -> int:
        number, stack = cpu.arg(0), cpu.arg(2)
        self.machine.start_cpu(number, self.symbol(f"secondary_startup_{self.image.bits}"), stack)
        return 0

    def _init_task(self) -> Task:
        for task in self.syscalls.tasks.values():
            if task.pid == 1:
                return task
        raise BootError("the kernel did not reach user mode; its last words: " + self._last_words())

    def _last_words(self) -> str:
        lines = self.log.text().decode(errors="replace").splitlines()
        return " | ".join(lines[-3:]) or "none"

    # -- the layers above -------------------------------------------------------------------

    def _core(self) -> None:
        from tracefs.arch import create_arch
        from tracefs.ftrace import Ftrace
        from tracefs.kernel.guest_ftrace import GuestFtrace
        from tracefs.release import Feature

        where = self.memory.layout
        self.area = RetiringArea(self.memory, where.modules_base, where.modules_end)
        self.area.retired = self.syscalls.retired
        self.patching = self._patching()
        self.arch = create_arch(
            self.image,
            self.memory,
            self.area,
            flush=self.machine.flush_text,
            patching=self.patching,
        )
        trampoline = self.arch.module_trampoline
        self.loader = ModuleLoader(self.memory, self.image, self.area, trampoline)
        self.guest_ftrace = GuestFtrace(self.guest, self.syscalls.retired)
        core: Callable[..., Ftrace] = Ftrace
        if self.release.has(Feature.FTRACED):
            core = self._recorded_core()
        self.ftrace = core(
            self.arch,
            self.kallsyms,
            self.image.mcount_loc,
            guest=self.guest_ftrace,
            stop_machine=self.patching.run,
            printk=self.log.print,
            terse=not self.release.has(Feature.BUG_DETAILS),
        )
        if self.image.get("ftrace_init") is None:
            self.ftrace.init()
            return
        self.machine.hypercalls[HC_FTRACE_INIT] = self._ftrace_init
        for name in CPU_MODELS[self.cpu_model]:
            for cpu in self.machine.cpus:
                cpu.reject(self.symbol(name))

    def _patching(self) -> Patching:
        """The release's way of changing call sites."""
        from tracefs.arch import Breakpoint, NmiSafe, StopMachine
        from tracefs.release import Feature

        machine = self.machine
        if self.release.has(Feature.TEXT_POKE_BP):
            return Breakpoint(machine, self.image)
        if self.release.has(Feature.NMI_SAFE_PATCHING):
            return NmiSafe(machine, self.image)
        return StopMachine(self.memory, machine.flush_text, machine.stop_machine, machine.nmi)

    def _recorded_core(self) -> Callable[..., Ftrace]:
        """The core of a kernel that finds its call sites at run time, with its daemon."""
        from tracefs.ftrace.ftraced import RecordedFtrace
        from tracefs.kernel.ftraced import GuestRecorder

        def ftraced(cpu: Cpu) -> int:
            assert isinstance(self.ftrace, RecordedFtrace)
            self.ftrace.tick()
            return 0

        self.machine.hypercalls[HC_FTRACED] = ftraced
        recorder = GuestRecorder(self.memory, self.abi, self.symbol)
        return partial(RecordedFtrace, recorder=recorder)

    def _ftrace_init(self, cpu: Cpu) -> int:
        """The guest can handle exceptions: find out which nop this processor executes."""
        tests = (self.symbol("ftrace_test_p6nop"), self.symbol("ftrace_test_nop5"))

        def probe(code: bytes) -> bool:
            test = next(at for at in tests if self.memory.read(at, len(code)) == code)
            return cpu.call(test) == 0

        self.ftrace.init(probe)
        return 0

    def _files(self) -> None:
        from tracefs.control.tree import Tree
        from tracefs.events import Events, Kprobes
        from tracefs.kernel.backend import GuestBackend
        from tracefs.kernel.ftrace_users import FtraceUsers
        from tracefs.kernel.guest_events import GuestEventTable
        from tracefs.kernel.modules import Modules
        from tracefs.kernel.scope import Kernel, MachineView
        from tracefs.kernel.service import MountService
        from tracefs.kernel.tracepoint_printk import TracepointPrintk
        from tracefs.release import Feature
        from tracefs.trace.array import TraceArrays

        guest, ftrace, syscalls = self.guest, self.ftrace, self.syscalls
        self.modules = Modules(guest, self.loader, ftrace, syscalls)
        FtraceUsers(guest, ftrace, self.guest_ftrace)
        for name in BOOT_MODULES:
            if name in self.modules.built:
                self._boot_module(name)
        stand_ins = self.trouble.stand_ins
        backend = GuestBackend(guest, ftrace, self.guest_ftrace, syscalls, stand_ins)
        arrays = TraceArrays(backend, self.release)
        if self.release.has(Feature.TRACEFS):
            kprobes = Kprobes(Events(arrays, GuestEventTable(backend)))
            self.modules.coming.append(kprobes.module_coming)
            self.modules.going.append(kprobes.module_going)
        view = MachineView(
            guest,
            self.arch,
            ftrace,
            self.loader,
            self.modules,
            syscalls,
            self.command_line.text,
            self.trouble,
            backend,
            TracepointPrintk(guest, arrays),
        )
        self.kernel = Kernel(self.release, arrays, view)
        self.modules.uses_trace_printk = self.kernel.traces.trace_printk_init_buffers
        self.oops.dump = self._dump_on_oops
        self.clients = Clients(self.syscalls, self.memory, self.init, len(self.machine.cpus))
        if self.machine.deterministic:
            self.clients.fresh_ns = 0  # what is seen does not depend on how fast the host is
        tree = Tree(self.kernel)
        self.command_line.apply(self.kernel, tree, self.init, self.log.print)
        self.service = MountService(self.machine, tree, self.syscalls, self.clients, time.time_ns())

    def _dump_on_oops(self, cpu: int | None) -> None:
        """ftrace_dump_on_oops: all CPUs' events into the log, or those of the CPU that died."""
        from tracefs.trace.dump import ftrace_dump

        wanted = self.kernel.machine.sysctl["ftrace_dump_on_oops"]
        if wanted:
            ftrace_dump(self.kernel.traces.top, cpu if wanted == 2 else None)

    def _bugs(self, names: Iterable[str]) -> None:
        from tracefs.kernel.trouble import Trouble

        self.trouble = Trouble(self)
        for name in names:
            try:
                self.trouble.switches.switch(name, True)
            except OSError as error:
                raise BootError(f"bug '{name}': {error.strerror}") from None

    def _boot_module(self, name: str) -> None:
        """A module that cannot be loaded leaves its reason in the log, and the system comes up."""
        try:
            self.modules.insmod(self.init, name)
        except OSError as error:
            self.log.print(str(error))
