"""What tracing costs the guest: a call-heavy workload without sites, with nops, and traced.

The figures are processor time (of the process: its threads take turns with a long call), with all
code translated.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.harness import REPOSITORY, Options, Row

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

NOP_LIMIT = 1.2
RATES = {"function": ("events", 8.0, 1), "function_graph": ("entry+exit pairs", 4.0, 2)}
"""Of each tracer: what is counted, at least how many million a second, of how many events each."""
LATENCY_LIMIT = 2.0
"""What irqsoff may cost beside function where locks are taken: while children are made."""
COUNT, FORKS = 4_000, 50
"""A few milliseconds, many times: on a shared processor only short runs are ever undisturbed."""
WARM_UP = 500
ROUNDS = 8
RUNS = 8
PLAIN = REPOSITORY / "kernel_image" / "build" / "x86_64-plain"


def measure(options: Options) -> Iterator[Row]:
    """Nop overhead beside an image without call sites, events a second, irqsoff's cost."""
    if options.fake:
        return
    from tracefs.kernel.boot import System

    system, plain = System(cpus=1), System(cpus=1, directory=PLAIN)
    nop = base = float("inf")
    traced = dict.fromkeys(RATES, float("inf"))
    forks = {"function": float("inf"), "irqsoff": float("inf")}
    events = dict.fromkeys(RATES, 0)
    for _ in range(ROUNDS):
        nop, base = min(nop, _seconds(system)), min(base, _seconds(plain))
        for name in RATES:
            with _tracer(system, name):
                traced[name] = min(traced[name], _seconds(system))
                before = _written(system)
                _workload(system, COUNT)
                events[name] = _written(system) - before
        for name in forks:
            with _tracer(system, name):
                forks[name] = min(forks[name], *(_workload(system, FORKS, "fork") for _ in "12"))
    plain.service.close()
    system.service.close()
    yield Row("calls, nops", nop * 1e3, "ms", "no call sites", base * 1e3, NOP_LIMIT)
    for name, (what, at_least, of) in RATES.items():
        yield Row(f"calls, {name} tracer", traced[name] * 1e3, "ms", "nops", nop * 1e3)
        rate = events[name] / of / traced[name] / 1e6
        yield Row(f"{what} a second", rate, "million", at_least=at_least)
    cost, base = forks["irqsoff"] * 1e3, forks["function"] * 1e3
    yield Row("forks, irqsoff tracer", cost, "ms", "function", base, LATENCY_LIMIT)


@contextmanager
def _tracer(system: System, name: str) -> Iterator[None]:
    with system.machine.lock:
        system.kernel.traces.top.set_tracer(name)
    yield
    with system.machine.lock:
        system.kernel.traces.top.set_tracer("nop")


def _written(system: System) -> int:
    buffer = system.kernel.traces.top.buffer
    return buffer.entries() + buffer.overruns()


def _seconds(system: System) -> float:
    _workload(system, WARM_UP)
    return min(_workload(system, COUNT) for _ in range(RUNS))


def _workload(system: System, count: int, name: str = "calls") -> float:
    with system.machine.lock:
        start = time.process_time()
        system.kernel.machine.workload(system.init, name, count, 0)
        return time.process_time() - start
