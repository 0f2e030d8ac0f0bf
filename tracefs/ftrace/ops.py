"""Who wants to be called from which sites: struct ftrace_ops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from typing import TYPE_CHECKING, Protocol

from tracefs.arch import Save
from tracefs.ftrace.hash import OpsHash

if TYPE_CHECKING:
    from tracefs.arch import Trampoline


class OpsFlag(IntFlag):
    """FTRACE_OPS_FL_*, with the kernel's values."""

    ENABLED = 1 << 0
    DYNAMIC = 1 << 1
    SAVE_REGS = 1 << 2
    RECURSION = 1 << 4
    STUB = 1 << 5
    INITIALIZED = 1 << 6
    ALLOC_TRAMP = 1 << 11
    IPMODIFY = 1 << 12
    PID = 1 << 13
    RCU = 1 << 14
    TRACE_ARRAY = 1 << 15
    PERMANENT = 1 << 16
    DIRECT = 1 << 17


NO_FLAGS = OpsFlag(0)


@dataclass(eq=False)
class FtraceOps:
    """One user of function tracing.

    ``func`` is a guest function ``(ip, parent_ip, ops, fregs)``, ``address`` the guest's struct
    ftrace_ops (0: none), ``private`` its trace array (None: it can have no ``:mod:`` filters),
    ``save`` what ``func`` needs kept, ``entry`` its way in from a trampoline of its own, if it has
    one (0: none).  Ops that share one ``hash`` share their filter files.
    """

    name: str
    func: int
    address: int = 0
    flags: OpsFlag = NO_FLAGS
    private: object = None
    hash: OpsHash = field(default_factory=OpsHash)
    save: Save = Save.NOTHING
    entry: int = 0
    trampoline: Trampoline | None = None

    @property
    def enabled(self) -> bool:
        """True while registered."""
        return OpsFlag.ENABLED in self.flags


class GuestOps(Protocol):
    """The guest's side of all this: the list that arch_ftrace_ops_list_func walks."""

    def sync(self, registered: Sequence[FtraceOps]) -> None:
        """Make ``ftrace_ops_list`` this list, newest first, and each struct's fields current."""

    def sync_hash(self, ops: FtraceOps) -> None:
        """Make the hashes of a guest struct current."""

    def set_direct(self, calls: Mapping[int, int]) -> None:
        """Make ``direct_functions`` this table: what call_direct_funcs finds for a site."""

    def set_trace_op(self, ops: FtraceOps | None) -> None:
        """Set ``function_trace_op``, which the shared caller passes on (None: the list's end)."""
