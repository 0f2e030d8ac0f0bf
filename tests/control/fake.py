"""A kernel without a machine: buffers are lists, symbols a table, filters sets."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.control.fake_events import FakeEvents
from tracefs.events import Events, Kprobes
from tracefs.ftrace.hash import EMPTY, Hash
from tracefs.release import Release, get
from tracefs.ring import Event
from tracefs.ring.page import LAYOUT_64
from tracefs.trace.array import TraceArrays

MARK = 0xFFFFFFFF811C36BD
SYMBOLS = {
    MARK: ("tracing_mark_write", 0xFFFFFFFF811C3600, 0x200),
    0xFFFFFFFF8137D360: ("do_filp_open", 0xFFFFFFFF8137D360, 0x160),
    0xFFFFFFFF8136404F: ("do_sys_openat2", 0xFFFFFFFF81363FA0, 0x170),
}


def error(number: int) -> OSError:
    """The OSError of an errno."""
    return OSError(number, os.strerror(number))


class FakeBuffer:
    """A ring buffer whose pages hold any number of events; each takes 32 bytes."""

    def __init__(self, cpus: int, size: int) -> None:
        self.cpus = cpus
        self.clock = 0
        self.time = 1_000_000_000
        self.overwrite = True
        self.absolute = False
        self.room = 1 << 30
        self.recording = True
        self._disabled = [0] * cpus
        self._pages = [0] * cpus
        self.layout = LAYOUT_64
        self.events: list[list[Event]] = [[] for _ in range(cpus)]
        self._read = [0] * cpus
        self._overrun = [0] * cpus
        self._lost = [0] * cpus
        self._dropped = [0] * cpus
        self.resize(size)

    def record(self, cpu: int, data: bytes, ts: int | None = None) -> bool:
        """Write an entry as the guest does."""
        if not self.recording or self._disabled[cpu]:
            return False
        self.time += 1000
        if len(self.events[cpu]) >= self.room:
            if not self.overwrite:
                self._dropped[cpu] += 1
                return False
            del self.events[cpu][0]
            self._overrun[cpu] += 1
            self._lost[cpu] += 1
        self.events[cpu].append(Event(cpu, self.time if ts is None else ts, data))
        return True

    def is_recording(self, cpu: int) -> bool:
        return self.recording and not self._disabled[cpu]

    def record_disable(self, cpu: int | None = None) -> None:
        for which in range(self.cpus) if cpu is None else (cpu,):
            self._disabled[which] += 1

    def record_enable(self, cpu: int | None = None) -> None:
        for which in range(self.cpus) if cpu is None else (cpu,):
            self._disabled[which] -= 1

    def now(self) -> int:
        return self.time

    def entries(self) -> int:
        return sum(map(len, self.events))

    def overruns(self) -> int:
        return sum(self._overrun)

    def is_empty(self, cpu: int | None = None) -> bool:
        return not any(self.events if cpu is None else self.events[cpu])

    def size(self, cpu: int) -> int:
        return self._pages[cpu] * 4080

    def resize(self, size: int, cpu: int | None = None) -> None:
        pages = max(-(-size // 4080), 2)
        if pages > 1 << 24:
            raise error(errno.ENOMEM)
        for which in range(self.cpus) if cpu is None else (cpu,):
            self._pages[which] = pages

    def reset(self, cpu: int | None = None) -> None:
        for which in range(self.cpus) if cpu is None else (cpu,):
            self.events[which].clear()
            for counts in (self._read, self._overrun, self._lost, self._dropped):
                counts[which] = 0

    def twin(self, *, small: bool = False) -> FakeBuffer:
        other = FakeBuffer(self.cpus, 1)
        if not small:
            other.match(self)
        return other

    def match(self, model: FakeBuffer) -> None:
        self._pages = list(model._pages)

    def swap(self, other: FakeBuffer, cpu: int | None = None) -> None:
        for n in range(self.cpus) if cpu is None else [cpu]:
            self.events[n], other.events[n] = other.events[n], self.events[n]

    def fills(self, cpu: int, percent: int) -> bool:
        return 100 * len(self.events[cpu]) >= percent * self._pages[cpu]

    def free(self) -> None:
        self._pages = []

    def stats(self, cpu: int) -> Any:
        events = self.events[cpu]
        return SimpleNamespace(
            entries=len(events),
            overrun=self._overrun[cpu],
            commit_overrun=0,
            bytes=32 * len(events),
            oldest_event_ts=events[0].ts if events else 0,
            now_ts=self.time,
            dropped_events=self._dropped[cpu],
            read_events=self._read[cpu],
        )

    def peek(self, cpu: int) -> Event | None:
        events = self.events[cpu]
        return events[0]._replace(lost=self._lost[cpu]) if events else None

    def consume(self, cpu: int) -> Event | None:
        event = self.peek(cpu)
        if event is not None:
            del self.events[cpu][0]
            self._lost[cpu] = 0
            self._read[cpu] += 1
        return event


class FakeReader:
    """Takes whole pages."""

    def __init__(self, buffer: FakeBuffer, cpu: int) -> None:
        self._buffer = buffer
        self._cpu = cpu

    def read_page(self, size: int) -> bytes | None:
        return b"page".ljust(4096, b"\0") if self._buffer.consume(self._cpu) else None


class FakeConsumer:
    """Consumes a buffer, CPUs merged by time."""

    def __init__(self, buffer: FakeBuffer, cpus: Iterable[int]) -> None:
        self._buffer = buffer
        self._cpus = list(cpus)

    def is_empty(self) -> bool:
        return self.peek() is None

    def peek(self) -> Event | None:
        found = [event for cpu in self._cpus if (event := self._buffer.peek(cpu)) is not None]
        return min(found, key=lambda event: event.ts, default=None)

    def consume(self) -> Event | None:
        event = self.peek()
        return None if event is None else self._buffer.consume(event.cpu)

    def after(self, cpu: int) -> Event | None:
        return self._buffer.peek(cpu)

    def drop_after(self, cpu: int) -> None:
        self._buffer.consume(cpu)

    def run(self) -> None:
        """Nothing comes in bulk here."""


class FakeIterator:
    """The events of a buffer in time order."""

    def __init__(self, buffer: FakeBuffer, cpus: Iterable[int] | None) -> None:
        cpus = range(buffer.cpus) if cpus is None else cpus
        events = (event for cpu in cpus for event in buffer.events[cpu])
        self._events = sorted(events, key=lambda event: event.ts)

    def __iter__(self) -> FakeIterator:
        return self

    def __next__(self) -> Event:
        if not self._events:
            raise StopIteration
        return self._events.pop(0)

    def after(self, cpu: int) -> Event | None:
        return next((event for event in self._events if event.cpu == cpu), None)

    def drop_after(self, cpu: int) -> None:
        self._events.remove(next(event for event in self._events if event.cpu == cpu))


class FakeFilter:
    """An open filter file over a set of names."""

    def __init__(self, names: set[bytes], known: set[bytes], write: bool, trunc: bool) -> None:
        self._names = names
        self._known = known
        self._write = write
        self._edited = set() if write and trunc else set(names)
        self.closed = 0

    def write(self, data: bytes) -> int:
        blank = next((i for i, byte in enumerate(data) if byte in b" \n\t"), len(data) - 1)
        word = data[: blank + 1].strip()
        if word and word not in self._known:
            raise error(errno.EINVAL)
        if word:
            self._edited.add(word)
        return blank + 1

    def text(self) -> bytes:
        if not self._edited:
            return b"#### all functions enabled ####\n"
        return b"".join(name + b"\n" for name in sorted(self._edited))

    def close(self) -> None:
        self.closed += 1
        if self._write:
            self._names.clear()
            self._names.update(self._edited)


class FakeFtrace:
    """Functions that are only names."""

    def __init__(self) -> None:
        self.known = {b"vfs_read", b"vfs_write", b"vfs_open", b"schedule"}
        self.filters: dict[tuple[int, bool], set[bytes]] = {}
        self.registered: list[Any] = []
        self.commands: dict[bytes, Any] = {}
        self.commits: list[set[bytes]] = []
        self.dead = False

    def avail_open(self) -> None:
        if self.dead:
            raise error(errno.ENODEV)

    def available_lines(self) -> bytes:
        return b"".join(b"function_number_%d\n" % i for i in range(1000))

    def enabled_lines(self) -> bytes:
        if not self.registered:
            return b""
        names = self.filters.get((id(self.registered[0]), False)) or self.known
        return b"".join(name + b" (1)\n" for name in sorted(names))

    def check_alive(self) -> None:
        self.avail_open()

    def select(self, pattern: Any) -> Any:
        names = sorted(self.known)
        return np.array([i + 1 for i in pattern.select(names)], np.uint64)

    def hash_lines(self, value: Any) -> bytes:
        return b"".join(sorted(self.known)[ip - 1] + b"\n" for ip in value.ips.tolist())

    def total_info(self) -> bytes:
        return b"39810 pages:171 groups: 19\n"

    def register(self, ops: Any) -> None:
        self.avail_open()
        self.registered.append(ops)

    def unregister(self, ops: Any) -> None:
        self.avail_open()
        self.registered.remove(ops)

    def open_filter(
        self,
        ops: Any,
        *,
        notrace: bool = False,
        write: bool = False,
        trunc: bool = False,
        do_probes: bool = True,
    ) -> FakeFilter:
        names = self.filters.setdefault((id(ops), notrace), set())
        return FakeFilter(names, self.known, write, trunc)


class FakeArray:
    """The guest's side of a trace array."""

    def __init__(self, backend: FakeBackend, size: int) -> None:
        self.backend = backend
        self.buffer: Any = FakeBuffer(backend.cpus, size)
        self.ops: Any = object()
        self.function = ""
        self.pids: tuple[Any, Any] = (None, None)
        self.event_pids: tuple[Any, Any] = (None, None)
        self.freed = False
        self.max_latency = 0
        self.on_max: Any = None

    def set_flags(self, flags: int) -> None:
        self.flags = flags

    def set_function(self, symbol: str) -> None:
        self.function = symbol

    def set_pids(self, only: Iterable[int] | None, never: Iterable[int] | None) -> None:
        self.pids = only, never

    def set_event_pids(self, only: Iterable[int] | None, never: Iterable[int] | None) -> None:
        self.event_pids = only, never

    def mark(self, data: bytes, task: Any) -> int:
        text = data if data.endswith(b"\n") else data + b"\n"
        body = struct.pack("<Q", MARK) + text + b"\0"
        return self._record(5, body, task) or len(data)

    def mark_raw(self, data: bytes, task: Any) -> int:
        return self._record(18, data, task) or len(data)

    def _record(self, number: int, body: bytes, task: Any) -> int:
        entry = struct.pack("<HBBi", number, 0, 0, task.pid) + body
        entry += bytes(-len(entry) % 4)
        return 0 if self.buffer.record(self.backend.cpu, entry) else -errno.EBADF

    def free(self) -> None:
        self.freed = True


