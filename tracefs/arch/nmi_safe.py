"""Changing sites while NMIs arrive, as the tip tree of November 2008 and 2.6.29 do it (S9).

The guest does it (kernel_image/arch/x86/kernel/ftrace_nmi_32.c): one CPU goes through the six steps
for each site, the others wait with interrupts off, and the way into an NMI writes the site that is
being changed before anything else.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.arch.patching import Edits, PatchError, Patching, T
from tracefs.machine.stopped import stopped

if TYPE_CHECKING:
    from tracefs.image import Image
    from tracefs.machine import Cpu, Machine

_ERRNO = {errno.EFAULT, errno.EINVAL, errno.EPERM}
_PAGE = 4096
STEPS = (
    ("1 put address and code into the buffers", "an NMI will find there what to write"),
    ("2 set the flag", "from now on an NMI writes the site before it can execute it"),
    ("3 wait for NMIs", "those that began earlier did not, and may be executing the old site"),
    ("4 write the site", "whoever executes it now has written the same bytes himself"),
    ("5 clear the flag", "the site is new for all"),
    ("6 wait for NMIs", "one that saw the flag may still read the buffers, which change next"),
)


class NmiSafe(Patching):
    """stop_machine, and NMIs that help."""

    exclusive = False

    def __init__(self, machine: Machine, image: Image) -> None:
        super().__init__(machine.memory, machine.flush_text)
        self._machine = machine
        self._image = image
        abi = image.abi
        self._size = abi.size("ftrace_mod")
        self._fields = [abi.offset("ftrace_mod", name) for name in ("ip", "old_code", "new_code")]
        self._running = False

    def _u32(self, name: str) -> int:
        return self._memory.u32(self._image.symbol(name))

    def read_dyn_info(self) -> str:
        """How often patching waited for NMIs, and how often an NMI wrote a site itself (S8)."""
        return f"{self._u32('nmi_wait_count')} {self._u32('nmi_update_count')}"

    def run(self, update: Callable[[], T]) -> T:
        if self._running:
            return update()
        cpu = self._cpu()
        self._let_nmis_end(cpu)
        self._running = True
        self._say("stop_machine", "the other CPUs wait with interrupts off; NMIs still arrive")
        flag = self._image.symbol("ftrace_machine_stopped")
        try:
            with stopped(
                self._machine,
                cpu,
                self._image.symbol("ftrace_wait_stopped"),
                lambda on: self._memory.put_u32(flag, on),
            ):
                return update()
        finally:
            self._running = False
            for _, number in self._take_nmis():
                self._machine.nmi(number)

    def _cpu(self) -> Cpu:
        return self._machine.current or self._machine.cpus[0]

    def _let_nmis_end(self, cpu: Cpu) -> None:
        # A CPU that was sent away from inside an NMI would be waited for in vain.
        while self._u32("nmi_running"):
            if self._machine.current is None:
                self._machine.run(lambda: not self._u32("nmi_running"))
            else:
                self._machine.scheduler.others(cpu)

    def change_one(self, ip: int, old: bytes, new: bytes, insn_size: int) -> None:
        if len(new) == insn_size:
            self.change(Edits.one(self._memory, ip, old, new))
        else:
            super().change_one(ip, old, new, insn_size)

    def change(self, edits: Edits) -> None:
        for step, why in STEPS:
            self._say(step, why)
        ranges = edits.ranges()
        self._machine.changing.append(ranges)
        try:
            self._modify(edits)
        finally:
            self._machine.changing.pop()
            self._machine.flush_text(ranges)

    def _modify(self, edits: Edits) -> None:
        code, done = self._guest(edits)
        if not code:
            return
        ip = int(edits.ips[done])
        # An NMI's write may fail where the patching CPU's own has not.
        bytes_now = self._memory.read(ip, edits.size)
        self._guest(edits.reverse(done + (bytes_now != edits.old[done].tobytes())))
        raise PatchError(code if code in _ERRNO else errno.EPERM, ip)

    def _guest(self, edits: Edits) -> tuple[int, int]:
        """Let the guest change them: errno (0: all is well), and how many it has changed."""
        import numpy as np

        count = len(edits.ips)
        ip, old, new = self._fields
        mods = np.zeros((count, self._size), np.uint8)
        mods[:, ip : ip + 4] = edits.ips.astype("<u4").view(np.uint8).reshape(-1, 4)
        mods[:, old : old + edits.size] = edits.old
        mods[:, new : new + edits.size] = edits.new
        pages = -(-mods.nbytes // _PAGE) or 1
        buffer = self._memory.alloc_pages(pages, zero=False)
        try:
            self._memory.write(buffer, mods.tobytes())
            nmis = [(moment, self._machine.cpus[n]) for moment, n in self._take_nmis()]
            result = self._cpu().call(
                self._image.symbol("ftrace_modify_all"), buffer, count, nmis=nmis
            )
            self.nmis = [(moment, cpu.number) for moment, cpu in nmis]
        finally:
            self._memory.free_pages(buffer, pages)
        return -(result - (1 << 32)) if result >> 31 else 0, self._u32("ftrace_mods_done")
