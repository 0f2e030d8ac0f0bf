"""Architectures: the only place that knows an instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.arch.base import Arch, Grace, Save, Site, Sites, Trampoline
from tracefs.arch.breakpoint import Breakpoint
from tracefs.arch.i386 import I386
from tracefs.arch.nmi_safe import NmiSafe
from tracefs.arch.patching import Edits, Flush, PatchError, Patching, StopMachine
from tracefs.arch.ppc32 import Ppc32
from tracefs.arch.x86_64 import X86_64

if TYPE_CHECKING:
    from tracefs.image import Image, ModuleArea
    from tracefs.machine.memory import Memory

__all__ = [
    "I386",
    "X86_64",
    "Arch",
    "Breakpoint",
    "Edits",
    "NmiSafe",
    "PatchError",
    "Patching",
    "Ppc32",
    "Save",
    "Site",
    "Sites",
    "StopMachine",
    "Trampoline",
    "create_arch",
]

_ARCHS: dict[str, type[Arch]] = {"x86_64": X86_64, "i386": I386, "ppc32": Ppc32}


def create_arch(
    image: Image,
    memory: Memory,
    area: ModuleArea,
    flush: Flush | None = None,
    grace: Grace | None = None,
    patching: Patching | None = None,
) -> Arch:
    """The backend for an image.

    ``flush`` drops stale translations of address ranges (None: of everything); ``grace`` runs a
    function when no task can still be executing code that was just unlinked; ``patching`` is how
    call sites change (None: by a plain store).
    """
    return _ARCHS[image.machine](memory, image, area, flush, grace, patching)
