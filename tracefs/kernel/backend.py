"""The guest's trace arrays: their structs, buffers and ops (Backend of tracefs.trace)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from tracefs.ftrace import FtraceOps, OpsFlag
from tracefs.kernel.cmdlines import RECORD_CMDLINE, RECORD_TGID, SavedCmdlines
from tracefs.kernel.guest_ftrace import GuestFtrace
from tracefs.kernel.guest_graph import GuestGraph
from tracefs.kernel.guest_latency import GuestIrqsOff, GuestWakeup, PreemptIrq, max_trace
from tracefs.kernel.guest_profile import GuestProfiler
from tracefs.kernel.guest_return import GuestReturn
from tracefs.kernel.guest_sched_switch import GuestSchedSwitch
from tracefs.kernel.guest_stack import GuestStackTracer
from tracefs.kernel.probes import GuestFuncProbe, GuestProbes
from tracefs.ring import TraceBuffer
from tracefs.ring.pool import PagePool
from tracefs.trace.backend import Task
from tracefs.trace.options import EVENT_FORK, FUNCTION_FORK
from tracefs.trace.options import RECORD_TGID as RECORD_TGID_OPTION

if TYPE_CHECKING:
    from tracefs.ftrace import Ftrace
    from tracefs.image import Abi
    from tracefs.kernel.guest import Guest
    from tracefs.kernel.syscalls import Syscalls
    from tracefs.machine import Cpu
    from tracefs.trace.backend import GuestArray, MaxTrace

PAGE_SIZE = 4096
OPS_OFFSET = 2048
"""A trace array and its ops share a page."""
FORK_FUNCTION, FORK_EVENT = 1, 2
HC_TRACE_MAX = 14
IGNORE_PID, TRACE_PID = 0xFFFFFFFF, 0xFFFFFFFE


class GuestBackend:
    """Backend of tracefs.trace over the running guest; the machine's lock is held."""

    def __init__(
        self,
        guest: Guest,
        ftrace: Ftrace,
        guest_ftrace: GuestFtrace,
        syscalls: Syscalls,
        stand_ins: Mapping[str, str],
    ) -> None:
        self.uname = guest.release.utsname
        self._stand_ins = stand_ins
        self.machine = machine = guest.machine
        self.memory = guest.memory
        self.abi: Abi = guest.abi
        self.symbol = guest.symbol
        self.find = guest.find
        self.kallsyms = guest.kallsyms
        self.ftrace = ftrace
        self.guest_ftrace = guest_ftrace
        self.syscalls = syscalls
        self.cpus = len(machine.cpus)
        self.cmdlines = SavedCmdlines(self.memory, self.abi, self.symbol)
        self._log = guest.log
        self._arrays = self.symbol("ftrace_trace_arrays")
        self._marker = self.memory.alloc_pages(1)
        self.graph: GuestGraph
        self.stack_tracer: GuestStackTracer
        self.returns: GuestReturn
        self.probes = GuestProbes(machine, self.abi, self.symbol, guest_ftrace, syscalls.retired)
        self.preemptirq = PreemptIrq(self)
        self.profiler = GuestProfiler(self)
        self.irqsoff = GuestIrqsOff(self, self.preemptirq)
        self.wakeup = GuestWakeup(self)
        self.sched_switch = GuestSchedSwitch(self)
        self._by_address: dict[int, GuestTraceArray] = {}
        machine.hypercalls[HC_TRACE_MAX] = self._max
        self._users = {"event_filter_pid_probes": 0, "trace_pid_fork_probes": 0}
        self._pool = PagePool(self.memory, self.abi.size("buffer_page"))

    def create_array(self, name: str, size: int) -> GuestTraceArray:
        """The guest's side of a new array, linked into its list."""
        array = GuestTraceArray(self, name, size)
        self._by_address[array.address] = array
        if not name:
            self.graph = GuestGraph(self, array)
            self.stack_tracer = GuestStackTracer(self, array)
            self.returns = GuestReturn(self, array)
        return array

    def address(self, array: GuestArray) -> int:
        """Where an array's struct is."""
        assert isinstance(array, GuestTraceArray)
        return array.address

    def _max(self, cpu: Cpu) -> int:
        address, found, single = max_trace(self, cpu)
        array = self._by_address.get(address)
        if array is not None and array.on_max is not None:
            array.on_max(found, single)
        return 0

    def buffer(self, size: int) -> TraceBuffer:
        """A ring buffer with room for ``size`` bytes a CPU (ENOMEM)."""
        scale = None if self.machine.deterministic else self.machine.clock.scale
        buffer = TraceBuffer(
            self.memory, self.abi, self.cpus, now=self._now, tsc=scale, pool=self._pool
        )
        try:
            buffer.resize(size)
        except OSError:
            buffer.free()
            raise
        return buffer

    def _now(self, buffer: TraceBuffer) -> int:
        clock = self.symbol("ring_buffer_time_stamp")
        return self.syscalls.current_cpu.call(clock, buffer.address)

    def log(self, text: str) -> None:
        """One line into the kernel log."""
        self._log.print(text)

    def record_cmdlines(self, on: bool) -> None:
        """One more, or one fewer, user of saved_cmdlines."""
        self.cmdlines.record(RECORD_CMDLINE, on)

    def cstring(self, address: int) -> str | None:
        """A string of the guest's memory."""
        try:
            return self.memory.cstring(address)
        except OSError:
            return None

    def printk_formats(self) -> Iterator[int]:
        """Where the formats of trace_printk are: those of the kernel's section, then modules'."""
        memory, word = self.memory, self.memory.layout.bits // 8
        start, stop = (f"__{edge}___trace_bprintk_fmt" for edge in ("start", "stop"))
        for at in range(self.symbol(start), self.symbol(stop), word):
            if address := memory.word(at):
                yield address
        held = memory.word(self.symbol("trace_bprintk_fmt_list"))
        while held:
            yield held + self.abi.offset("trace_bprintk_fmt", "fmt")
            held = memory.word(held + self.abi.offset("trace_bprintk_fmt", "next"))

    def record_tgids(self, on: bool) -> None:
        """The same for thread groups."""
        self.cmdlines.record(RECORD_TGID, on)

    def now(self) -> int:
        """The time since boot, in ns."""
        return self.machine.clock.now()

    def save_cmdline(self, cpu: int | None) -> None:
        """Save the name of the task on a CPU that stands in a hypercall (None: the calling one)."""
        where = self.syscalls.current_cpu if cpu is None else self.machine.cpus[cpu]
        where.call(self.symbol("tracing_record_cmdline"))

    def current_cpu(self) -> int:
        """The CPU of the system call in progress."""
        return self.syscalls.current_cpu.number

    def call(self, symbol: str, data: bytes, array: int) -> int:
        """Run ``symbol(array, data, length)`` in the calling task's context."""
        self.memory.write(self._marker, data)
        cpu = self.syscalls.current_cpu
        result = cpu.call(self.symbol(symbol), array, self._marker, len(data))
        bits = self.memory.layout.bits
        return result - (1 << bits) if result >> (bits - 1) else result

    def function(self, name: str) -> tuple[int, int]:
        """A tracer's function, and its way in from a trampoline of its own (0: it has none)."""
        name = self._stand_ins.get(name, name)
        return self.symbol(name), self.find(name.replace("_call", "_entry"))

    def use_probes(self, name: str, change: int) -> None:
        """So many more (or fewer) users of probes that the guest attaches for the first of them."""
        before = self._users[name]
        self._users[name] += change
        if bool(before) != bool(self._users[name]):
            self.syscalls.current_cpu.call(self.symbol(name), int(not before))

    def link(self, array: int) -> None:
        """Put an array at the head of ftrace_trace_arrays."""
        self.memory.put_word(array + self._next, self.memory.word(self._arrays))
        self.memory.put_word(self._arrays, array)

    def unlink(self, array: int) -> None:
        """Take an array out of ftrace_trace_arrays."""
        self._by_address.pop(array, None)
        at = self._arrays
        while (here := self.memory.word(at)) != array:
            if not here:
                return
            at = here + self._next
        self.memory.put_word(at, self.memory.word(array + self._next))

    @property
    def _next(self) -> int:
        return self.abi.offset("trace_array", "next")


