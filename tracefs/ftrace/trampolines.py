"""Trampolines of the registered ops: made when first needed, following what the ops calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tracefs.arch import Arch, Save
from tracefs.ftrace.ops import FtraceOps, OpsFlag

if TYPE_CHECKING:
    from tracefs.image import Kallsyms


class Trampolines:
    """Gives ops their trampolines, where the architecture has them."""

    def __init__(self, arch: Arch, kallsyms: Kallsyms) -> None:
        self._arch = arch
        self._kallsyms = kallsyms

    def func(self, ops: FtraceOps) -> int:
        """What a trampoline calls for an ops (ftrace_ops_get_func)."""
        if ops.flags & (OpsFlag.RECURSION | OpsFlag.RCU):
            return self._kallsyms.addr("ftrace_ops_assist_func") or ops.func
        return ops.func

    def update(self, ops: FtraceOps) -> None:
        """Make an ops' trampoline, or let it call what the ops calls now; direct ops have none."""
        if OpsFlag.DIRECT in ops.flags:
            return
        func = self.func(ops)
        save = Save.REGS if OpsFlag.SAVE_REGS in ops.flags else ops.save
        if func != ops.func and save is Save.NOTHING:
            save = Save.ARGS  # the assist function is plain C
        entry = ops.entry if save is Save.NOTHING else 0
        if ops.trampoline is not None and ops.trampoline.save is not save and not ops.enabled:
            self.free(ops)
        if ops.trampoline is None:
            ops.trampoline = self._arch.create_trampoline(ops.address, func, save, entry)
            if ops.trampoline is not None:
                ops.flags |= OpsFlag.ALLOC_TRAMP
                self._kallsyms.add_trampoline(ops.trampoline.addr, ops.trampoline.size)
        elif (ops.trampoline.func, ops.trampoline.entry) != (func, entry):
            self._arch.update_trampoline(ops.trampoline, func, entry)

    def free(self, ops: FtraceOps) -> None:
        """Give it back; no site calls it any more."""
        if ops.trampoline is not None:
            self._kallsyms.remove_trampoline(ops.trampoline.addr)
            self._arch.free_trampoline(ops.trampoline)
            ops.trampoline = None
            ops.flags &= ~OpsFlag.ALLOC_TRAMP


def trampoline_at(registered: Iterable[FtraceOps], addr: int) -> FtraceOps | None:
    """The ops whose trampoline is at an address, or None."""
    for ops in registered:
        if ops.trampoline is not None and ops.trampoline.addr == addr:
            return ops
    return None
