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

NOP_LIMIT = 1.2
RATES = {"function": ("events", 8.0, 1), "function_graph": ("entry+exit pairs", 4.0, 2)}
"""Of each tracer: what is counted, at least how many million a second, of how many events each."""
LATENCY, LATENCY_LIMIT = "irqsoff", 2.0
"""A tracer, if there is one, that shall cost so many times what function does at most."""
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
    nop = base = float("inf")
    names = [tracer.name for tracer in top.tracers() if tracer.name in {*RATES, LATENCY}]
    traced = dict.fromkeys(names, float("inf"))
    events = dict.fromkeys(names, 0)
    for _ in range(ROUNDS):
        nop, base = min(nop, _seconds(system)), min(base, _seconds(plain))
        for name in names:
            with system.machine.lock:
                top.set_tracer(name)
            traced[name] = min(traced[name], _seconds(system))
            before = _written(system)
            _workload(system, COUNT)
            events[name] = _written(system) - before
            with system.machine.lock:
                top.set_tracer("nop")
    plain.service.close()
    system.service.close()
    yield Row("calls, nops", nop * 1e3, "ms", "no call sites", base * 1e3, NOP_LIMIT)
    for name, (what, at_least, of) in RATES.items():
        yield Row(f"calls, {name} tracer", traced[name] * 1e3, "ms", "nops", nop * 1e3)
        rate = events[name] / of / traced[name] / 1e6
        yield Row(f"{what} a second", rate, "million", at_least=at_least)
    if LATENCY in traced:
        cost = traced[LATENCY] * 1e3
        base = traced["function"] * 1e3
        yield Row(f"calls, {LATENCY} tracer", cost, "ms", "function", base, LATENCY_LIMIT)


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
