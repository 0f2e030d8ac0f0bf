"""What tracing costs the guest: a call-heavy workload without sites, with nops, and traced.

The figures are processor time (of the process: its threads take turns with a long call), with all
code translated.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.harness import REPOSITORY, Options, Row

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

EVENTS_PER_S = 8e6
NOP_LIMIT = 1.2
COUNT = 4_000
"""A few milliseconds, many times: on a shared processor only short runs are ever undisturbed."""
WARM_UP = 500
ROUNDS = 8
RUNS = 8
PLAIN = REPOSITORY / "kernel_image" / "build" / "x86_64-plain"


def measure(options: Options) -> Iterator[Row]:
    """Nop overhead beside an image without call sites, and events a second."""
    if options.fake:
        return
    from tracefs.kernel.boot import System

    system, plain = System(cpus=1), System(cpus=1, directory=PLAIN)
    top = system.kernel.traces.top
    nop = base = traced = float("inf")
    events = 0
    for _ in range(ROUNDS):
        nop, base = min(nop, _seconds(system)), min(base, _seconds(plain))
        with system.machine.lock:
            top.set_tracer("function")
        traced = min(traced, _seconds(system))
        before = _written(system)
        _workload(system, COUNT)
        events = _written(system) - before
        with system.machine.lock:
            top.set_tracer("nop")
    plain.service.close()
    system.service.close()
    yield Row("calls, nops", nop * 1e3, "ms", "no call sites", base * 1e3, NOP_LIMIT)
    yield Row("calls, function tracer", traced * 1e3, "ms", "nops", nop * 1e3)
    rate = events / traced / 1e6
    yield Row("events a second", rate, "million", at_least=EVENTS_PER_S / 1e6)


def _written(system: System) -> int:
    buffer = system.kernel.traces.top.buffer
    return buffer.entries() + buffer.overruns()


def _seconds(system: System) -> float:
    _workload(system, WARM_UP)
    return min(_workload(system, COUNT) for _ in range(RUNS))


def _workload(system: System, count: int) -> float:
    with system.machine.lock:
        start = time.process_time()
        system.kernel.machine.workload(system.init, "calls", count, 0)
        return time.process_time() - start
