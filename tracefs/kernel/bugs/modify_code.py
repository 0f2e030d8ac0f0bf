"""How a site was replaced before: S13, S16, S18, S20, S24.

The guest runs the code of the day (kernel_image/arch/x86/kernel/ftrace_history_32.c), site by site.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefs.arch import PatchError
from tracefs.arch.x86 import X86
from tracefs.ftrace.ftraced import RecordedFtrace
from tracefs.kernel.bugs.table import bug

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

_ERRORS = {1: errno.EFAULT, 2: errno.EINVAL}
"""What the code of the day returned: it faulted, or other bytes stood there."""
_NEW = 8


def _rewritten_by(system: System, function: str) -> Iterator[None]:
    """Let a function of the guest replace sites."""
    arch, memory = system.arch, system.memory
    assert isinstance(arch, X86)
    if arch.rewrite is not None:
        raise OSError(errno.EBUSY, "sites are rewritten by another bug")
    entry, codes = system.symbol(function), memory.alloc_pages(1)

    def rewrite(ip: int, old: bytes, new: bytes) -> None:
        memory.write(codes, old)
        memory.write(codes + _NEW, new)
        with system.trouble.faults_at.real(ip):
            cpu = system.machine.current or system.syscalls.current_cpu
            result = cpu.call(entry, ip, codes, codes + _NEW)
        arch.flush([(ip, len(new))])
        if result:
            raise PatchError(_ERRORS.get(result, errno.EINVAL), ip, old)

    arch.rewrite = rewrite
    yield
    arch.rewrite = None
    memory.free_pages(codes, 1)


@bug(
    "plain-access",
    seed="S13",
    symptom="text is read and written without regard to faults: where one comes, the kernel oopses",
    how=(
        "echo 'vfs_read efault' > .machine/faults",
        "echo function > current_tracer || grep -A3 BUG .machine/dmesg",
    ),
    sign=r"unable to handle page fault",
)
def plain_access(system: System) -> Iterator[None]:
    """Ordinary loads and stores."""
    yield from _rewritten_by(system, "ftrace_modify_code_plain")


@bug(
    "warn-on-once",
    seed="S16",
    symptom="the write stands inside WARN_ON_ONCE, which is compiled away: success, and no change",
    how=("head -3 .machine/records", "echo function > current_tracer || tail -2 .machine/dmesg"),
    sign=r"00000000 .*(\n.*)+ actual: e8:",
)
def warn_on_once(system: System) -> Iterator[None]:
    """The configuration that makes nothing of the macro."""
    yield from _rewritten_by(system, "ftrace_modify_code_warn")


@bug(
    "might-sleep",
    seed="S18",
    symptom="sites are copied by functions that may sleep, with interrupts off: dmesg complains",
    how=(
        "echo dummy > .machine/insmod",
        "grep -A20 sleeping .machine/dmesg",
    ),
    sign=r"irqs_disabled..:1(.*\n)+.* load_module",
)
def might_sleep(system: System) -> Iterator[None]:
    """copy_from_user and copy_to_user."""
    yield from _rewritten_by(system, "ftrace_modify_code_user")


@bug(
    "cmpxchg",
    seed="S20",
    until="2.6.29",
    symptom="the fifth byte is never compared, and a write cycle happens even where others differ",
    how=(
        "echo 'vfs_read einval' > .machine/faults",
        "echo function > current_tracer",
        "head -9 .machine/text/vfs_read",
    ),
    sign=r"e8 .* call",
)
def cmpxchg(system: System) -> Iterator[None]:
    """A locked cmpxchg of four bytes, then the fifth."""
    yield from _rewritten_by(system, "ftrace_modify_code_cmpxchg")


@bug(
    "stale-records",
    seed="S20",
    until="2.6.28",
    symptom="sites of a module that is gone are patched: with cmpxchg, whatever is there by then",
    how=(
        "echo dummy > .machine/insmod; echo disable > ftraced_enabled; echo dummy > .machine/rmmod",
        "echo e1000e 16 > .machine/ioremap",
        "echo ftrace > current_tracer; cat .machine/ioremap",
    ),
    sign=r"[1-9]\d* write cycles, .* by ftrace_modify_code_cmpxchg",
    options="--bug cmpxchg",
)
def stale_records(system: System) -> Iterator[None]:
    """Nobody tells the tracer that code is freed."""
    assert isinstance(system.ftrace, RecordedFtrace)
    system.ftrace.releases = False
    yield
    system.ftrace.releases = True


@bug(
    "fixup-label",
    seed="S24",
    until="2.6.28",
    symptom="a patch that faults reports success: no record is FAILED, and nothing is changed",
    how=(
        "echo 'vfs_write eperm' > .machine/faults",
        "echo vfs 3 > .machine/workload; echo disable > ftraced_enabled",
        "cat failures; head -9 .machine/text/vfs_write",
    ),
    sign=r"\A[0-9a-f]+: (.*\n)+.* call",
)
def fixup_label(system: System) -> Iterator[None]:
    """The label of the fixup stands behind the instruction that sets the result."""
    yield from _rewritten_by(system, "ftrace_modify_code_label")
