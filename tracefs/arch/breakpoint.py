"""Changing sites behind a breakpoint while all CPUs go on, as 6.1's text_poke_bp_batch.

A breakpoint is one byte, which is written at once; whoever runs into it does what the new
instruction will do (kernel_image/arch/x86/kernel/ftrace_int3_64.c).  After each of the three
writes every CPU fetches its instructions anew, so that none ever mixes bytes of two of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.arch.patching import Edits, Patching, T
from tracefs.machine.hypercall import Vector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracefs.image import Image
    from tracefs.machine import Machine

INT3 = 0xCC
_CALL = 0xE8
_PAGE = 4096
_PATIENCE = 200  # turns of the other CPUs


class Breakpoint(Patching):
    """Three writes, three syncs, no stop."""

    exclusive = False

    def __init__(self, machine: Machine, image: Image) -> None:
        super().__init__(machine.memory, machine.flush_text)
        self._machine = machine
        self._desc = image.symbol("bp_desc")
        self._do_sync_core = image.symbol("do_sync_core")
        self._syncs = 0
        self.synced: Callable[[str], object] | None = None
        """Called when all CPUs have seen a step, with its name: for who watches."""

    def run(self, update: Callable[[], T]) -> T:
        self._syncs = 0
        try:
            return update()
        finally:
            for _, number in self._take_nmis():
                self._machine.nmi(number)

    def change_one(self, ip: int, old: bytes, new: bytes, insn_size: int) -> None:
        if len(new) == insn_size:
            self.change(Edits.one(self._memory, ip, old, new))
        else:
            super().change_one(ip, old, new, insn_size)

    def change(self, edits: Edits) -> None:
        import numpy as np

        ram = np.frombuffer(self._memory.mm, np.uint8)
        first, tail = edits.where[:, 0], edits.where[:, 1:]
        table = self._table(edits)
        pages = -(-table.nbytes // _PAGE)
        vec = self._memory.alloc_pages(pages, zero=False)
        self._machine.changing.append(edits.ranges())
        try:
            self._memory.write(vec, table.tobytes())
            self._publish(vec, len(table))
            self._say("int3", f"{len(table)} sites: a single byte, so nobody sees half of it")
            ram[first] = INT3
            self._sync("int3", "whoever comes there now does what the new instruction will do")
            self._say("tails", "bytes 2 to 5: nobody executes them behind a breakpoint")
            ram[tail] = edits.new[:, 1:]
            self._sync("tails", "no CPU may still hold the old ones when the first byte is back")
            self._say("first bytes", "the new instructions are whole")
            ram[first] = edits.new[:, 0]
            self._sync("first bytes", "no CPU runs into a breakpoint any more: the table may go")
            self._publish(0, 0)
        finally:
            self._machine.changing.pop()
            self._flush(edits.ranges())
            self._memory.free_pages(vec, pages)

    def _publish(self, vec: int, count: int) -> None:
        self._memory.put_u64(self._desc + 8, 0)
        self._memory.put_u64(self._desc, vec)
        self._memory.put_u64(self._desc + 8, count)

    @staticmethod
    def _table(edits: Edits) -> NDArray[np.uint64]:
        """The guest's table: each site and what it will call (0: nothing)."""
        import numpy as np

        offsets = np.ascontiguousarray(edits.new[:, 1:]).view("<i4")[:, 0].astype(np.int64)
        targets = edits.ips + np.uint64(edits.size) + offsets.view(np.uint64)
        targets[edits.new[:, 0] != _CALL] = 0
        table = np.stack((edits.ips, targets), axis=1)
        if (edits.ips[1:] < edits.ips[:-1]).any():
            table = table[np.argsort(edits.ips)]
        return table

    def _sync(self, step: str, why: str) -> None:
        """text_poke_sync: every CPU that runs takes an interrupt, which serialises.

        One at rest will be woken by an interrupt, and has nothing to see until then.
        """
        self._say(f"sync after {step}", why)
        machine = self._machine
        me, vector = machine.current, Vector.CALL_FUNCTION
        self._syncs += 1
        for moment, cpu in self._take_nmis():
            if moment <= self._syncs:
                machine.nmi(cpu)
            else:
                self.nmis.append((moment, cpu))
        machine.monitor.enter()
        try:
            if me is not None and me.nmi_pending:
                me.call(self._do_sync_core)
            running = [
                cpu
                for cpu in machine.cpus
                if cpu is not me and not cpu.busy and (cpu.can_go() or cpu.nmi_pending)
            ]
            for each in running:
                machine.raise_irq(each, vector)
            for _ in range(_PATIENCE):
                if not any(vector in cpu.pending and cpu.can_go() for cpu in running):
                    break
                machine.scheduler.others(me)
            for each in running:
                each.sync_core()  # also those that still keep their interrupts off
        finally:
            machine.monitor.leave()
        if self.synced is not None:
            self.synced(step)
