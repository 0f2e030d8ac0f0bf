"""The CPUs, what runs on them, and what can be done to them."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from tracefs.control.handle import Handle, Task, encode, error
from tracefs.control.machine.table import MACHINE
from tracefs.control.parse import parse_long, parse_ulong, strip
from tracefs.control.scope import MachineScope


@MACHINE.seq("cpus")
def cpus(machine: MachineScope) -> Iterable[str]:
    """The CPUs: what each runs, and its registers"""
    return machine.cpus()


@MACHINE.file("cpu_model", mode=0o444)
def cpu_model(machine: MachineScope) -> str:
    """The processor, in brackets, among those that --cpu-model knows for this kernel"""
    return " ".join(f"[{name}]" if on else name for name, on in machine.trouble.cpu_models()) + "\n"


@MACHINE.seq("schedule")
def schedule(machine: MachineScope) -> Iterable[str]:
    """The recorded schedule of a machine with a seed: who ran how long, in order"""
    return machine.schedule()


@MACHINE.sink("nmi", mode=0o200)
def nmi(machine: MachineScope, text: str) -> None:
    """Write a CPU's number to send it an NMI, or nothing for all

    CPU +N: not now, but while call sites are next changed, at the Nth instruction of the CPU that
    changes them (6.1: the Nth time that all CPUs are made to see a step).
    """
    words = strip(text).split()
    moment = words.pop() if words and words[-1].startswith("+") else None
    if len(words) > 1:
        raise error(errno.EINVAL)
    machine.nmi(
        parse_ulong(words[0]) if words else None,
        None if moment is None else parse_ulong(moment[1:]),
    )


@MACHINE.handle("workload", mode=0o600)
class Workload(Handle[MachineScope]):
    """Write NAME COUNT [ARG] to run a workload in your own task; read for names and the last result

    The kernel is busy with real calls of its own while one runs.
    """

    def read(self, size: int, offset: int) -> bytes:
        names = " ".join(self.scope.workloads())
        return encode(f"workloads: {names}\n{self.scope.workload_result}")[offset : offset + size]

    def write(self, data: bytes, offset: int, task: Task) -> int:
        words = strip(data.decode("latin-1")).split()
        if not 2 <= len(words) <= 3:
            raise error(errno.EINVAL)
        count, argument = parse_ulong(words[1]), parse_long(words[2]) if len(words) > 2 else 0
        result = self.scope.workload(task, words[0], count, argument)
        self.scope.workload_result = result
        return len(data)
