"""Ways of changing call sites while CPUs may be about to execute them; a release has one of them.

An architecture verifies sites and says what their bytes become; a strategy puts the bytes there and
makes every CPU see them.  To a CPU that has translated text a change is invisible until it fetches
its instructions anew: that is the emulator's instruction cache, and what the strategies differ in.
"""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tracefs.machine import paging

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracefs.machine.memory import Memory

T = TypeVar("T")
Ranges = Sequence[tuple[int, int]]
"""(address, length) pairs."""
Flush = Callable[[Ranges | None], None]

# Beyond this many sites, dropping every translation is cheaper than one after the other.
_FLUSH_ALL = 512


class PatchError(OSError):
    """A call site that could not be changed; nothing was.

    ``errno`` is EFAULT (reading it), EINVAL (unexpected bytes there) or EPERM (writing it);
    ``ip`` is the site, ``expected`` the bytes that should have been there, where known (S15), or
    ``at`` another address that the site depends on.
    """

    def __init__(
        self, code: int, ip: int, expected: bytes | None = None, at: int | None = None
    ) -> None:
        super().__init__(code, os.strerror(code))
        self.ip = ip
        self.expected = expected
        self.at = ip if at is None else at


@dataclass(frozen=True)
class Edits:
    """Verified changes: one instruction at each of ``ips``, all of one size.

    ``where`` holds the place in RAM of each byte (sites x size), ``old`` and ``new`` the bytes.
    """

    ips: NDArray[np.uint64]
    where: NDArray[np.int64]
    old: NDArray[np.uint8]
    new: NDArray[np.uint8]

    @property
    def size(self) -> int:
        """Bytes of an instruction."""
        return int(self.where.shape[1])

    @classmethod
    def one(cls, memory: Memory, ip: int, old: bytes, new: bytes) -> Edits:
        """A single one, not verified.  PatchError: EFAULT if nothing is there, EPERM if it is
        read-only."""
        import numpy as np

        size = len(old)
        try:
            writable = all(memory.flags(at) & paging.WRITE for at in (ip, ip + size - 1))
            where = [memory.virt_to_phys(at) for at in range(ip, ip + size)]
        except OSError:
            raise PatchError(errno.EFAULT, ip) from None
        if not writable:
            raise PatchError(errno.EPERM, ip)
        return cls(
            np.array([ip], np.uint64),
            np.array([where], np.int64),
            np.frombuffer(old, np.uint8).reshape(1, -1),
            np.frombuffer(new, np.uint8).reshape(1, -1),
        )

    def ranges(self) -> Ranges | None:
        """What to fetch anew: the sites, or None for everything where they are many."""
        if len(self.ips) > _FLUSH_ALL:
            return None
        return [(ip, self.size) for ip in self.ips.tolist()]

    def reverse(self, count: int) -> Edits:
        """The way back of the first ``count``, last one first."""
        order = slice(count - 1, None, -1) if count else slice(0, 0)
        return Edits(self.ips[order], self.where[order], self.new[order], self.old[order])


class Patching(ABC):
    """A strategy.  ``explain`` takes lines about each step and its reason, while somebody asks."""

    exclusive = True
    """Whether nothing else at all is executed during an update, not even NMIs."""

    def __init__(self, memory: Memory, flush: Flush) -> None:
        self.explain: Callable[[str], object] | None = None
        self.nmis: list[tuple[int, int]] = []
        """NMIs that wait for the next update: (its instruction or step, from 1; the CPU)."""
        self._memory = memory
        self._flush = flush

    @abstractmethod
    def run(self, update: Callable[[], T]) -> T:
        """Run an update of call sites under the conditions that the strategy needs."""

    @abstractmethod
    def change(self, edits: Edits) -> None:
        """Put the new bytes there.  PatchError (EPERM) if that fails after all: none is changed."""

    def change_one(self, ip: int, old: bytes, new: bytes, insn_size: int) -> None:
        """Replace verified code at ip, by a plain store if it is more than one instruction.

        PatchError (EPERM) if it cannot be written.
        """
        self._say("write", f"{len(new)} bytes of code at {ip:#x}, in one go")
        try:
            self._memory.copy_to_nofault(ip, new)
        except OSError:
            raise PatchError(errno.EPERM, ip) from None
        self._flush([(ip, len(new))])

    def read_dyn_info(self) -> str:
        """What it adds to dyn_ftrace_total_info (S8)."""
        return ""

    def _take_nmis(self) -> list[tuple[int, int]]:
        """Those that wait, in order; they wait no more."""
        waiting, self.nmis = sorted(self.nmis), []
        return waiting

    def _say(self, step: str, why: str) -> None:
        if self.explain is not None:
            self.explain(f"ftrace: {step}: {why}")


class StopMachine(Patching):
    """As in 2.6.27 and 2.6.28: no CPU executes anything while the sites are written.

    An NMI could, on a real machine (S9); on this one NMIs, too, arrive between two updates.
    """

    def __init__(
        self,
        memory: Memory,
        flush: Flush,
        stop: Callable[[Callable[[], Any]], Any] | None = None,
        nmi: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(memory, flush)
        self._stop = stop or (lambda update: update())
        self._nmi = nmi or (lambda cpu: None)

    def run(self, update: Callable[[], T]) -> T:
        self._say("stop_machine", "no CPU may execute a site while its bytes change")
        result: T = self._stop(update)
        for _, cpu in self._take_nmis():
            self._nmi(cpu)
        self._say("go on", "every CPU fetches what it executes anew")
        return result

    def change(self, edits: Edits) -> None:
        import numpy as np

        many = f"{len(edits.ips)} sites of {edits.size} bytes"
        self._say("write", f"{many}, each in one go: nobody can see half of one")
        np.frombuffer(self._memory.mm, np.uint8)[edits.where] = edits.new
        self._flush(edits.ranges())
