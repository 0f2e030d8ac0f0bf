"""The emulated machine: RAM, CPUs, interrupts, time.  Who holds `lock` owns it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TypeVar

from tracefs.machine import layout
from tracefs.machine.clock import LiveClock, VirtualClock
from tracefs.machine.cpu import Cpu
from tracefs.machine.errors import GuestCrash, ReplayError
from tracefs.machine.hypercall import HYPERCALL_VECTOR, Hypercall, Vector
from tracefs.machine.layout import Layout
from tracefs.machine.memory import Memory, Segment
from tracefs.machine.monitor import TICK, IdleThread, MachineLock, Monitor
from tracefs.machine.paging import RX
from tracefs.machine.schedule import Schedule, SeededScheduler
from tracefs.machine.scheduler import LiveScheduler, Scheduler

T = TypeVar("T")
Handler = Callable[[Cpu], int | None]

# The machine's own code: rdtsc; hlt, and what a function called by the host returns to:
# mov rdi, rax (i386: ebx, eax); mov eax, HC_RETURN; int 0x30.
_HOST_RETURN = 16
_RETURN_CODE = {64: b"\x48\x89\xc7", 32: b"\x89\xc3"}


def _stub(bits: int) -> bytes:
    code = _RETURN_CODE[bits] + bytes((0xB8, Hypercall.RETURN, 0, 0, 0, 0xCD, HYPERCALL_VECTOR))
    return b"\x0f\x31\xf4".ljust(_HOST_RETURN, b"\xcc") + code


def _never() -> bool:
    return False


class Machine:
    """CPUs over one RAM.

    Without a seed it is live: real time, interrupts arrive where the guest polls for them.  With a
    seed it is deterministic: slices of random length, interrupts at any instruction, virtual time;
    the same seed and the same calls give the same memory, byte for byte.

    `hypercalls` maps numbers to handlers.  A handler's result is the guest's, and the CPU goes on;
    None holds the CPU there until `cpu.resume()` or `cpu.put_syscall()`.
    """

    def __init__(
        self,
        cpus: int = 2,
        seed: int | None = None,
        ram: int | None = None,
        *,
        where: Layout = layout.X86_64,
        hang_seconds: float = 10.0,
    ) -> None:
        self.seed = seed
        self.deterministic = seed is not None
        self.hang_seconds = hang_seconds
        self.memory = Memory(ram, where)
        self.lock = MachineLock(self._hurry, self._leave)
        self.hypercalls: dict[int, Handler] = {}
        self.closing = False
        self.dead: GuestCrash | None = None
        self.host_return = where.stub + _HOST_RETURN  # code that ends a function called by the host
        self.nmi_return = 0
        self.current: Cpu | None = None  # stands at a hypercall that is being served
        # Text that is being changed, innermost last: what an interrupt makes a CPU fetch anew.
        self.changing: list[Iterable[tuple[int, int]] | None] = []
        self._poll: list[int] = []  # physical address of each CPU's host_poll
        self._clock: list[int] = []  # virtual address of each CPU's clock_ns
        self.monitor = Monitor(self, hang_seconds)
        self._idle: IdleThread | None = None
        self._unfinished = False
        # Seconds until a CPU's next timer, None for none.
        self.timers: Callable[[Cpu], float | None] | None = None
        self.on_crash: Callable[[GuestCrash], None] | None = None
        self.after_idle: Callable[[], None] | None = None  # the idle thread has run something
        gdt = self.memory.alloc_low_page()
        self.memory.write(gdt, struct.pack(f"<{len(where.gdt)}Q", *where.gdt))
        stub = self.memory.alloc_low_page()
        self.memory.write(stub, _stub(where.bits))
        self.memory.map(where.stub, self.memory.virt_to_phys(stub), layout.PAGE_SIZE, RX)
        self.cpus = [Cpu(self, n, gdt) for n in range(cpus)]
        self.clock: LiveClock | VirtualClock
        self.scheduler: Scheduler
        if seed is None:
            self.clock = LiveClock(self.cpus[0].read_tsc)
            self.scheduler = LiveScheduler(self)
        else:
            self.clock = VirtualClock()
            self.scheduler = SeededScheduler(self, self.clock, seed)

    # ---- setting up

    def map_kernel(self, segments: Iterable[Segment]) -> None:
        """Load an image (Memory.map_kernel)."""
        self.memory.map_kernel(segments)

    def set_percpu(self, base: int, stride: int, *, poll: int, clock: int) -> None:
        """Say where the guest's per-CPU blocks are: CPU n's gs: is base + n * stride.

        poll and clock are the offsets of host_poll (u8) and clock_ns (u64) in them.
        """
        self._poll = [
            self.memory.virt_to_phys(base + n * stride + poll) for n in range(len(self.cpus))
        ]
        self._clock = [base + n * stride + clock for n in range(len(self.cpus))]
        for n, cpu in enumerate(self.cpus):
            cpu.set_gs_base(base + n * stride)

    def host_poll_addr(self, cpu: int) -> int:
        """Direct-map address of a CPU's host_poll byte."""
        return self.memory.layout.page_offset + self._poll[cpu]

    def start_cpu(self, n: int, rip: int, rsp: int) -> None:
        """Put CPU n on line, interrupts off; it runs when the scheduler comes to it."""
        cpu = self.cpus[n]
        cpu.set_regs(**dict.fromkeys(cpu.get_regs(), 0))
        cpu.set_regs(rip=rip, rsp=rsp, eflags=2)
        cpu.online = True
        cpu.next_tick = self.scheduler.next_tick()
        cpu.halted = False
        cpu.stopped_at = None

    def block_nested_nmi(self, iret: int) -> None:
        """From now on an NMI holds back others on its CPU until that executes this iret."""
        self.nmi_return = iret
        for cpu in self.cpus:
            cpu.watch_nmi_return(iret)

    # ---- running

    def run(self, done: Callable[[], bool]) -> bool:
        """Run CPUs in turn until done(); False when all are idle before.  Raises GuestCrash."""
        with self.lock:
            if self.dead is not None:
                raise self.dead
            self.monitor.enter()
            try:
                return self.scheduler.run(done)
            finally:
                self.monitor.leave()
                self.lock.used = True

    def run_cpu(self, cpu: Cpu) -> None:
        """Run one CPU until it is held or halts, others where it waits.  Raises GuestCrash.

        The lock is held.
        """
        if self.dead is not None:
            raise self.dead
        self.monitor.enter()
        try:
            self.scheduler.run_cpu(cpu)
        finally:
            self.monitor.leave()
            self.lock.used = True

    def settle(self) -> None:
        """Run until no CPU would execute anything; the lock is held.  Raises GuestCrash."""
        if not self.is_at_rest():
            self.run(_never)
        self.lock.used = False

    def _leave(self) -> None:
        # Who ran the machine gives it back: what they left is for the idle thread.
        if self._idle is not None and not self.is_at_rest():
            self._idle.kick()

    def is_at_rest(self) -> bool:
        """Whether no CPU would execute anything now."""
        for cpu in self.cpus:
            if cpu.online and not cpu.halted and cpu.stopped_at is None:
                return False
            if cpu.pending and cpu.can_take() is not None:
                return False
        return True

    def stop_machine(self, fn: Callable[[], T]) -> T:
        """Run fn while every CPU stands between two instructions and takes no interrupt."""
        with self.lock:
            return fn()

    def flush_text(self, ranges: Iterable[tuple[int, int]] | None = None) -> None:
        """Make every CPU fetch patched text again: (address, length) ranges, or all of it."""
        todo = None if ranges is None else list(ranges)
        for cpu in self.cpus:
            cpu.flush_text(todo)

    # ---- interrupts

    def raise_irq(self, cpu: Cpu | int, vector: int) -> None:
        """Let a vector wait at a CPU until it takes interrupts."""
        target = self.cpus[cpu] if isinstance(cpu, int) else cpu
        target.pending.add(vector)
        self.set_poll(target)

    def nmi(self, cpu: Cpu | int) -> None:
        """Let an NMI arrive at a CPU before its next instruction."""
        target = self.cpus[cpu] if isinstance(cpu, int) else cpu
        target.nmi_pending = True

    def post_ipi(self, cpu: int, vector: int) -> None:
        """What the guest's OUT to the IPI port does; CPUs that do not exist swallow it."""
        if cpu < len(self.cpus):
            if vector == Vector.NMI:
                self.nmi(cpu)
            else:
                self.raise_irq(cpu, vector)

    def set_poll(self, cpu: Cpu) -> None:
        """Ask a running CPU to leave at its next poll; any thread may."""
        if self._poll and not self.deterministic:
            self.memory.mm[self._poll[cpu.number]] = 1

    def clear_poll(self, cpu: Cpu) -> None:
        """The CPU has come."""
        if self._poll:
            self.memory.mm[self._poll[cpu.number]] = 0

    # ---- time

    def store_clock(self, cpu: Cpu, ns: int) -> None:
        """Set the time that a CPU of the deterministic machine reads."""
        if self._clock:
            self.memory.put_u64(self._clock[cpu.number], ns)

    def load_clock(self, cpu: Cpu) -> int:
        """The time to which a CPU's own readings have moved its clock."""
        return self.memory.u64(self._clock[cpu.number]) if self._clock else 0

    @property
    def schedule(self) -> Schedule:
        """What the deterministic machine has done so far.  Raises ValueError on a live one."""
        if not isinstance(self.scheduler, SeededScheduler):
            raise ValueError("a live machine has no schedule")
        return self.scheduler.record

    def replay(self, schedule: Schedule) -> None:
        """Do what a recorded schedule says.  Raises ReplayError, in runs too if it does not fit."""
        if not isinstance(self.scheduler, SeededScheduler):
            raise ReplayError("a live machine cannot replay")
        self.scheduler.replay(schedule)

    # ---- background

    def start_idle(self, interval: float = 1.0) -> None:
        """Let a thread run due timers, and what is left over when nobody runs the machine.

        It looks at `timers` at least every `interval` seconds; without them each CPU gets a tick
        that often.
        """
        if self._idle is None and not self.deterministic:
            self._idle = IdleThread(self, interval)

    def idle_work(self, interval: float) -> float:
        """One round of the idle thread; returns how many seconds it may sleep."""
        wait = interval
        with self.lock:
            if self.dead is not None:
                return wait
            for cpu in self.cpus:
                due = self._until_timer(cpu)
                if due is not None and due <= 0:
                    cpu.pending.add(Vector.LOCAL_TIMER)
            try:
                self.run(self.is_wanted)
            except GuestCrash:
                return wait  # whoever wants something from the machine next will hear of it
            if self.after_idle is not None:
                self.after_idle()
            if self.timers is not None:
                for cpu in self.cpus:
                    due = self._until_timer(cpu)
                    if due is not None:
                        wait = min(wait, max(due, TICK))
        return wait

    def _until_timer(self, cpu: Cpu) -> float | None:
        if not cpu.online:
            return None
        return self.timers(cpu) if self.timers is not None else 0.0

    def _hurry(self) -> None:
        # A thread waits for the lock: let the CPU that executes come to a point to give way at.
        cpu = self.monitor.executing
        if cpu is not None:
            self.set_poll(cpu)

    def is_wanted(self) -> bool:
        """Whether another thread waits for the lock: a long run in nobody's name should end."""
        return self.lock.waiting > 0 or self.closing

    def when_idle(self) -> None:
        """Have `after_idle` called once nobody has used the machine for a while; any thread may."""
        self._unfinished = True
        if not self.monitor.is_awake():
            self.on_quiet()

    def on_quiet(self) -> None:
        """Nobody uses the machine: the idle thread may finish what can wait."""
        if self._unfinished and self._idle is not None:
            self._unfinished = False
            self._idle.kick()

    # ---- trouble and the end

    def crash(self, cpu: Cpu, reason: str) -> GuestCrash:
        """Declare the machine dead and return the exception to raise; memory stays readable."""
        if self.dead is None:
            report = "\n".join(each.describe() for each in self.cpus)
            self.dead = GuestCrash(reason, report, cpu.number)
            if self.on_crash is not None:
                self.on_crash(self.dead)
        return self.dead

    def close(self) -> None:
        """End the background threads and the CPUs; memory stays readable."""
        self.closing = True
        if self._idle is not None:
            self._idle.close()
            self._idle = None
        self.monitor.close()
        for cpu in self.cpus:
            cpu.close()

    def __enter__(self) -> Machine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