class FakeCmdlines:
    """Names of tasks."""

    def __init__(self) -> None:
        self.names = {7: b"cat"}
        self.groups: dict[int, int] = {}
        self.size = 6552

    def comm(self, pid: int) -> bytes | None:
        return self.names.get(pid)

    def comms(self) -> Iterable[tuple[int, bytes]]:
        return self.names.items()

    def tgid(self, pid: int) -> int:
        return self.groups.get(pid, 0)

    def tgids(self) -> Iterable[tuple[int, int]]:
        return self.groups.items()

    def resize(self, size: int) -> None:
        if not size:
            raise error(errno.EINVAL)
        self.size = size


class FakeKallsyms:
    """Symbols from SYMBOLS."""

    generation = 0

    def lookup(self, address: int) -> Any:
        found = SYMBOLS.get(address)
        return None if found is None else SimpleNamespace(name=found[0])

    def format(self, address: int) -> str:
        name, start, size = SYMBOLS[address]
        return f"{name}+{address - start:#x}/{size:#x}"

    def addr(self, name: str) -> int | None:
        return None if name.startswith(("function_stack", "__irqentry")) else 1

    def name(self, address: int) -> str:
        return SYMBOLS[address][0] if address in SYMBOLS else f"{address:#x}"


@dataclass
class FakeGraph:
    """The function graph tracer, which never runs."""

    function: Hash = EMPTY
    notrace: Hash = EMPTY
    max_depth: int = 0
    thresh: int = 0
    irqs: bool = True
    sleep_time: bool = True
    ops: Any = field(default_factory=SimpleNamespace)
    running: bool = False

    def start(self, user: str = "trace_graph") -> None:
        if self.running:
            raise error(errno.EBUSY)
        self.running = True

    def stop(self) -> None:
        self.running = False


