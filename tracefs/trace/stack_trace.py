"""The stack tracer: the deepest stack that there was (kernel/trace/trace_stack.c)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.trace.backend import Backend

_DISABLED = """\
#
#  Stack tracer disabled
#
# To enable the stack tracer, either add 'stacktrace' to the
# kernel command line
# or 'echo 1 > /proc/sys/kernel/stack_tracer_enabled'
#
"""


def set_enabled(backend: Backend, on: bool) -> None:
    """Begin to look at each call how deep the stack is, or stop (ENODEV: ftrace is off)."""
    ops = backend.stack_tracer.ops
    if on and not ops.enabled:
        backend.ftrace.register(ops)
    elif not on and ops.enabled:
        with contextlib.suppress(OSError):
            backend.ftrace.unregister(ops)


def lines(backend: Backend) -> Iterator[str]:
    """``stack_trace``: depth and size of each function's part, innermost first."""
    tracer = backend.stack_tracer
    entries = tracer.entries()
    yield (
        f"        Depth    Size   Location    ({len(entries)} entries)\n"
        "        -----    ----   --------\n"
    )
    if not tracer.ops.enabled and not tracer.max_size:
        yield _DISABLED
    outer = [depth for _, depth in entries[1:]] + [0]
    for number, ((address, depth), below) in enumerate(zip(entries, outer, strict=False)):
        where = backend.kallsyms.format(address)
        yield f"{number:3d}) {depth:8d}   {depth - below:5d}   {where}\n"
