"""What /proc, insmod, rmmod and dmesg would show and do in the emulated kernel."""

from __future__ import annotations

import os

from tracefs.control.directory import Directory
from tracefs.control.handle import Handle, Task
from tracefs.control.machine.sysctl import HIDE_ALWAYS, KPTR_RESTRICT, SYS_KERNEL
from tracefs.control.machine.table import MACHINE
from tracefs.control.scope import MachineScope

PROC: Directory[MachineScope] = Directory()
SYS: Directory[MachineScope] = Directory()

MACHINE.directory(
    "proc",
    PROC,
    lambda machine: machine,
    doc="kallsyms, modules, cmdline, version and sys/kernel of the emulated kernel",
)
PROC.directory("sys", SYS, lambda machine: machine)
SYS.directory("kernel", SYS_KERNEL, lambda machine: machine)


class _Bytes(Handle[MachineScope]):
    # Large text made once for each pass.
    def __init__(self, scope: MachineScope, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        self._text: bytes | None = None

    def text(self) -> bytes:
        """The file's content."""
        raise NotImplementedError

    def read(self, size: int, offset: int) -> bytes:
        if self._text is None or not offset:
            self._text = self.text()
        return self._text[offset : offset + size]


@PROC.handle("kallsyms", mode=0o444)
class _Kallsyms(_Bytes):
    def text(self) -> bytes:
        return self.scope.kallsyms(self.scope.sysctl[KPTR_RESTRICT] < HIDE_ALWAYS)


@PROC.handle("modules", mode=0o444)
class _Modules(_Bytes):
    def text(self) -> bytes:
        return self.scope.modules()


@PROC.file("cmdline", mode=0o444)
def _cmdline(machine: MachineScope) -> str:
    return f"{machine.cmdline}\n"


@PROC.file("version", mode=0o444)
def _version(machine: MachineScope) -> str:
    return machine.version()


@MACHINE.handle("dmesg", mode=0o444)
class Dmesg(_Bytes):
    """The log of the emulated kernel"""

    def text(self) -> bytes:
        return self.scope.dmesg()


@MACHINE.handle("insmod", mode=0o600)
class Insmod(_Bytes):
    """Write the name of one of the kernel's modules, or the path of a .ko file, to load it

    Parameters may follow: NAME=VALUE... A blank in a path is written as \\040.
    Reading lists them, and after each the modules that it needs.
    """

    def text(self) -> bytes:
        modules = self.scope.available_modules().items()
        return "".join(f"{' '.join([f'{name}:', *needed])}\n" for name, needed in modules).encode()

    def write(self, data: bytes, offset: int, task: Task) -> int:
        path, _, parameters = os.fsdecode(_word(data)).partition(" ")
        self.scope.insmod(task, path.replace("\\040", " "), parameters)
        return len(data)


@MACHINE.handle("rmmod", mode=0o200)
class Rmmod(Handle[MachineScope]):
    """Write a module's name to unload it"""

    def write(self, data: bytes, offset: int, task: Task) -> int:
        self.scope.rmmod(task, os.fsdecode(_word(data)))
        return len(data)


def _word(data: bytes) -> bytes:
    return data.partition(b"\0")[0].strip()
