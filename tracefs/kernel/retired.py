"""Memory of the guest's code and tracing that is out of use, but perhaps not out of reach.

A CPU may stand in a trampoline that no site calls any more, and a task may have been preempted
there. A real kernel waits for every task to schedule (synchronize_rcu_tasks); here what is retired
is freed when the machine is at rest: then nobody runs, and nobody wants to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.image import ModuleArea

if TYPE_CHECKING:
    from tracefs.machine import Memory


class Retired:
    """What waits to be freed; the machine's lock is held."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def later(self, free: Callable[[], None]) -> None:
        """Call ``free`` when the machine is at rest."""
        self._waiting.append(free)

    def pages(self, memory: Memory, va: int, count: int) -> None:
        """Free host-owned pages when the machine is at rest."""
        self.later(lambda: memory.free_pages(va, count))

    def free(self) -> None:
        """The machine is at rest."""
        waiting, self._waiting = self._waiting, []
        for free in waiting:
            free()


class RetiringArea(ModuleArea):
    """The range of modules and trampolines; what is freed there stays mapped for a while."""

    retired: Retired

    def free(self, va: int) -> None:
        """Give back the block that begins at ``va``, once the machine is at rest."""
        self.retired.later(lambda: super(RetiringArea, self).free(va))
