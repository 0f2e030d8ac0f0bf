"""A machine that is stepped instruction by instruction, and taken back to any earlier state.

Only what a step can change is kept: the CPUs' registers and the pages that were ever written since
the begin, which a hook on stores finds.  A CPU that comes to a watched site fetches it from memory:
what another CPU has written so far is what it executes, whatever it had translated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tracefs.machine import GuestCrash
from tracefs.machine.cpu import Stop
from tracefs.machine.hypercall import Vector
from tracefs.machine.unicorn_state import FLAGS, IP, SP

if TYPE_CHECKING:
    from tracefs.kernel.boot import System
    from tracefs.machine import Cpu

PAGE = 4096
_MOST = 100_000  # instructions between two visible ones
DEAD_STACK = 2048
"""Bytes below a stack pointer that an NMI may have used; it uses some 300."""


class Violation(Exception):
    """What must not happen has happened; the message says what."""


class Learnt(Exception):
    """More instructions are visible than was known."""


class Registers(NamedTuple):
    """A CPU's state between two instructions."""

    words: bytes
    flags: int
    in_nmi: bool
    done: bool


@dataclass(frozen=True)
class State:
    """All that steps change: registers by CPU, pages by number, NMIs that have been taken."""

    cpus: tuple[Registers, ...]
    pages: dict[int, bytes]
    taken: tuple[int, ...]


@dataclass(frozen=True)
class Site:
    """A call site that changes: the two instructions that may be executed there."""

    name: str
    ip: int
    old: bytes
    new: bytes


