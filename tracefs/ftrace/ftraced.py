"""Call sites found at run time: the core of 2.6.27 and its daemon, ftraced.

Every site calls mcount, and mcount the recorder, which notes the site in a slot if one is left
(S28). About once a second the daemon turns the sites noted since into nops while the machine
stands still; from then on they are records like any other. The recorder's memory is the generic
code's (S26): the guest's side is its ftraced_32.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tracefs.ftrace.core import Ftrace

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tracefs.arch import PatchError
    from tracefs.ftrace.ops import FtraceOps
    from tracefs.ftrace.report import Bug
    from tracefs.image import LoadedModule

OVERFLOW = 100_000
"""More conversions than this cannot be right."""


class Recorder(Protocol):
    """The guest's slots."""

    recording: bool
    """Sites are noted (they are skipped while it is False)."""

    def start(self) -> None:
        """Make the slots that there are at boot."""

    def take(self) -> NDArray[np.uint64]:
        """Addresses of the sites noted since the last time, oldest first."""

    def grow(self) -> None:
        """Add a page of slots if the last one is in use."""

    def forget(self, start: int, end: int) -> None:
        """Code in [start, end) is gone: sites there are new ones if they come again."""


class RecordedFtrace(Ftrace):
    """Ftrace of a kernel whose build does not know the sites."""

    def __init__(self, *args: Any, recorder: Recorder, **options: Any) -> None:
        super().__init__(*args, **options)
        self.recorder = recorder
        self.daemon = True
        """ftraced_enabled."""
        self.releases = True
        """Records of code that goes are freed."""
        self.failed: list[int] = []
        """Sites that were not as they should be; the kernel goes on without them."""
        self.total = 0
        """How many sites were ever converted."""

    def init(self, probe: Callable[[bytes], bool] | None = None) -> None:
        """Let mcount lead to the recorder; there are no records yet."""
        self.arch.prepare_recorder()
        self.recorder.start()
        self._set_mcount(True)
        self._enabled = True

    def _set_mcount(self, on: bool) -> None:
        name = "ftrace_record_ip" if on else "ftrace_stub"
        target = self._kallsyms.addr(name)
        assert target is not None
        self.arch.mcount_set(target)
        self.recorder.recording = on

    def _set_enabled(self, value: bool) -> None:
        super()._set_enabled(value)
        self._stop_machine(lambda: self._set_mcount(value))

    def tick(self) -> None:
        """The daemon has woken: convert what is pending, unless sites are being traced."""
        if self.daemon and self._enabled and not self.ops and not self.dead:
            before = self.total
            self.convert()
            if self.total > OVERFLOW:
                done = self.total - before
                self._printk(f"hm, dftrace overflow: {done} changes ({self.total} total)")
                self.total = 0
        self.recorder.grow()

    def convert(self) -> None:
        """Turn the recorded sites into nops, all in one stop of the machine."""
        pending = self.recorder.take()
        if len(pending):
            self._stop_machine(lambda: self._convert(pending))

    def register(self, ops: FtraceOps) -> None:
        """As before; what was recorded by now is traced, too."""
        self.convert()
        super().register(ops)

    def _convert(self, pending: NDArray[np.uint64]) -> None:
        where = self.records.add(None, pending)
        index = np.arange(where.start, where.stop)
        self.total += len(index)
        if self._make_nops(index):
            return
        # One bad site keeps none of the others from being converted.
        bad = [i for i in index.tolist() if not self._make_nops(np.array([i]))]
        self.total -= len(bad)
        self._fail(np.array(bad))

    def _fail(self, index: NDArray[np.int64]) -> None:
        """These records are FAILED, never patched again. A module's are freed, others listed."""
        mask = np.zeros(len(self.records), np.bool_)
        mask[index] = True
        lookup = self._kallsyms.lookup
        for ip in self.records.drop(mask).tolist():
            if (found := lookup(ip)) and not found.module:
                self.failed.append(ip)

    def _bug(self, error: PatchError, bug: Bug, target: int) -> None:
        """A site that cannot be switched: no word of it, and the kernel goes on with the others."""
        where = self.records.find(np.array([error.ip], np.uint64))
        if not len(where):
            super()._bug(error, bug, target)
            return
        self._fail(where)
        self._update()

    def module_load(self, module: LoadedModule) -> None:
        """Its sites are found when they run."""

    def module_enable(self, module: LoadedModule) -> None:
        """Its sites are found when they run."""

    def module_unload(self, module: LoadedModule) -> None:
        """The records of its code are freed."""
        self._release(module.base, module.base + module.size)

    def free_mem(self, start: int, end: int) -> None:
        """Init code in [start, end) is no more."""
        self._release(start, end)

    def _release(self, start: int, end: int) -> None:
        if not self.releases:
            return
        ips = self.records.ips
        self._drop((ips >= np.uint64(start)) & (ips < np.uint64(end)))
        self.recorder.forget(start, end)