@dataclass
class FakeStackTracer:
    """The stack tracer, with a stack that a test gives it."""

    ops: Any = field(default_factory=lambda: SimpleNamespace(enabled=False))
    max_size: int = 0
    found: list[tuple[int, int]] = field(default_factory=list)

    def entries(self) -> list[tuple[int, int]]:
        return self.found


@dataclass
class FakeProfiler:
    """The function profiler, with records that a test gives it."""

    enabled: bool = False
    graph_time: bool = True
    found: dict[int, list[Any]] = field(default_factory=dict)

    def records(self, cpu: int) -> list[Any]:
        return self.found.get(cpu, [])


class FakeSchedSwitch:
    """Backend.sched_switch: records nothing."""

    enabled = False

    def begin(self, array: object) -> None:
        """Nothing to prepare."""

    def end(self) -> None:
        """Nothing to undo."""


@dataclass
class FakeLatency:
    """A family of latency tracers, which finds nothing."""

    enabled: bool = False
    busy: bool = False
    mode: int = 0

    def begin(self, array: Any, mode: int) -> None:
        self.busy, self.mode = True, mode

    def end(self) -> None:
        self.busy = False


@dataclass
class FakeBackend:
    """Backend of trace arrays."""

    cpus: int = 2
    uname: str = "6.1.0-tracefs"
    cpu: int = 0
    time: int = 0
    lines: list[str] = field(default_factory=list)
    cmdline_users: int = 0
    tgid_users: int = 0
    kallsyms: Any = field(default_factory=FakeKallsyms)
    ftrace: Any = field(default_factory=FakeFtrace)
    cmdlines: Any = field(default_factory=FakeCmdlines)
    strings: dict[int, str] = field(default_factory=dict)
    graph: FakeGraph = field(default_factory=FakeGraph)
    returns: Any = None
    stack_tracer: FakeStackTracer = field(default_factory=FakeStackTracer)
    profiler: FakeProfiler = field(default_factory=FakeProfiler)
    irqsoff: FakeLatency = field(default_factory=FakeLatency)
    wakeup: FakeLatency = field(default_factory=FakeLatency)
    sched_switch: FakeSchedSwitch = field(default_factory=FakeSchedSwitch)

    def create_array(self, name: str, size: int) -> Any:
        return FakeArray(self, size)

    def log(self, text: str) -> None:
        self.lines.append(text)

    def record_cmdlines(self, on: bool) -> None:
        self.cmdline_users += 1 if on else -1

    def record_tgids(self, on: bool) -> None:
        self.tgid_users += 1 if on else -1

    def now(self) -> int:
        return self.time

    def cstring(self, address: int) -> str | None:
        return self.strings.get(address)

    def printk_formats(self) -> Iterable[int]:
        return self.strings

    def save_cmdline(self, cpu: int | None) -> None:
        pass

    def current_cpu(self) -> int:
        return self.cpu


