"""Users of function tracing in the guest: what its code and modules ask of the ftrace core.

The other side is kernel_image/kernel/trace/ftrace_users.c.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.arch import Save
from tracefs.ftrace import DirectCalls, FtraceOps, OpsFlag

if TYPE_CHECKING:
    from tracefs.ftrace import Ftrace
    from tracefs.kernel.guest import Guest
    from tracefs.kernel.guest_ftrace import GuestFtrace
    from tracefs.machine import Cpu

HC_FTRACE_OPS = 15
ITS_OWN = OpsFlag.SAVE_REGS | OpsFlag.RECURSION | OpsFlag.RCU | OpsFlag.IPMODIFY | OpsFlag.PERMANENT
"""What an ops says of itself; the other flags are the core's."""


class FtraceUsers:
    """Gives each struct ftrace_ops of the guest's own its FtraceOps, at its first request."""

    def __init__(self, guest: Guest, ftrace: Ftrace, guest_ftrace: GuestFtrace) -> None:
        self._memory = guest.memory
        self._kallsyms = guest.kallsyms
        self._ftrace = ftrace
        self._guest_ftrace = guest_ftrace
        self._func = guest.abi.offset("ftrace_ops", "func")
        self._flags = guest.abi.offset("ftrace_ops", "flags")
        self._ops: dict[int, FtraceOps] = {}
        self._direct: DirectCalls | None = None
        guest.machine.hypercalls[HC_FTRACE_OPS] = self._asked
        self._requests: dict[int, Callable[[FtraceOps, int, int], None]] = {
            1: lambda ops, ip, _: ftrace.set_filter_ip(ops, ip),
            2: lambda ops, ip, _: ftrace.set_filter_ip(ops, ip, remove=True),
            3: lambda ops, ip, _: ftrace.set_filter_ip(ops, ip, reset=True),
            4: lambda ops, a, b: ftrace.register(ops),
            5: lambda ops, a, b: self._unregister(ops),
            6: lambda ops, ip, addr: self._calls().register(ip, addr),
            7: lambda ops, ip, addr: self._calls().unregister(ip, addr),
            8: lambda ops, ip, addr: self._calls().modify(ip, addr),
            9: lambda ops, addr, _: self._calls().register_multi(ops, addr),
            10: lambda ops, a, b: self._unregister_multi(ops),
            11: lambda ops, addr, _: self._calls().modify_multi(ops, addr),
        }

    def _asked(self, cpu: Cpu) -> int:
        request = self._requests.get(cpu.arg(0))
        if request is None:
            return -errno.EINVAL
        try:
            request(self._get(cpu.arg(1)), cpu.arg(2), cpu.arg(3))
        except OSError as error:
            return -(error.errno or errno.EINVAL)
        return 0

    def _get(self, address: int) -> FtraceOps:
        ops = self._ops.get(address)
        if ops is None:
            flags = OpsFlag(self._memory.word(address + self._flags)) & ITS_OWN
            name = self._kallsyms.format(address)
            ops = FtraceOps(name, 0, address, flags, save=Save.ARGS)
            self._ops[address] = ops
        if not ops.enabled:
            ops.func = self._memory.word(address + self._func)
        return ops

    def _calls(self) -> DirectCalls:
        if self._direct is None:
            address = self._kallsyms.addr("direct_ops")
            assert address is not None
            self._direct = DirectCalls(self._ftrace, self._get(address))
        return self._direct

    def _unregister(self, ops: FtraceOps) -> None:
        self._ftrace.unregister(ops)
        self._forget(ops)

    def _unregister_multi(self, ops: FtraceOps) -> None:
        self._calls().unregister_multi(ops)
        self._forget(ops)

    def _forget(self, ops: FtraceOps) -> None:
        # Its memory may be freed with its module.
        self._guest_ftrace.forget(ops)
        self._ops.pop(ops.address, None)
