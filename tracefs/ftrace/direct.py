"""Direct calls (register_ftrace_direct): a site that calls somebody's code straight.

The code is entered in place of a tracer's trampoline and saves what it changes itself. Where
others trace the same function, its site calls the shared caller as usual, which leaves by way of
that code: the ops of direct calls, when its turn comes, only says where to.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from tracefs.ftrace.hash import Hash
from tracefs.ftrace.ops import FtraceOps, OpsFlag

if TYPE_CHECKING:
    from tracefs.ftrace.core import Ftrace

FLAGS = OpsFlag.DIRECT | OpsFlag.SAVE_REGS | OpsFlag.PERMANENT
"""What makes an ops one of direct calls."""


class DirectCalls:
    """The direct calls of one core; ``ops`` serves those that have no ops of their own.

    Raises OSError with the kernel's errno.
    """

    def __init__(self, ftrace: Ftrace, ops: FtraceOps) -> None:
        self._ftrace = ftrace
        self._ops = ops
        ops.flags |= FLAGS

    def register(self, ip: int, addr: int) -> None:
        """Let the function at ``ip`` call ``addr`` (EBUSY: it has a direct call; ENODEV)."""
        site = self._site(ip)
        self._add([site], addr)
        try:
            self._ftrace.set_filter_ip(self._ops, site)
            if not self._ops.enabled:
                self._ftrace.register(self._ops)
        except OSError:
            self._ops.hash.put(False, self._ops.hash.filter.remove(_array([site])))
            self._remove([site])
            raise

    def unregister(self, ip: int, addr: int) -> None:
        """End it (ENODEV: there is no such call)."""
        site = self._registered(ip, addr)
        if len(self._ops.hash.filter.ips) == 1:
            self._ftrace.unregister(self._ops)
        self._ftrace.set_filter_ip(self._ops, site, remove=True)
        self._remove([site])

    def modify(self, ip: int, addr: int) -> None:
        """Let it call other code (ENODEV: it calls none)."""
        site = self._site(ip)
        self._registered(site, self._ftrace.direct.get(site, 0))
        self._ftrace.set_direct({**self._ftrace.direct, site: addr})

    def register_multi(self, ops: FtraceOps, addr: int) -> None:
        """Let all functions of an ops' filter call ``addr`` (EINVAL: it has none, or is in use)."""
        sites = ops.hash.filter.ips.tolist()
        if ops.enabled or not sites:
            raise _error(errno.EINVAL)
        ops.flags |= FLAGS
        self._add(sites, addr)
        try:
            self._ftrace.register(ops)
        except OSError:
            self._remove(sites)
            raise

    def unregister_multi(self, ops: FtraceOps) -> None:
        """End it (EINVAL: it is not registered)."""
        if not ops.enabled or OpsFlag.DIRECT not in ops.flags:
            raise _error(errno.EINVAL)
        self._ftrace.unregister(ops)
        self._remove(ops.hash.filter.ips.tolist())
        ops.hash.put(False, Hash())

    def modify_multi(self, ops: FtraceOps, addr: int) -> None:
        """Let them call other code (EINVAL: it is not registered)."""
        if not ops.enabled or OpsFlag.DIRECT not in ops.flags:
            raise _error(errno.EINVAL)
        sites = dict.fromkeys(ops.hash.filter.ips.tolist(), addr)
        self._ftrace.set_direct({**self._ftrace.direct, **sites})

    def _site(self, ip: int) -> int:
        site = self._ftrace.location(ip)
        if not site:
            raise _error(errno.ENODEV)
        return site

    def _registered(self, ip: int, addr: int) -> int:
        site = self._site(ip)
        if self._ftrace.direct.get(site) != addr or site not in self._ops.hash.filter:
            raise _error(errno.ENODEV)
        return site

    def _add(self, sites: Iterable[int], addr: int) -> None:
        self._ftrace.check_alive()
        if any(site in self._ftrace.direct for site in sites):
            raise _error(errno.EBUSY)
        self._ftrace.set_direct({**self._ftrace.direct, **dict.fromkeys(sites, addr)})

    def _remove(self, sites: Iterable[int]) -> None:
        gone = set(sites)
        kept = {ip: addr for ip, addr in self._ftrace.direct.items() if ip not in gone}
        self._ftrace.set_direct(kept)


def _array(ips: list[int]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(ips, np.uint64)


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))
