"""/proc/sys/kernel of the emulated kernel: what tracing tools and scripts set there."""

from __future__ import annotations

import errno

from tracefs.control.directory import Directory
from tracefs.control.handle import error
from tracefs.control.parse import parse_long, strip
from tracefs.control.scope import MachineScope

SYS_KERNEL: Directory[MachineScope] = Directory()

KPTR_RESTRICT = "kptr_restrict"
HIDE_ALWAYS = 2
"""The value of kptr_restrict that hides addresses from root too."""
INT_MIN, INT_MAX = -(1 << 31), (1 << 31) - 1


def _int(text: str, least: int = INT_MIN, most: int = INT_MAX) -> int:
    value = parse_long(strip(text))
    if not least <= value <= most:
        raise error(errno.EINVAL)
    return value


def _sysctl(name: str, least: int = INT_MIN, most: int = INT_MAX, since: str | None = None) -> None:
    """Declare a number from ``least`` to ``most`` (EINVAL beyond them)."""

    def read(machine: MachineScope) -> str:
        return f"{machine.sysctl[name]}\n"

    def write(machine: MachineScope, text: str) -> None:
        machine.sysctl[name] = _int(text, least, most)

    SYS_KERNEL.file(name, since=since, mode=0o644)(read).write(write)


@SYS_KERNEL.file("ftrace_enabled", mode=0o644)
def _ftrace_enabled(machine: MachineScope) -> str:
    return f"{machine.ftrace_enabled:d}\n"


@_ftrace_enabled.write
def _(machine: MachineScope, text: str) -> None:
    machine.ftrace_enabled = bool(parse_long(strip(text)))


# The kernels of 2008 are built without the stack tracer.
@SYS_KERNEL.file("stack_tracer_enabled", since="2.6.30", mode=0o644)
def _stack_tracer_enabled(machine: MachineScope) -> str:
    return f"{machine.stack_tracer_enabled}\n"


@_stack_tracer_enabled.write
def _(machine: MachineScope, text: str) -> None:
    machine.stack_tracer_enabled = _int(text)


@SYS_KERNEL.file("tracepoint_printk", since="4.10", mode=0o644)
def _tracepoint_printk(machine: MachineScope) -> str:
    return f"{machine.tracepoint_printk}\n"


@_tracepoint_printk.write
def _(machine: MachineScope, text: str) -> None:
    machine.tracepoint_printk = _int(text)


_sysctl(KPTR_RESTRICT, 0, HIDE_ALWAYS, since="2.6.38")
# No real-time task is throttled here: scripts that switch that off find it off.
_sysctl("sched_rt_runtime_us", -1)
# 1: the buffers of all CPUs go into the log when the kernel dies; 2: those of the CPU that died.
_sysctl("ftrace_dump_on_oops", 0, 2, since="2.6.29")
