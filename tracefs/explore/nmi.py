"""NMIs while call sites change (S9): the CPUs, what they do, and what must hold.

CPU 0 changes two sites by the guest's ftrace_modify_all; the others wait in ftrace_wait_stopped.
Each CPU takes one NMI, whose handlers execute both sites, at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import MappingProxyType

from tracefs.errors import UserError
from tracefs.explore.search import NMI, Failure, Result, Schedule, Search
from tracefs.explore.stage import Site, Stage, Violation
from tracefs.kernel import bugs
from tracefs.kernel.boot import System
from tracefs.kernel.bugs.nmi import instead
from tracefs.machine.hypercall import Vector
from tracefs.release import Feature
from tracefs.release import get as get_release

RELEASE = "tip-return"
PARTS = 24
SITE = "perf_event_nmi_handler"
REPAIR = {name: f"{name}_repaired" for name in ("do_ftrace_mod_code", "ftrace_nmi_enter")}
"""An NMI could write a site that an older one on another CPU was executing, until 2.6.30."""
_SHOWN = (
    "mod_code_ip",
    "mod_code_newcode",
    "mod_code_write",
    "mod_code_status",
    "nmi_running",
)
_WARM_UP = 5000  # instructions; an NMI takes some 250


@dataclass(frozen=True)
class Task:
    """A part of an exploration: which NMIs arrive.

    ``own`` = (k, n): one at the patching CPU, at the n-th part k of its instructions; ``others``:
    one at each other CPU; those have executed ``start`` instructions of their loop.
    """

    own: tuple[int, int] | None
    others: bool
    start: int = 0


class Explorer:
    """A booted machine for explorations of one site.

    ``mutant`` is one of mutants(), ``repaired`` gives the protocol of 2.6.30, ``replace`` other
    functions of the guest instead of some; not ``reduced``, every order of single instructions is
    gone through.  UserError: what there is not.
    """

    def __init__(
        self,
        release: str = RELEASE,
        site: str = SITE,
        mutant: str | None = None,
        repaired: bool = False,
        reduced: bool = True,
        replace: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        chosen = get_release(release)
        if not chosen.has(Feature.NMI_SAFE_PATCHING):
            raise UserError(f"release {release} does not let NMIs take part (tip-return does)")
        try:
            if mutant is not None and bugs.get(mutant, chosen).seed != "S9":
                raise UserError(f"'{mutant}' is no mutant of S9 (known: {', '.join(mutants())})")
        except bugs.UnknownBug:
            raise UserError(f"unknown mutant '{mutant}' (known: {', '.join(mutants())})") from None
        self.system = System(chosen, seed=0)
        self._kept = ExitStack()
        self.sites = self._choose(site)
        if mutant is not None:
            self.system.trouble.switches.switch(mutant, True)
        for function, other in (REPAIR if repaired else replace).items():
            self._kept.enter_context(instead(self.system, function, other))
        self.stage = Stage(self.system, self.sites)
        self._enter()
        self._loop = self._warm_up()
        self.stage.use_sites()
        self.stage.arm()
        self.begin = self.stage.save()
        # What is visible is known to all parts from the begin, so that they count alike.
        for task in (Task(None, True), Task((0, PARTS), True)):
            with suppress(Failure):
                self.explore(task)
        self.stage.reduced = reduced

    # ---- setting the stage

    def _choose(self, name: str) -> list[Site]:
        """The site and another one, both executed by an NMI."""
        executed = self._executed_by_nmi()
        if name not in executed:
            raise UserError(
                f"an NMI does not execute {name} (it executes: {', '.join(sorted(executed))})"
            )
        second = next(each for each in executed if each != name)
        arch, target = self.system.arch, self.system.symbol("ftrace_caller")
        return [
            Site(each, ip, arch.nop, arch.call_code(ip, target))
            for each, ip in ((each, executed[each]) for each in (name, second))
        ]

    def _executed_by_nmi(self) -> dict[str, int]:
        system, cpu = self.system, self.system.machine.cpus[0]
        by_ip = {ip: system.kallsyms.name(ip) for ip in system.ftrace.records.ips.tolist()}
        state = cpu.enter_function(system.symbol("ftrace_wait_stopped"))
        cpu.deliver(Vector.NMI)
        found: dict[str, int] = {}
        iret = system.symbol("nmi_iret")
        for _ in range(_WARM_UP):
            ip = cpu.rip
            if ip in by_ip:
                found.setdefault(by_ip[ip], ip)
            cpu.slice(1)
            if ip == iret:
                break
        cpu.leave_function(state)
        return found

    def _enter(self) -> None:
        system, memory = self.system, self.system.memory
        size = system.abi.size("ftrace_mod")
        fields = [system.abi.offset("ftrace_mod", f) for f in ("ip", "old_code", "new_code")]
        buffer = memory.alloc_pages(1)
        for i, site in enumerate(self.sites):
            at = buffer + i * size
            memory.put_u32(at + fields[0], site.ip)
            memory.write(at + fields[1], site.old)
            memory.write(at + fields[2], site.new)
        memory.put_u32(system.symbol("ftrace_machine_stopped"), 1)
        patcher, *others = self.stage.cpus
        for cpu in others:
            cpu.enter_function(system.symbol("ftrace_wait_stopped"))
        patcher.enter_function(system.symbol("ftrace_modify_all"), buffer, len(self.sites))

    def _warm_up(self) -> int:
        """Let each CPU take an NMI and go back, and the others go round their loop.

        Afterwards NMIs find what they note only once (such as the longest duration) noted.
        Returns how many instructions the loop has.
        """
        stage = self.stage
        for n in range(len(stage.cpus)):
            stage.nmi(n)
            while stage.in_nmi[n]:
                stage.step(n)
        stage.taken[:] = [0] * len(stage.cpus)
        waiting = 1
        seen: dict[int, int] = {}
        count = 0
        while (ip := stage.cpus[waiting].rip) not in seen:
            seen[ip] = count
            stage.step(waiting)
            count += 1
        return count - seen[ip]

    # ---- exploring

    def tasks(self, together: bool = False) -> list[Task]:
        """The parts of an exploration: one NMI at any CPU or, together, one at each CPU."""
        if together:
            return [Task((k, PARTS), True) for k in range(PARTS)]
        return [Task((0, 1), False)] + [Task(None, True, start) for start in range(self._loop)]

    def explore(self, task: Task) -> Result:
        """All orders of a task.  Raises Failure."""
        stage = self.stage
        stage.restore(self.begin)
        for n in range(1, len(stage.cpus)):
            for _ in range(task.start):
                stage.step(n)

        def waits_for(n: int) -> bool:
            return not stage.taken[n] and (task.others if n else task.own is not None)

        def may_take(n: int) -> bool:
            if not waits_for(n) or (n == 0 and stage.done[0]):
                return False
            if n or task.own is None:
                return True
            part, parts = task.own
            cpu = stage.cpus[0]
            return (cpu.rip * 31 + cpu.rsp // 4 * 7 + self._u32("ftrace_mods_done")) % parts == part

        def counts() -> bool:
            return task.own is None or bool(stage.taken[0])

        return Search(stage, may_take, waits_for, self.check, counts).run()

    def check(self) -> None:
        """At the end everything is as if no NMI had come.  Raises Violation."""
        stage = self.stage
        result = self.stage.cpus[0].arg(0)
        if result:
            raise Violation(f"the change failed with {result - (1 << 32)}, without a reason")
        for site in self.sites:
            code = self.system.memory.read(site.ip, len(site.new))
            if code != site.new:
                raise Violation(f"{site.name} ends as {code.hex(' ')}, not {site.new.hex(' ')}")
        for name, value in (("nmi_running", 0), ("mod_code_write", 0), ("ftrace_mods_done", 2)):
            if self._u32(name) != value:
                raise Violation(f"{name} ends as {self._u32(name)}, not {value}")
        assert all(not in_nmi for in_nmi in stage.in_nmi)

    def _u32(self, name: str) -> int:
        return self.system.memory.u32(self.system.symbol(name))

    def replay(self, schedule: Schedule) -> list[str]:
        """The lines of replayed()."""
        return self.replayed(schedule)[0]

    def replayed(self, schedule: Schedule) -> tuple[list[str], bool]:
        """Do what a schedule says: a line for each step that others can see, and for a violation;
        whether there was one."""
        stage = self.stage
        stage.restore(self.begin)
        lines = []
        try:
            for cpu, count in schedule:
                if count == NMI:
                    lines.append(f"CPU {cpu} takes an NMI at {self._at(cpu)}")
                    stage.nmi(cpu)
                for _ in range(count):
                    at, visible = self._at(cpu), stage.cpus[cpu].rip in stage.visible
                    before = self._shown()
                    stage.step(cpu)
                    after = self._shown()
                    changed = [f"{k} = {v}" for k, v in after.items() if before[k] != v]
                    if visible or changed:
                        lines.append(f"CPU {cpu} {at}" + "".join(f"; {text}" for text in changed))
            if stage.done[0] and not any(stage.in_nmi):
                self.check()
        except Violation as violation:
            return [*lines, f"VIOLATION: {violation}"], True
        return lines, False

    def _at(self, cpu: int) -> str:
        return self.system.kallsyms.format(self.stage.cpus[cpu].rip)

    def _shown(self) -> dict[str, str]:
        shown = {name: f"{self._u32(name):#x}" for name in _SHOWN}
        read = self.system.memory.read
        return shown | {site.name: read(site.ip, len(site.old)).hex(" ") for site in self.sites}

    def close(self) -> None:
        """End the machine."""
        self.system.service.close()


def mutants() -> list[str]:
    """The names of the mutants: one step of the protocol is wrong."""
    return [bug.name for bug in bugs.bugs() if bug.seed == "S9"]