class FakeTrouble:
    """TroubleScope without a machine."""

    def __init__(self, calls: list[tuple[Any, ...]]) -> None:
        self._calls = calls

    def cpu_models(self) -> Iterable[tuple[str, bool]]:
        return [("p6", True), ("i486", False)]

    def bugs(self) -> Iterable[tuple[str, str, str, bool]]:
        return [("cmpxchg", "S20", "writes on", True), ("jmp-zeros", "S17", "no step", False)]

    def switch_bug(self, name: str, on: bool) -> None:
        self._calls.append(("bug", name, on))

    def ioremap(self, name: str, pages: int) -> None:
        self._calls.append(("ioremap", name, pages))

    def io_regions(self) -> Iterable[str]:
        return ["f8000000-f8001000 e1000e: 0 write cycles, 0 bytes changed\n"]

    def faults(self) -> Iterable[str]:
        return ["vfs_read efault\n"]

    def set_fault(self, function: str, cause: str | None) -> None:
        self._calls.append(("fault", function, cause))

    def probes(self) -> Iterable[str]:
        return []

    def set_probe(self, function: str, on: bool) -> None:
        self._calls.append(("probe", function, on))


class FakeMachine:
    """What .machine shows."""

    ftrace_enabled = True
    explain = False
    cmdline = "quiet"
    workload_result = ""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.trouble = FakeTrouble(self.calls)
        self.stack_tracer_enabled = 0
        self.tracepoint_printk = 0
        self.sysctl = {"kptr_restrict": 0, "sched_rt_runtime_us": -1, "ftrace_dump_on_oops": 0}

    def kallsyms(self, show: bool = True) -> bytes:
        return b"ffffffff81000000 T startup_64\n" if show else b"0000000000000000 T startup_64\n"

    def modules(self) -> bytes:
        return b""

    def version(self) -> str:
        return "Linux version 6.1.0-tracefs\n"

    def dmesg(self) -> bytes:
        return b"[    0.000000] hello\n"

    def available_modules(self) -> dict[str, list[str]]:
        return {"crc32c_generic": [], "ext4": ["crc32c_generic"]}

    def insmod(self, task: Any, path: str, parameters: str) -> None:
        self.calls.append(("insmod", path, *parameters.split()))

    def rmmod(self, task: Any, name: str) -> None:
        if name != "dummy":
            raise error(errno.ENOENT)
        self.calls.append(("rmmod", name))

    def nmi(self, cpu: int | None, moment: int | None) -> None:
        self.calls.append(("nmi", cpu) if moment is None else ("nmi", cpu, moment))

    def functions(self) -> Iterable[str]:
        return ["vfs_read", "vfs_write"]

    def has_function(self, name: str) -> bool:
        return name in self.functions()

    def disassembly(self, name: str) -> Iterable[str]:
        return ["ffffffff81000000: nop\n"]

    def records(self) -> Iterable[str]:
        return ["ffffffff81000000 0f1f440000 0 startup_64\n"]

    def cpus(self) -> Iterable[str]:
        return ["cpu 0\n", "cpu 1\n"]

    def schedule(self) -> Iterable[str]:
        return []

    def workload(self, task: Any, name: str, count: int, argument: int) -> str:
        if name != "spin":
            raise error(errno.EINVAL)
        return f"{name} {count} {argument}: done\n"

    def workloads(self) -> Iterable[str]:
        return ["spin"]


class FakeKernel:
    """KernelScope without a machine."""

    def __init__(self) -> None:
        self.backend = FakeBackend()
        self.release: Release = get()
        self.traces = TraceArrays(self.backend, self.release)
        self.events = FakeEvents()
        Kprobes(Events(self.traces, self.events))
        self.machine: Any = FakeMachine()
