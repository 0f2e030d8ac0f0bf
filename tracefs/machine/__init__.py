"""The emulated machine, on Unicorn.  Nothing else in the project imports Unicorn."""

from __future__ import annotations

from tracefs.machine.cpu import Cpu, Stop
from tracefs.machine.errors import GuestCrash, PageFault, ReplayError
from tracefs.machine.hypercall import HYPERCALL_VECTOR, Hypercall, Vector
from tracefs.machine.layout import I386, PAGE_SIZE, PPC32, X86_64, Layout
from tracefs.machine.machine import Machine
from tracefs.machine.memory import Memory, Segment

__all__ = [
    "HYPERCALL_VECTOR",
    "I386",
    "PAGE_SIZE",
    "PPC32",
    "X86_64",
    "Cpu",
    "GuestCrash",
    "Hypercall",
    "Layout",
    "Machine",
    "Memory",
    "PageFault",
    "ReplayError",
    "Segment",
    "Stop",
    "Vector",
]
