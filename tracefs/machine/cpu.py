"""A CPU: interrupts through the guest's IDT, hypercalls, slices, calls into the guest."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from tracefs.machine.engine import Engine, emu_start, strerror
from tracefs.machine.errors import GuestCrash, PageFault
from tracefs.machine.hypercall import HYPERCALL_VECTOR, IPI_PORT, Hypercall, Vector
from tracefs.machine.layout import KERNEL_CS, KERNEL_DS
from tracefs.machine.unicorn_state import AX, BP, BX, CX, DI, DX, FLAGS, IP, R8, R9, R10, SI, SP

if TYPE_CHECKING:
    from tracefs.machine.machine import Machine

IF = 0x200
_TF_NT_RF = 0x100 | 0x4000 | 0x10000
_HAS_ERROR_CODE = frozenset((8, 10, 11, 12, 13, 14, 17))
_FAULTS = _HAS_ERROR_CODE | {0}  # what Unicorn remembers as an exception in flight
_NO_VECTOR = -1
_POLL = -2  # poll_at
_USER = int(Hypercall.USER)
_INT_SIZE = 2  # bytes of `int $0x30`
_STI = 0xFB
_PACE = 8  # instructions, where two CPUs are to go on side by side
# Beyond this many ranges it is cheaper to drop every translation (2 ms) than each one (2.5 us).
_MANY_RANGES = 400

_FRAME_64 = struct.Struct("<5Q")
_FRAME_64_ERROR = struct.Struct("<6Q")
_FRAME_32 = struct.Struct("<3I")
_FRAME_32_ERROR = struct.Struct("<4I")

# Registers of a function's, a hypercall's and a system call's arguments.
_ARGS_64 = (DI, SI, DX, CX, R8, R9)
_HYPERCALL = {64: (DI, SI, DX, CX), 32: (BX, CX, DX, SI)}
_SYSCALL = {64: (DI, SI, DX, R10, R8, R9), 32: (BX, CX, DX, SI, DI, BP)}


class Stop(IntEnum):
    """Why a slice ended."""

    COUNT = 0  # the instructions are used up
    HALT = 1  # hlt
    HELD = 2  # at a hypercall whose handler said: stay
    YIELD = 3  # spinning on another CPU
    POLL = 4  # ready to take interrupts
    RETURN = 5  # a function that the host called is done


_HELD = Stop.HELD


class CpuState(NamedTuple):
    """Where a CPU stood before a function was entered."""

    words: bytes
    flags: int
    standing: tuple[int | None, bool, bool, bool]


class Cpu(Engine):
    """One processor.  Everything here needs the machine's lock.

    Between slices the registers stand still and may be read and changed.  `pending` holds vectors
    that wait for IF.
    """

    def __init__(self, machine: Machine, number: int, gdt: int) -> None:
        super().__init__(machine.memory, gdt)
        self.machine = machine
        self.number = number
        self.online = False
        self.busy = False  # inside a slice or a hypercall handler
        self.halted = False
        self.stopped_at: int | None = None  # the hypercall that it stands at
        self.interruptible = False  # stands where interrupts may arrive, if IF is set
        self.pending: set[int] = set()
        self.nmi_pending = False
        self.nmi_blocked = False  # until the iret of the running NMI handler
        self.executed = 0  # instructions; counted in the deterministic machine and by step()
        self.last_fault: tuple[int, int, int] | None = (
            None  # vector, error code, address of the instruction
        )
        self.next_tick = 0  # ns of the live clock
        self._args = _HYPERCALL[self.bits]
        self._syscall = _SYSCALL[self.bits]
        self._rejects = False
        self._vector = _NO_VECTOR  # what ended the last emu_start
        self.hook_interrupts(self._on_interrupt)
        self.hook_invalid(self._on_invalid)
        self.hook_out(self._on_out)
        self.stop_exactly(machine.deterministic)  # int, hlt and faults end a block anyway
        if machine.nmi_return:
            self.watch_nmi_return(machine.nmi_return)

    # ---- hypercall registers

    def arg(self, i: int) -> int:
        """Argument i (0 to 3) of the hypercall that this CPU stands at."""
        return self.words[self._args[i]]

    def sarg(self, i: int) -> int:
        """Argument i as a signed number."""
        value = self.words[self._args[i]]
        return value - (1 << self.bits) if value >> (self.bits - 1) else value

    def set_result(self, value: int) -> None:
        """What the hypercall that this CPU stands at returns."""
        self.words[AX] = value & self.mask

    def put_syscall(self, number: int, *args: int) -> None:
        """Put a system call (at most six arguments) in the registers, and go on."""
        words = self.words
        words[AX] = number
        for register, arg in zip(self._syscall, args, strict=False):
            words[register] = arg & self.mask
        self.stopped_at = None

    def resume(self, result: int | None = None) -> None:
        """Let a CPU that is held at a hypercall go on, with a result if given."""
        if result is not None:
            self.set_result(result)
        self.stopped_at = None

    # ---- hooks (inside emu_start)

    def _on_interrupt(self, handle: int | None, vector: int, _: int | None) -> None:
        self._vector = vector

    def _on_invalid(self, handle: int | None, _: int | None) -> bool:
        self._vector = Vector.INVALID_OPCODE
        self.stop_asynchronously()
        return True

    def _on_out(self, handle: int | None, port: int, size: int, value: int, _: int | None) -> None:
        if port == IPI_PORT:
            self.machine.post_ipi(value >> 8, value & 0xFF)

    def watch_nmi_return(self, va: int) -> None:
        """From now on an NMI blocks others until the iret at va."""

        def on_return(handle: int | None, address: int, size: int, data: int | None) -> None:
            self.nmi_blocked = False

        self.hook_address(va, on_return)

    def reject(self, va: int) -> None:
        """From now on the instruction at va is one that this CPU does not know (#UD)."""

        def on_reach(handle: int | None, address: int, size: int, data: int | None) -> None:
            self._vector = Vector.INVALID_OPCODE
            self.stop_asynchronously()

        self._rejects = True
        self.stop_exactly(True)
        self.hook_address(va, on_reach)

    def poll_at(self, va: int) -> None:
        """From now on this CPU also takes interrupts before the instruction at va.

        It comes there while another thread waits for the machine: a place to give way at.
        """

        def on_reach(handle: int | None, address: int, size: int, data: int | None) -> None:
            if self.machine.lock.waiting:
                self._vector = _POLL
                self.stop_asynchronously()

        self._rejects = True
        self.stop_exactly(True)
        self.hook_address(va, on_reach)

    # ---- interrupts and exceptions

    def deliver(self, vector: int, error: int = 0) -> None:
        """Enter the guest's handler of a vector, whatever IF says.  Raises GuestCrash."""
        if vector == Vector.NMI:
            self.nmi_blocked = self.machine.nmi_return != 0
        self._deliver(vector, error, _INT_SIZE if self.stopped_at is not None else 0)
        self.stopped_at = None
        self.halted = False

    def _deliver(self, vector: int, error: int = 0, rewind: int = 0) -> None:
        # A CPU that is held at a hypercall asks again when the handler has returned: rewind is the
        # size of the int.
        words = self.words
        changing = self.machine.changing
        if changing:
            self.flush_text(changing[-1])  # an interrupt serialises
        flags, idt = self._flags_and_idt()
        ip = words[IP] - rewind
        sp = words[SP]
        if vector < 32 and vector not in (Vector.NMI, Vector.DOUBLE_FAULT):
            self.last_fault = (int(vector), error, ip)
        memory = self.memory
        try:
            target, kind = self._gate(idt, vector)
            if self.bits == 64:
                if vector in _HAS_ERROR_CODE:
                    data = _FRAME_64_ERROR.pack(
                        error & 0xFFFF_FFFF, ip, KERNEL_CS, flags, sp, KERNEL_DS
                    )
                    sp = (sp & ~15) - 48
                else:
                    data = _FRAME_64.pack(ip, KERNEL_CS, flags, sp, KERNEL_DS)
                    sp = (sp & ~15) - 40
            elif vector in _HAS_ERROR_CODE:
                data = _FRAME_32_ERROR.pack(error & 0xFFFF_FFFF, ip, KERNEL_CS, flags)
                sp -= 16
            else:
                data = _FRAME_32.pack(ip, KERNEL_CS, flags)
                sp -= 12
            memory.write(sp, data)
        except PageFault as fault:
            if vector == Vector.DOUBLE_FAULT:
                raise self.crash("triple fault: neither handler nor stack") from fault
            self._deliver(Vector.DOUBLE_FAULT, 0, rewind)
            return
        if flags & _TF_NT_RF:
            self.set_regs(eflags=flags & ~_TF_NT_RF)
        if kind == 14:
            words[FLAGS] &= ~IF
        words[IP] = target
        words[SP] = sp

    def _gate(self, idt: int, vector: int) -> tuple[int, int]:
        # Address and type (14 interrupt, 15 trap); a missing gate is as bad as a missing table.
        if self.bits == 64:
            at = idt + 16 * vector
            low = self.memory.u64(at)
            target = low & 0xFFFF | low >> 32 & 0xFFFF_0000 | self.memory.u32(at + 8) << 32
        else:
            at = idt + 8 * vector
            low = self.memory.u64(at)
            target = low & 0xFFFF | low >> 32 & 0xFFFF_0000
        if not low >> 47 & 1:
            raise PageFault(at)
        return target, low >> 40 & 15

    def take_nmi(self) -> None:
        """Enter the guest's handler of the NMI that is pending."""
        self.nmi_pending = False
        self.deliver(Vector.NMI)
        self.machine.scheduler.took(self, Vector.NMI)

    def can_go(self) -> bool:
        """Whether the next instruction may be executed: on line, neither halted nor held."""
        return self.online and not self.halted and self.stopped_at is None

    def can_take(self) -> int | None:
        """The vector that this CPU would take now, if any."""
        if self.busy or not self.online:
            return None
        if self.nmi_pending and not self.nmi_blocked:
            return Vector.NMI
        if self.pending and self.interruptible and self.words[FLAGS] & IF and not self._shadowed():
            return max(self.pending)
        return None

    def ready(self) -> bool:
        """Whether this CPU has something to execute; takes a waiting interrupt where it may."""
        if self.pending or self.nmi_pending:
            vector = self.can_take()
            if vector is not None:
                if vector == Vector.NMI:
                    self.take_nmi()
                    return True
                self.pending.discard(vector)
                self.deliver(vector)
                self.machine.scheduler.took(self, vector)
                return True
        return self.online and not self.busy and not self.halted and self.stopped_at is None

    def _shadowed(self) -> bool:
        # The instruction after sti still runs without interrupts, so that sti; hlt cannot miss one.
        # Now and then another instruction ends with this byte: its interrupt arrives a slice later.
        try:
            return self.memory.u8(self.words[IP] - 1) == _STI
        except PageFault:
            return False

    # ---- running

    def slice(self, count: int = 0) -> Stop:
        """Run until there is something to decide; at most count instructions, if given."""
        machine = self.machine
        monitor = machine.monitor
        handlers = machine.hypercalls
        words = self.words
        handle = self._handle
        left = count
        self.busy = True
        self.interruptible = False
        monitor.beat += 1
        monitor.executing = self
        try:
            while True:
                if self._generation != self.memory.generation:
                    self._flush_tlb()
                    self._generation = self.memory.generation
                status = emu_start(handle, words[IP], 0, 0, left)
                if count:
                    done = self._state.executed.value
                    used_up = done > left
                    done = min(done, left)
                    self.executed += done
                    left -= done
                if monitor.hung:
                    raise self.crash(monitor.hung)
                vector = self._vector
                if vector == HYPERCALL_VECTOR:
                    self._vector = _NO_VECTOR
                    monitor.beat += 1
                    number = words[AX] & 0xFFFF_FFFF
                    handler = handlers.get(number)
                    if handler is None:
                        return self._built_in(number)
                    self.stopped_at = number
                    monitor.executing = None
                    outer, machine.current = machine.current, self
                    try:
                        result = handler(self)
                    finally:
                        machine.current = outer
                    if result is None:
                        self.interruptible = number == _USER
                        return _HELD
                    monitor.executing = self
                    self.stopped_at = None
                    words[AX] = result & self.mask
                elif vector >= 0:
                    self._vector = _NO_VECTOR
                    self._deliver(vector, self._take_fault() if vector in _FAULTS else 0)
                elif status:
                    raise self.crash(strerror(status))
                elif vector == _POLL:
                    self._vector = _NO_VECTOR
                    self.interruptible = True
                    return Stop.POLL
                elif not (count and used_up):
                    self.halted = True
                    self.interruptible = True
                    return Stop.HALT
                if count and not left:
                    self.interruptible = True
                    return Stop.COUNT
        finally:
            monitor.executing = None
            self.busy = False

    def _built_in(self, number: int) -> Stop:
        if number == Hypercall.YIELD:
            self.interruptible = self.machine.deterministic
            return Stop.YIELD
        if number == Hypercall.POLL:
            self.interruptible = True
            return Stop.POLL
        if number == Hypercall.RETURN:
            return Stop.RETURN
        raise self.crash(f"unknown hypercall {number}")

    def step(self, count: int) -> int:
        """Execute count instructions, fewer if this CPU halts or is held; returns how many.

        Hypercalls with a handler are served on the way.  Interrupts are the caller's business.
        """
        begin = self.executed
        self._count_exactly()
        while count > 0 and self.stopped_at is None and not self.halted:
            before = self.executed
            self.machine.scheduler.slice(self, count)
            count -= self.executed - before
        self.stop_exactly(self.machine.deterministic or self._rejects)
        return self.executed - begin

    def _count_exactly(self) -> None:
        if not self.machine.deterministic:
            self.stop_exactly(True)
            self._drop_all_code()  # only code that was translated for it is counted

    def call(self, address: int, *args: int, nmis: list[tuple[int, Cpu]] | None = None) -> int:
        """Run a guest function on the current stack, interrupts off; returns its result, unsigned.

        This CPU stands at a hypercall, or between slices; its registers are as before afterwards.
        Calls nest. The function must not sleep.  NMIs arrive after as many of this CPU's
        instructions as ``nmis`` says, at the CPU that it says; those that the function was too
        short for stay in the list, with what is left to go.  Raises GuestCrash.
        """
        self.machine.monitor.enter()
        state = self.enter_function(address, *args)
        try:
            return self._finish_function([] if nmis is None else nmis)
        finally:
            self.machine.monitor.leave()
            self.leave_function(state)

    def enter_function(self, address: int, *args: int) -> CpuState:
        """The first half of call(): stand at the function's begin; what leave_function() takes."""
        state = CpuState(
            self.words[:FLAGS].tobytes(),
            self.eflags,
            (self.stopped_at, self.halted, self.busy, self.interruptible),
        )
        self.stopped_at = None
        self.halted = False
        try:
            self._enter_function(address, args)
        except BaseException:
            self.leave_function(state)
            raise
        return state

    def leave_function(self, state: CpuState) -> None:
        """Stand where enter_function() was called."""
        self.words[:FLAGS] = memoryview(state.words).cast("Q")
        self.set_regs(eflags=state.flags)
        self.stopped_at, self.halted, self.busy, self.interruptible = state.standing

    def _finish_function(self, nmis: list[tuple[int, Cpu]]) -> int:
        scheduler = self.machine.scheduler
        nmis.sort(key=lambda nmi: nmi[0], reverse=True)
        began = self.executed
        beside: list[Cpu] = []  # others that took one: they go on at the same pace
        if nmis:
            self._count_exactly()
        while True:
            while nmis and nmis[-1][0] <= self.executed - began:
                self._send_nmi(nmis.pop()[1], beside)
            if self.nmi_pending and not self.nmi_blocked:
                self.take_nmi()
            left = nmis[-1][0] - (self.executed - began) if nmis else 0
            stop = scheduler.slice(self, min(left or _PACE, _PACE) if beside else left)
            if stop is Stop.RETURN:
                executed = self.executed - began
                nmis[:] = [(moment - executed, target) for moment, target in nmis]
                for cpu in (self, *beside):
                    cpu.stop_exactly(self.machine.deterministic or cpu._rejects)
                return self.words[self._args[0]]
            if stop is Stop.YIELD:
                self.busy = True
                scheduler.others(self)
            elif stop in (Stop.HALT, Stop.HELD):
                raise self.crash("a function that the host called sleeps")
            for cpu in list(beside):
                if not cpu.can_go() or scheduler.slice(cpu, _PACE) is Stop.HALT:
                    beside.remove(cpu)
                    cpu.stop_exactly(self.machine.deterministic or cpu._rejects)

    def _send_nmi(self, target: Cpu, beside: list[Cpu]) -> None:
        self.machine.nmi(target)
        if target is not self and target.ready():
            target._count_exactly()
            beside.append(target)

    def _enter_function(self, address: int, args: tuple[int, ...]) -> None:
        memory = self.memory
        words = self.words
        back = self.machine.host_return
        if self.bits == 64:
            if len(args) > len(_ARGS_64):
                raise ValueError("at most six arguments")
            sp = (words[SP] & ~15) - 8
            memory.put_u64(sp, back)
            for register, arg in zip(_ARGS_64, args, strict=False):
                words[register] = arg & self.mask
        else:
            sp = (words[SP] - 4 * len(args) & ~15) - 4
            memory.put_u32(sp, back)
            for i, arg in enumerate(args):
                memory.put_u32(sp + 4 + 4 * i, arg)
        words[SP] = sp
        words[IP] = address
        words[FLAGS] &= ~IF

    # ---- caches

    def flush_text(self, ranges: Iterable[tuple[int, int]] | None = None) -> None:
        """Forget translations: of (address, length) ranges, or all."""
        todo = None if ranges is None else list(ranges)
        if todo is None or len(todo) > _MANY_RANGES:
            self._drop_all_code()
            return
        for va, n in todo:
            if self.memory.is_executable(va) and self.memory.is_executable(va + n - 1):
                self.drop_code(va, va + n)
            else:
                self._drop_all_code()
                return

    def sync_core(self) -> None:
        """Fetch all instructions again, as a real CPU does at a serialising instruction.

        Text that the host patches is otherwise not seen where this CPU has translated it: that is
        the emulator's instruction cache, and the patching protocols are about it.
        """
        self._drop_all_code()

    # ---- trouble

    def crash(self, reason: str) -> GuestCrash:
        """Declare the machine dead; returns the exception to raise."""
        return self.machine.crash(self, reason)

    def describe(self) -> str:
        """Registers and state, for reports."""
        regs = self.get_regs()
        names = list(regs)
        lines = [
            f"CPU {self.number}: online={self.online:d} halted={self.halted:d}"
            f" hypercall={self.stopped_at} pending={sorted(self.pending)}"
            f" last fault={self.last_fault} cr2={self.reg('cr2'):#x}"
        ]
        for i in range(0, len(names), 4):
            lines.append(" ".join(f"{name}={regs[name]:#x}" for name in names[i : i + 4]))
        return "\n".join(lines)
