"""The kernel's text as it is now: call sites and disassembly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tracefs.control.directory import Directory, Family, File
from tracefs.control.machine.table import MACHINE
from tracefs.control.parse import parse_switch
from tracefs.control.scope import MachineScope


class FunctionScope(NamedTuple):
    """One function of the kernel: a file in ``text``."""

    machine: MachineScope
    name: str


@MACHINE.seq("records")
def records(machine: MachineScope) -> Iterable[str]:
    """The call sites: address, bytes, flags, function"""
    return machine.records()


@MACHINE.file("explain", mode=0o600)
def explain(machine: MachineScope) -> str:
    """1: dmesg tells each step of changing call sites, and why it is taken"""
    return f"{machine.explain:d}\n"


@explain.write
def _(machine: MachineScope, text: str) -> None:
    machine.explain = parse_switch(text)


def _disassembly(scope: FunctionScope) -> Iterable[str]:
    return scope.machine.disassembly(scope.name)


def _find(machine: MachineScope, name: str) -> FunctionScope | None:
    return FunctionScope(machine, name) if machine.has_function(name) else None


TEXT: Directory[MachineScope] = Directory()
_FUNCTION: File[FunctionScope] = File("function", records=_disassembly)
TEXT.family(Family(_FUNCTION, lambda machine: machine.functions(), _find))
MACHINE.directory(
    "text",
    TEXT,
    lambda machine: machine,
    doc="A file for each function: its instructions as they are in memory now",
)
