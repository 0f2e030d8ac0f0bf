"""What the function tracer needs of an architecture (as arch/*/kernel/ftrace.c gives it).

An abstract method must differ everywhere; a plain one is the default that the kernel has as __weak.
The contract of all that change code: verify first, and raise PatchError with nothing changed.
"""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tracefs.arch.patching import Flush, PatchError, Patching, Ranges, StopMachine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracefs.image import Image, LoadedModule, ModuleArea
    from tracefs.machine.memory import Memory

Grace = Callable[[Callable[[], None]], None]


class Save(Enum):
    """What a trampoline keeps for the function it calls."""

    NOTHING = "nothing"
    """The function is compiled no_caller_saved_registers; it gets no registers (fregs is 0)."""
    ARGS = "args"
    """The argument registers, in a struct ftrace_regs, as 6.1's ftrace_caller."""
    REGS = "regs"
    """All registers, in a struct pt_regs that the function may change (ftrace_regs_caller)."""


@dataclass
class Trampoline:
    """Code of its own for one ops: calls ``func(ip, parent_ip, ops, fregs)``.

    ``call`` is where; with an ``entry`` it begins with a copy of that, which does what func does.
    """

    addr: int
    size: int
    ops: int
    func: int
    save: Save
    call: int
    entry: int = 0


class Site(Protocol):
    """A call site's record as an architecture sees it; ``arch`` is the architecture's own."""

    ip: int
    arch: Any


class Sites(Protocol):
    """Many records at once: their addresses, and the records themselves one by one."""

    @property
    def ips(self) -> NDArray[np.uint64]: ...

    def __iter__(self) -> Iterator[Site]: ...


