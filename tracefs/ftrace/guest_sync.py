"""The guest's side of an update: its list of ops, their hashes, what the shared caller calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracefs.ftrace.ops import FtraceOps, GuestOps, OpsFlag

if TYPE_CHECKING:
    from tracefs.arch import Arch
    from tracefs.ftrace.functions import Functions
    from tracefs.ftrace.hash import Hash
    from tracefs.ftrace.trampolines import Trampolines


class GuestSync:
    """Keeps guest and shared caller at what the registered ops want (no guest: only the latter)."""

    def __init__(
        self, guest: GuestOps | None, arch: Arch, functions: Functions, trampolines: Trampolines
    ) -> None:
        self._guest = guest
        self._arch = arch
        self._functions = functions
        self._trampolines = trampolines
        self._synced: dict[FtraceOps, tuple[Hash, Hash]] = {}

    def ops(self, registered: Sequence[FtraceOps], shared: bool) -> None:
        """Make the list current; where sites call the shared caller (``shared``), hashes too."""
        if self._guest is not None:
            self._guest.sync(registered)
            if shared:
                self.hashes(registered)
        single = registered[0] if len(registered) == 1 else None
        func = self._functions.list_func() if registered else self._functions.stub()
        if single is not None and OpsFlag.DYNAMIC not in single.flags:
            func = self._trampolines.func(single)
        if (shared or not registered) and func is not None:
            through = self._functions.list_func()
            if through is not None and not self._arch.patching.exclusive:
                # Sites call it meanwhile: a function must never be called with another one's ops.
                self._arch.update_ftrace_func(through)
            if self._guest is not None:
                self._guest.set_trace_op(single)
            self._arch.update_ftrace_func(func)

    def hashes(self, registered: Sequence[FtraceOps]) -> None:
        """Make the hashes of the guest's structs current."""
        if self._guest is not None:
            for ops in registered:
                now = (ops.hash.filter, ops.hash.notrace)
                if self._synced.get(ops) != now:
                    self._guest.sync_hash(ops)
                    self._synced[ops] = now

    def forget(self, ops: FtraceOps) -> None:
        """It is registered no more."""
        self._synced.pop(ops, None)
