"""``instances/``: further trace arrays, made by mkdir; and ``per_cpu/``."""

from __future__ import annotations

from tracefs.control.directory import Directory, Family
from tracefs.control.tables import INSTANCE, PER_CPU, TOP, CpuScope
from tracefs.trace.array import TraceArray

INSTANCES: Directory[TraceArray] = Directory()
INSTANCES.family(
    Family(
        INSTANCE,
        names=lambda top: top.arrays.names(),
        find=lambda top, name: top.arrays.find(name),
        make=lambda top, name: top.arrays.create(name),
        remove=lambda top, name: top.arrays.remove(name),
        hold=lambda tr, count: tr.use(count),
    )
)
TOP.directory(
    "instances",
    INSTANCES,
    lambda top: top,
    doc="""Further buffers with tracers and options of their own

    mkdir instances/foo makes one, rmdir removes it.
    """,
)


def _cpu(tr: TraceArray, name: str) -> CpuScope | None:
    for cpu in range(tr.backend.cpus):
        if name == f"cpu{cpu}":
            return CpuScope(tr, cpu)
    return None


CPUS: Directory[TraceArray] = Directory()
CPUS.family(Family(PER_CPU, lambda tr: [f"cpu{cpu}" for cpu in range(tr.backend.cpus)], _cpu))
INSTANCE.directory(
    "per_cpu",
    CPUS,
    lambda tr: tr,
    doc="""A directory for each CPU, with its part of the buffer

    trace, trace_pipe, trace_pipe_raw (whole pages), buffer_size_kb, and stats with the counts of
    recorded, lost and read events.
    """,
)