class Arch(ABC):
    """One architecture's way to find, verify and change call sites in a machine's memory."""

    insn_size: int
    """Bytes of a call site (MCOUNT_INSN_SIZE)."""
    mcount: str
    """Symbol that unconverted sites call."""
    max_offset: int | None = None
    """How far into its function a site may lie (FTRACE_MCOUNT_MAX_OFFSET); None: anywhere."""
    module_trampoline: Callable[[int], bytes] | None = None
    """Code in a module that leads to an address out of its branches' reach (S1); None: none is."""

    def __init__(
        self,
        memory: Memory,
        image: Image,
        area: ModuleArea,
        flush: Flush | None = None,
        grace: Grace | None = None,
        patching: Patching | None = None,
    ) -> None:
        self._memory = memory
        self._image = image
        self._area = area
        self.flush: Flush = flush or _no_flush
        self.patching: Patching = patching or StopMachine(memory, self.flush)
        area.flush = self.flush
        self._grace: Grace = grace or (lambda free: free())

    @property
    def word_size(self) -> int:
        """Bytes of an unsigned long."""
        return self._image.bits // 8

    # What each must say.

    @property
    @abstractmethod
    def nop(self) -> bytes:
        """The bytes of a site that calls nothing."""

    @abstractmethod
    def call_code(self, ip: int, target: int) -> bytes:
        """The bytes of a site at ``ip`` that calls ``target``; PatchError (EINVAL) out of reach."""

    @abstractmethod
    def call_target(self, ip: int) -> int | None:
        """Where the call at ``ip`` leads, or None if there is no call (or nothing at all)."""

    @abstractmethod
    def disassemble(self, va: int, size: int) -> list[str]:
        """Lines ``address: bytes  instruction`` of code in memory."""

    registers: ClassVar[Mapping[str, int]] = {}
    """Where registers are in struct pt_regs, by the names that probes use."""
    arguments: ClassVar[Sequence[str]] = ()
    """The registers that hold a function's first arguments."""

    # The kernel's __weak ones.

    def is_boundary(self, code: bytes, offset: int) -> bool:
        """True if an instruction begins at that offset of a function's code."""
        return offset == 0

    breakpoint: bytes = b""
    """The instruction that stands in the place of a probed one."""

    def check_slot(self, code: bytes, ip: int) -> None:
        """OSError (EINVAL) if the first instruction of ``code`` works only at ``ip``."""
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    def create_slot(self, code: bytes, ip: int) -> int:
        """Code elsewhere that does what that instruction does, and goes on behind it (ENOMEM)."""
        raise NotImplementedError

    def free_slot(self, slot: int) -> None:
        """Give it back once nothing runs in it any more."""
        self._area.free(slot)

    def dyn_arch_init(
        self,
        probe: Callable[[bytes], bool] | None = None,
        printk: Callable[[str], object] | None = None,
    ) -> None:
        """Prepare at boot; ``probe`` runs code in the machine: did it go without a fault?"""
        return None

    def call_adjust(self, addrs: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The sites that entries of __mcount_loc mean; 0 stays 0 (S23)."""
        return addrs

    def check_module(self, mod: LoadedModule) -> None:
        """Look at a module that was placed: PatchError if its sites cannot be trusted to it."""
        return None

    def read(self, va: int, size: int) -> bytes:
        """Bytes of memory; OSError (EFAULT) where there is none."""
        return self._memory.copy_from_nofault(va, size)

    @property
    def mcount_addr(self) -> int:
        """What unconverted sites call (MCOUNT_ADDR)."""
        return self._image.symbol(self.mcount)

    def make_nop(self, mod: LoadedModule | None, rec: Site, addr: int) -> None:
        """Turn the call to ``addr`` into a nop; ``mod`` is the module while it is being loaded."""
        self.modify_code(rec.ip, self.call_code(rec.ip, addr), self.nop)

    def make_call(self, rec: Site, addr: int) -> None:
        """Turn the nop into a call to ``addr``."""
        self.modify_code(rec.ip, self.nop, self.call_code(rec.ip, addr))

    def modify_call(self, rec: Site, old_addr: int, addr: int) -> None:
        """Turn the call to ``old_addr`` into one to ``addr``."""
        self.modify_code(rec.ip, self.call_code(rec.ip, old_addr), self.call_code(rec.ip, addr))

    def init_nops(self, mod: LoadedModule | None, sites: Sites) -> None:
        """The first conversion of sites as they were compiled, all or none."""
        addr = self.mcount_addr
        done: list[Site] = []
        try:
            for rec in sites:
                self.make_nop(mod, rec, addr)
                done.append(rec)
        except PatchError:
            for rec in reversed(done):
                self.make_call(rec, addr)
                rec.arch = None
            raise

    def modify_sites(self, sites: Sites, old: NDArray[np.uint64], new: NDArray[np.uint64]) -> None:
        """Change what many sites call, from ``old`` to ``new`` addresses; 0 is the nop.

        All or nothing: the PatchError is the first failing site's, and sites that were already
        changed are changed back.
        """
        done: list[tuple[Site, int, int]] = []
        try:
            for rec, before, after in zip(sites, old.tolist(), new.tolist(), strict=True):
                self._turn(rec, before, after)
                done.append((rec, before, after))
        except PatchError:
            for rec, before, after in reversed(done):
                self._turn(rec, after, before)
            raise

    def _turn(self, rec: Site, old: int, new: int) -> None:
        if old and new:
            self.modify_call(rec, old, new)
        elif new:
            self.make_call(rec, new)
        elif old:
            self.make_nop(None, rec, old)

    def modify_code(self, ip: int, old: bytes, new: bytes) -> None:
        """Replace the bytes at ``ip``, which must be ``old``."""
        try:
            current = self._memory.copy_from_nofault(ip, len(old))
        except OSError:
            raise PatchError(errno.EFAULT, ip) from None
        if current != old:
            raise PatchError(errno.EINVAL, ip, old)
        self.patching.change_one(ip, old, new, self.insn_size)

    def update_ftrace_func(self, func: int) -> None:
        """Make the shared caller (``ftrace_call``, ``ftrace_regs_call``) call ``func``."""
        for name in ("ftrace_call", "ftrace_regs_call"):
            ip = self._image.get(name)
            if ip is not None:
                old = self._memory.copy_from_nofault(ip, self.insn_size)
                new = self.call_code(ip, func)
                if old != new:
                    self.modify_code(ip, old, new)

    def set_graph_caller(self, caller: int, alone: bool = False) -> None:
        """What hooks returns at every site that the shared caller serves; 0: nothing any more.

        It holds from the next update_ftrace_func on. ``alone``: only while ftrace_call calls the
        stub. An architecture whose graph tracer is called as others are does nothing.
        """
        return None

    def shared_caller(self, regs: bool) -> int:
        """The caller that several ops share (FTRACE_ADDR, FTRACE_REGS_ADDR)."""
        addr = self._image.get("ftrace_regs_caller") if regs else None
        return addr if addr is not None else self._image.symbol("ftrace_caller")

    def shared_func(self, regs: bool) -> int | None:
        """What the shared caller calls now."""
        ip = self._image.get("ftrace_regs_call") if regs else None
        if ip is None:
            ip = self._image.get("ftrace_call")
        return self.call_target(ip) if ip is not None else None

    def create_trampoline(
        self, ops: int, func: int, save: Save, entry: int = 0
    ) -> Trampoline | None:
        """Code of its own for the ops at address ``ops``; None where the architecture has none.

        ``entry`` is func's quicker way in from a trampoline, if it has one.
        """
        return None

    def update_trampoline(self, trampoline: Trampoline, func: int, entry: int = 0) -> None:
        """Make a trampoline call another function."""
        new = self.call_code(trampoline.call, func)
        self.modify_code(trampoline.call, self.call_code(trampoline.call, trampoline.func), new)
        trampoline.func = func

    def trampoline_func(self, trampoline: Trampoline) -> int | None:
        """What a trampoline's code calls (arch_ftrace_trampoline_func)."""
        return self.call_target(trampoline.call)

    def free_trampoline(self, trampoline: Trampoline) -> None:
        """Give its page back once nothing runs in it any more."""
        self._grace(lambda: self._area.free(trampoline.addr))

    def prepare_recorder(self) -> None:
        """Let mcount lead to its form that records sites at run time, and take its day's nop."""
        raise NotImplementedError("this architecture finds its sites in the build")

    def mcount_set(self, func: int) -> None:
        """Make the recording mcount call ``func`` (ftrace_mcount_set)."""
        raise NotImplementedError("this architecture finds its sites in the build")

    def read_dyn_info(self) -> str:
        """What the architecture adds to dyn_ftrace_total_info (S8)."""
        return self.patching.read_dyn_info()


def _no_flush(ranges: Ranges | None) -> None:
    pass
