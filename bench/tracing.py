"""What tracing costs the guest: a call-heavy workload without sites, with nops, and traced."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.harness import REPOSITORY, Options, Row

EVENTS_PER_S = 8e6
NOP_LIMIT = 1.2
COUNT = 20_000
ROUNDS = 5
PLAIN = REPOSITORY / "kernel_image" / "build" / "x86_64-plain"


def measure(options: Options) -> Iterator[Row]:
    """Nop overhead beside an image without call sites, and events a second."""
    if options.fake:
        return
    from tracefs.kernel.boot import System

    system = System(cpus=1)
    plain = System(cpus=1, directory=PLAIN) if (PLAIN / "vmlinux").is_file() else None
    best = {"nop": float("inf"), "plain": float("inf"), "traced": float("inf")}
    events = 0
    for _ in range(ROUNDS):
        best["nop"] = min(best["nop"], _seconds(system))
        if plain is not None:
            best["plain"] = min(best["plain"], _seconds(plain))
        top = system.kernel.traces.top
        with system.machine.lock:
            top.set_tracer("function")
            before = _written(system)
        best["traced"] = min(best["traced"], _seconds(system))
        with system.machine.lock:
            events = _written(system) - before
            top.set_tracer("nop")
    if plain is not None:
        base = best["plain"] * 1e3
        yield Row("calls, nops", best["nop"] * 1e3, "ms", "no call sites", base, NOP_LIMIT)
        plain.service.close()
    yield Row("calls, function tracer", best["traced"] * 1e3, "ms", "nops", best["nop"] * 1e3)
    rate = events / best["traced"] / 1e6
    yield Row("events a second", rate, "million", at_least=EVENTS_PER_S / 1e6)
    system.service.close()


def _written(system: object) -> int:
    from tracefs.kernel.boot import System

    assert isinstance(system, System)
    buffer = system.kernel.traces.top.buffer
    return buffer.entries() + buffer.overruns()


def _seconds(system: object) -> float:
    from tracefs.kernel.boot import System

    assert isinstance(system, System)
    with system.machine.lock:
        start = time.perf_counter()
        system.kernel.machine.workload(system.init, "calls", COUNT, 0)
        return time.perf_counter() - start