class GuestTraceArray:
    """GuestArray: a struct trace_array, its ring buffer and its function tracer's ops."""

    def __init__(self, backend: GuestBackend, name: str, size: int) -> None:
        self._backend = backend
        self._memory = backend.memory
        self._abi = backend.abi
        self._pid_pages: dict[str, tuple[int, int]] = {}
        # Numbers that set_ftrace_pid takes and no task can have.
        self._no_pids: dict[str, frozenset[int]] = {}
        self.on_max: Callable[[MaxTrace, bool], None] | None = None
        self.address = self._memory.alloc_pages(1)
        try:
            self.buffer = backend.buffer(size)
        except OSError:
            self._memory.free_pages(self.address, 1)
            raise
        self._link_buffer()
        func, entry = backend.function("function_trace_call")
        self.ops = FtraceOps(
            name or "global_ops",
            func=func,
            address=self.address + OPS_OFFSET,
            private=self,
            flags=OpsFlag.DYNAMIC if name else OpsFlag(0),
            entry=entry,
        )
        private = self._abi.offset("ftrace_ops", "private")
        self._memory.put_word(self.ops.address + private, self.address)
        backend.link(self.address)

    def _link_buffer(self) -> None:
        put = self._memory.put_word
        put(self.address + self._abi.offset("trace_array", "buffer"), self.buffer.address)
        for cpu in range(self._backend.cpus):
            data = self._data(cpu)
            put(
                data + self._abi.offset("trace_array_cpu", "buffer"),
                self.buffer.per_cpu[cpu].address,
            )
            self._memory.put_u32(data + self._ignore, TRACE_PID)

    def _data(self, cpu: int) -> int:
        base = self.address + self._abi.offset("trace_array", "data")
        return base + cpu * self._abi.size("trace_array_cpu")

    @property
    def _ignore(self) -> int:
        return self._abi.offset("trace_array_cpu", "ftrace_ignore_pid")

    @property
    def max_latency(self) -> int:
        """What latency tracers compare with."""
        return self._memory.u64(self.address + self._abi.offset("trace_array", "max_latency"))

    @max_latency.setter
    def max_latency(self, value: int) -> None:
        self._memory.put_u64(self.address + self._abi.offset("trace_array", "max_latency"), value)

    def set_flags(self, flags: int) -> None:
        """trace_flags: what of it the guest's own structures depend on.

        Thread groups are recorded for events only; the option alone makes room for them.
        """
        if flags & RECORD_TGID_OPTION.mask:
            self._backend.cmdlines.make_room_for_tgids()
        self._memory.put_u32(self.address + self._abi.offset("trace_array", "trace_flags"), flags)
        follow = FORK_FUNCTION if flags & FUNCTION_FORK.mask else 0
        follow |= FORK_EVENT if flags & EVENT_FORK.mask else 0
        field = self.address + self._abi.offset("trace_array", "fork_follows")
        before = self._memory.u32(field)
        self._memory.put_u32(field, follow)
        self._backend.use_probes("trace_pid_fork_probes", bool(follow) - bool(before))

    def set_function(self, symbol: str) -> None:
        """Let the ops call this function of the guest, also while registered."""
        self._backend.ftrace.set_func(self.ops, *self._backend.function(symbol))

    @property
    def pids(self) -> tuple[frozenset[int] | None, frozenset[int] | None]:
        """The tasks that function tracing is limited to, and those left out, as they are now."""
        return self._pid_list("function_pids"), self._pid_list("function_no_pids")

    def _pid_list(self, field: str) -> frozenset[int] | None:
        address = self._memory.word(self.address + self._abi.offset("trace_array", field))
        if not address:
            return None
        import numpy as np  # takes 0.1 s: not at the mount's start

        raw = self._memory.read(address, self._abi.size("trace_pid_list"))
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        return frozenset(np.flatnonzero(bits).tolist()) | self._no_pids[field]

    def set_pids(self, only: Iterable[int] | None, never: Iterable[int] | None) -> None:
        """Limit function tracing to, or away from, tasks; None: no such limit."""
        self._set_pid_list("function_pids", only)
        self._set_pid_list("function_no_pids", never)
        filtered = only is not None or never is not None
        for cpu, pid, ignored in self._running(only, never):
            value = (IGNORE_PID if ignored else pid) if filtered else TRACE_PID
            self._memory.put_u32(self._data(cpu) + self._ignore, value)
        self.buffer.pid_filter = filtered

    @property
    def event_pids(self) -> tuple[frozenset[int] | None, frozenset[int] | None]:
        """The tasks that events are limited to, and those left out, as they are now."""
        return self._pid_list("filtered_pids"), self._pid_list("filtered_no_pids")

    def set_event_pids(self, only: Iterable[int] | None, never: Iterable[int] | None) -> None:
        """Limit events to, or away from, tasks; None: no such limit."""
        before = sum(pids is not None for pids in self.event_pids)
        self._set_pid_list("filtered_pids", only)
        self._set_pid_list("filtered_no_pids", never)
        for cpu, _, ignored in self._running(only, never):
            ignore = self._data(cpu) + self._abi.offset("trace_array_cpu", "ignore_pid")
            self._memory.put_u32(ignore, int(ignored))
        now = sum(pids is not None for pids in (only, never))
        self._backend.use_probes("event_filter_pid_probes", now - before)

    def _running(
        self, only: Iterable[int] | None, never: Iterable[int] | None
    ) -> Iterator[tuple[int, int, bool]]:
        """Each CPU, its task, and whether these lists leave that out."""
        only, never = (None if only is None else set(only)), set(never or ())
        hot, size = self._backend.symbol("pcpu_hot"), self._abi.size("pcpu_hot")
        for cpu in range(self._backend.cpus):
            current = self._memory.word(
                hot + cpu * size + self._abi.offset("pcpu_hot", "current_task")
            )
            pid = self._memory.u32(current + self._abi.offset("task_struct", "pid"))
            yield cpu, pid, (only is not None and pid not in only) or pid in never

    def _set_pid_list(self, field: str, pids: Iterable[int] | None) -> None:
        address, size = 0, self._abi.size("trace_pid_list")
        pages = size // PAGE_SIZE
        if pids is not None:
            bits = bytearray(size)
            for pid in (pids := set(pids)):
                if pid < 8 * size:
                    bits[pid // 8] |= 1 << pid % 8
            self._no_pids[field] = frozenset(pid for pid in pids if pid >= 8 * size)
            address = self._memory.alloc_pages(pages)
            self._memory.write(address, bytes(bits))
        held = self._pid_pages.pop(field, None)
        self._memory.put_word(self.address + self._abi.offset("trace_array", field), address)
        if held is not None:
            self._backend.syscalls.retired.pages(self._memory, *held)
        if address:
            self._pid_pages[field] = address, pages

    def create_probe(
        self, function: str, hit: Callable[[int], None] | None, about: object | None = None
    ) -> GuestFuncProbe:
        """A function command; see tracefs.trace.backend."""
        return self._backend.probes.create(self.address, self, function, hit, about)

    def mark(self, data: bytes, task: Task) -> int:
        """tracing_mark_write in the calling task's context."""
        return self._backend.call("tracing_mark_write", data, self.address)

    def mark_raw(self, data: bytes, task: Task) -> int:
        """tracing_mark_raw_write in the calling task's context."""
        return self._backend.call("tracing_mark_raw_write", data, self.address)

    def free(self) -> None:
        """Unlink everything, and free it when nobody can be using it."""
        self.set_event_pids(None, None)
        self.set_flags(0)
        self._backend.unlink(self.address)
        self._backend.syscalls.retired.later(self._free)

    def _free(self) -> None:
        self._set_pid_list("function_pids", None)
        self._set_pid_list("function_no_pids", None)
        self._backend.guest_ftrace.forget(self.ops)
        self.buffer.free()
        self._memory.free_pages(self.address, 1)
