"""What every site should call, given who is registered: pure arithmetic on the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracefs.ftrace.ops import FtraceOps, OpsFlag
from tracefs.ftrace.records import RecFlag, Records

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Plan:
    """The flags and targets that records should have; ``shared`` if any calls the shared caller."""

    flags: NDArray[np.uint32]
    targets: NDArray[np.uint64]
    shared: bool

    @classmethod
    def make(
        cls,
        records: Records,
        registered: Sequence[FtraceOps],
        enabled: bool,
        caller: Callable[[bool], int],
        direct: Mapping[int, int],
    ) -> Plan:
        """Count the ops of each record and choose its caller.

        One ops with a trampoline is called through it; a direct ops that is alone is not called at
        all, but what ``direct`` has for the site; otherwise the shared ``caller(regs)`` is.
        With tracing disabled (``enabled``) the counts stay and every site is a nop.
        """
        count = np.zeros(len(records), np.uint32)
        own = np.zeros(len(records), np.uint64)
        regs = np.zeros(len(records), np.bool_)
        ipmodify = np.zeros(len(records), np.bool_)
        through = np.zeros(len(records), np.bool_)
        disabled = records.where(RecFlag.DISABLED)
        usable = ~disabled
        for ops in registered:
            mask = ops.hash.contains(records) & usable
            count += mask
            if ops.trampoline is not None:
                own[mask] = ops.trampoline.addr
            if OpsFlag.SAVE_REGS in ops.flags:
                regs |= mask
            if OpsFlag.IPMODIFY in ops.flags:
                ipmodify |= mask
            if OpsFlag.DIRECT in ops.flags:
                through |= mask
        traced = count > 0
        alone = through & (count == 1)
        if through.any():
            for at, addr in zip(*_places(records, direct), strict=True):
                own[at] = addr if alone[at] else own[at]
        tramp = (count == 1) & (own != 0)
        flags = count
        flags |= disabled * np.uint32(RecFlag.DISABLED)
        flags |= regs * np.uint32(RecFlag.REGS)
        flags |= tramp * np.uint32(RecFlag.TRAMP)
        flags |= ipmodify * np.uint32(RecFlag.IPMODIFY)
        flags |= through * np.uint32(RecFlag.DIRECT)
        if not enabled:
            return cls(flags, np.zeros(len(records), np.uint64), False)
        flags |= traced * np.uint32(RecFlag.ENABLED)
        flags |= regs * np.uint32(RecFlag.REGS_EN)
        flags |= tramp * np.uint32(RecFlag.TRAMP_EN)
        flags |= alone * np.uint32(RecFlag.DIRECT_EN)
        common = traced & ~tramp
        targets = np.where(tramp, own, np.uint64(0))
        shared = bool(common.any())
        if shared:
            targets[common & ~regs] = caller(False)
            if regs.any():
                targets[common & regs] = caller(True)
        return cls(flags, targets, shared)


def _places(records: Records, direct: Mapping[int, int]) -> tuple[list[int], list[int]]:
    """The records that have direct calls, by index, and what each calls."""
    places = records.find(np.fromiter(direct, np.uint64, len(direct))).tolist()
    return places, [direct[int(records.ips[at])] for at in places]
