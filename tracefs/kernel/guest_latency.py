"""The guest's latency tracers: its variables, and the maxima that it finds.

The guest's side is kernel/trace/trace_irqsoff.c and trace_latency.c. The machine stands still here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.trace.backend import MaxTrace

if TYPE_CHECKING:
    from tracefs.kernel.backend import GuestBackend
    from tracefs.machine import Cpu
    from tracefs.trace.backend import GuestArray

IRQFLAGS, PREEMPT_TOGGLE = 1, 2
IRQS_OFF, PREEMPT_OFF = 2, 4
COMM_LEN = 16


class PreemptIrq:
    """Who wants to know of interrupts and preemption being turned off and on.

    The guest looks at one byte of each CPU's struct pcpu_hot (asm/hot_word.h).
    """

    def __init__(self, backend: GuestBackend) -> None:
        self._memory = backend.memory
        self._offset = backend.abi.offset
        hot, size = backend.symbol("pcpu_hot"), backend.abi.size("pcpu_hot")
        self._hot = [hot + cpu * size for cpu in range(backend.cpus)]
        self._users = {IRQFLAGS: 0, PREEMPT_TOGGLE: 0}

    def watch(self, what: int, on: bool) -> None:
        """One more, or one fewer, user of IRQFLAGS, PREEMPT_TOGGLE or both."""
        before = self._wanted
        for bit in self._users:
            if what & bit:
                self._users[bit] += 1 if on else -1
        wanted = self._wanted
        if wanted & ~before & IRQFLAGS:
            self.clear("tracing_irq_cpu")
        for hot in self._hot:
            self._put(hot, "trace_preemptirq", wanted)

    def clear(self, field: str) -> None:
        """Set a byte of each CPU's to 0."""
        for hot in self._hot:
            self._put(hot, field, 0)

    @property
    def _wanted(self) -> int:
        return sum(bit for bit, users in self._users.items() if users)

    def _put(self, hot: int, field: str, value: int) -> None:
        self._memory.write(hot + self._offset("pcpu_hot", field), bytes([value]))


class GuestLatency:
    """Latency of tracefs.trace.backend; ``family`` begins the names of its variables."""

    def __init__(self, backend: GuestBackend, family: str) -> None:
        self._backend = backend
        self._family = family
        self._enabled = False
        self.busy = False

    def begin(self, array: GuestArray, mode: int) -> None:
        """Be ready to measure for an array."""
        address = self._backend.address(array)
        self._backend.memory.put_word(self._symbol("trace"), address)
        self._backend.memory.put_u32(self._symbol("trace_type"), mode)
        self.busy = True

    def end(self) -> None:
        """Undo `begin`."""
        self.busy = False

    @property
    def enabled(self) -> bool:
        """Whether it measures."""
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._set_enabled(value)

    def _set_enabled(self, value: bool) -> None:
        self._enabled = value
        self._backend.memory.put_u32(self._symbol("tracer_enabled"), value)

    def _symbol(self, name: str) -> int:
        return self._backend.symbol(f"{self._family}_{name}")


class GuestIrqsOff(GuestLatency):
    """Sections with interrupts or preemption off."""

    def __init__(self, backend: GuestBackend, preemptirq: PreemptIrq) -> None:
        super().__init__(backend, "irqsoff")
        self._preemptirq = preemptirq
        self._watched = 0

    def begin(self, array: GuestArray, mode: int) -> None:
        """Be told of what the mode is about; nobody is inside a section yet."""
        super().begin(array, mode)
        self._preemptirq.clear("tracing_cpu")
        self._watched = IRQFLAGS * bool(mode & IRQS_OFF) | PREEMPT_TOGGLE * bool(mode & PREEMPT_OFF)
        self._preemptirq.watch(self._watched, True)

    def end(self) -> None:
        """Undo `begin`."""
        self._preemptirq.watch(self._watched, False)
        super().end()


class GuestWakeup(GuestLatency):
    """Tasks that wait from their wake-up until they run."""

    def __init__(self, backend: GuestBackend) -> None:
        super().__init__(backend, "wakeup")

    def begin(self, array: GuestArray, mode: int) -> None:
        """Be told of wake-ups and switches."""
        super().begin(array, mode)
        self._probes(True)

    def end(self) -> None:
        """Undo `begin`."""
        self._probes(False)
        self._forget()
        super().end()

    @property
    def enabled(self) -> bool:
        """Whether it measures."""
        return super().enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._forget()
        self._set_enabled(value)

    def _probes(self, on: bool) -> None:
        cpu = self._backend.syscalls.current_cpu
        cpu.call(self._backend.symbol("wakeup_tracer_probes"), int(on))

    def _forget(self) -> None:
        # Nobody is being waited for.
        self._backend.memory.put_word(self._symbol("task"), 0)
        self._backend.memory.put_u32(self._symbol("prio"), 0xFFFFFFFF)


def max_trace(backend: GuestBackend, cpu: Cpu) -> tuple[int, MaxTrace, bool]:
    """What HC_TRACE_MAX tells: the array's address, the maximum, and if it is one CPU's."""
    memory, at = backend.memory, cpu.arg(1)

    def word(field: str) -> int:
        return memory.word(at + backend.abi.offset("max_trace", field))

    def u64(field: str) -> int:
        return memory.u64(at + backend.abi.offset("max_trace", field))

    def u32(field: str) -> int:
        return memory.u32(at + backend.abi.offset("max_trace", field))

    comm = memory.read(at + backend.abi.offset("max_trace", "comm"), COMM_LEN)
    nice = u32("nice")
    found = MaxTrace(
        cpu=u32("cpu"),
        latency=u64("latency"),
        time_start=u64("time_start"),
        critical_start=word("critical_start"),
        critical_end=word("critical_end"),
        comm=comm.partition(b"\0")[0].decode("latin-1"),
        pid=u32("pid"),
        uid=u32("uid"),
        nice=nice - (nice >> 31 << 32),
        policy=u32("policy"),
        rt_priority=u32("rt_priority"),
    )
    return cpu.arg(0), found, bool(cpu.arg(2))