class Stage:
    """The CPUs of a deterministic machine, standing where functions begin that the host entered.

    ``visible`` holds the addresses of instructions that use memory which another CPU uses too, one
    of them writing; ``learnt`` those that have turned up since arm() was called.
    """

    def __init__(self, system: System, sites: list[Site]) -> None:
        assert system.machine.deterministic
        self.system = system
        self.memory = system.memory
        self.cpus = system.machine.cpus
        self.sites = {site.ip: site for site in sites}
        self._sites = sites
        self._inside = {site.ip + i for site in sites for i in range(1, len(site.old))}
        self._iret = system.symbol("nmi_iret")
        self.in_nmi = [False] * len(self.cpus)
        self.done = [False] * len(self.cpus)
        self.taken = [0] * len(self.cpus)
        self.visible: set[int] = set()
        self.learnt: set[int] = set()
        self.news = False
        """Something was learnt since arm()."""
        self.reduced = True
        """False: every instruction counts as visible."""
        self._armed = {self._iret}
        self.instructions = 0
        self.old = self.new = 0
        """How often sites were executed as they were, and as they become."""
        self._stepping = 0
        self._running = False
        self._base: dict[int, bytes] = {}
        self._seen: set[tuple[int, int, int, bool]] = set()
        self._users: dict[int, set[tuple[int, int, bool]]] = {}
        for cpu in self.cpus:
            cpu.hook_memory(self._on_access)
            cpu.hook_address(self._iret, self._on_reach)

    # ---- what CPUs share

    def _on_access(
        self, handle: int | None, kind: int, pa: int, size: int, value: int, _: int | None
    ) -> None:
        writes = kind == WRITE
        cpu = self._stepping
        ip = self.cpus[cpu].words[IP]
        key = (cpu, ip, pa, writes)
        if writes and pa >> 12 not in self._base:
            self._base[pa >> 12] = self.memory.mm[pa & -PAGE : (pa & -PAGE) + PAGE]
        if key not in self._seen:
            self._seen.add(key)
            for word in {pa >> 2, pa + size - 1 >> 2}:
                self._use(word, cpu, ip, writes)

    def _use(self, word: int, cpu: int, ip: int, writes: bool) -> None:
        users = self._users.setdefault(word, set())
        users.add((cpu, ip, writes))
        if len({cpu for cpu, _, _ in users}) > 1 and any(writes for _, _, writes in users):
            self.learnt.update(ip for _, ip, _ in users)
            self.news = self.reduced and not self.learnt <= self.visible

    def use_sites(self) -> None:
        """Count the execution of a site as a use of its bytes."""
        for site in self._sites:
            first = self.memory.virt_to_phys(site.ip)
            for word in {first >> 2, first + len(site.old) - 1 >> 2}:
                for cpu in range(len(self.cpus)):
                    self._use(word, cpu, site.ip, False)

    def is_visible(self, number: int) -> bool:
        """Whether a CPU stands before a visible instruction."""
        return not self.reduced or self.cpus[number].words[IP] in self.visible

    def arm(self) -> None:
        """Take what was learnt into ``visible``."""
        new = self.learnt - self.visible
        self.visible |= new
        self.news = False
        for ip in new - self._armed:
            for cpu in self.cpus:
                cpu.hook_address(ip, self._on_reach)
        self._armed |= new

    def _on_reach(self, handle: int | None, address: int, size: int, _: int | None) -> None:
        if self._running:
            self.cpus[self._stepping].stop_asynchronously()

    # ---- steps

    def run(self, number: int) -> None:
        """Execute invisible instructions up to the next visible one, or the end of the NMI or the
        function.  Violation: it does not come to one."""
        cpu = self.cpus[number]
        self._stepping = number
        before = cpu.executed
        while cpu.words[IP] not in self.visible and cpu.words[IP] != self._iret:
            self._running = True
            try:
                stop = cpu.slice(_MOST)
            except GuestCrash as crash:
                raise Violation(f"the guest crashes: {crash}") from crash
            finally:
                self._running = False
            if stop is Stop.RETURN:
                self.done[number] = True
                break
            if stop is Stop.HALT:
                cpu.halted = False  # it was stopped: the code that is explored never halts
            elif self.news:
                raise Learnt
            elif stop is Stop.COUNT or cpu.executed - before > _MOST:
                raise Violation(f"CPU {number} goes on for ever")
        self.instructions += cpu.executed - before
        if cpu.words[IP] == self._iret and not self.done[number]:
            self.step(number)

    def step(self, number: int) -> Stop:
        """One instruction of a CPU.  Violation: it executes what must not be executed."""
        cpu = self.cpus[number]
        ip = cpu.words[IP]
        site = self.sites.get(ip)
        if site is not None:
            self._check_fetch(number, cpu, site)
        elif ip in self._inside:
            raise Violation(f"CPU {number} executes the middle of a call site, at {ip:#x}")
        self._stepping = number
        self.instructions += 1
        try:
            stop = cpu.slice(1)
        except GuestCrash as crash:
            raise Violation(f"the guest crashes: {crash}") from crash
        if stop is Stop.RETURN:
            self.done[number] = True
        elif ip == self._iret and self.in_nmi[number]:
            self.in_nmi[number] = False
            sp = cpu.words[SP]
            self.memory.write(sp - DEAD_STACK, bytes(DEAD_STACK))
        return stop

    def _check_fetch(self, number: int, cpu: Cpu, site: Site) -> None:
        code = self.memory.read(site.ip, len(site.old))
        cpu.drop_code(site.ip, site.ip + len(site.old))
        self.old += code == site.old
        self.new += code == site.new
        if code not in (site.old, site.new):
            raise Violation(
                f"CPU {number} executes {code.hex(' ')} at {site.name},"
                f" neither the old {site.old.hex(' ')} nor the new {site.new.hex(' ')}"
            )

    def nmi(self, number: int) -> None:
        """Let an NMI arrive at a CPU, which is not in one."""
        self.in_nmi[number] = True
        self.taken[number] += 1
        sp = self.cpus[number].words[SP]
        page = self.memory.virt_to_phys(sp - 64) >> 12
        for each in (page, page - 1):
            if each not in self._base:
                self._base[each] = self.memory.mm[each * PAGE : each * PAGE + PAGE]
        self.cpus[number].deliver(Vector.NMI)

    # ---- back

    def save(self) -> State:
        """The state now."""
        mm = self.memory.mm
        return State(
            tuple(
                Registers(cpu.words[:FLAGS].tobytes(), cpu.eflags, in_nmi, done)
                for cpu, in_nmi, done in zip(self.cpus, self.in_nmi, self.done, strict=True)
            ),
            {page: mm[page * PAGE : page * PAGE + PAGE] for page in self._base},
            tuple(self.taken),
        )

    def restore(self, state: State) -> None:
        """Go back to a state."""
        mm = self.memory.mm
        for page, base in self._base.items():
            mm[page * PAGE : page * PAGE + PAGE] = state.pages.get(page, base)
        for n, (cpu, registers) in enumerate(zip(self.cpus, state.cpus, strict=True)):
            cpu.words[:FLAGS] = memoryview(registers.words).cast("Q")
            cpu.set_regs(eflags=registers.flags)
            cpu.stopped_at, cpu.halted = None, False
            self.in_nmi[n], self.done[n] = registers.in_nmi, registers.done
        self.taken[:] = state.taken

    def key(self, state: State) -> int:
        """A number that differs where states do."""
        pages = tuple((page, hash(data)) for page, data in sorted(state.pages.items()))
        return hash((state.cpus, pages, state.taken))


WRITE = 17
"""Unicorn's UC_MEM_WRITE."""
