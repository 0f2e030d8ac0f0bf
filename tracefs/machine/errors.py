"""What can go wrong in the machine: addresses the guest does not have, and a guest that is lost."""

from __future__ import annotations

import errno
import os


class PageFault(OSError):
    """No usable mapping at a virtual address: EFAULT, or EPERM for a forbidden write."""

    def __init__(self, va: int, code: int = errno.EFAULT) -> None:
        super().__init__(code, f"{os.strerror(code)} at {va:#x}")
        self.va = va


class GuestCrash(Exception):
    """The guest cannot go on: triple fault, unknown hypercall, hang.  Memory stays readable."""

    def __init__(self, reason: str, report: str = "", cpu: int | None = None) -> None:
        super().__init__(f"{reason}\n{report}" if report else reason)
        self.reason = reason
        self.report = report
        self.cpu = cpu


class ReplayError(Exception):
    """A recorded schedule does not fit what the host and the guest do now."""
