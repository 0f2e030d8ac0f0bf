"""Patching all call sites of a large kernel: a module with 40,000 functions, nop -> call -> nop."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.harness import Options, Row
from tracefs.fuse import Caller, Service

SITES = 40_000
LIMIT_MS = 50
NMI_SAFE_LIMIT = 20
FILTER_LIMIT_MS = 30
LINES_PER_S = 2e6
FUNCTIONS = "available_filter_functions"

# Every tenth name has "lock" in it, as many of the real kernel's have.
_SOURCE = f"""
.text
.altmacro
.macro function name
\\name: call __fentry__
ret
.size \\name, . - \\name
.type \\name, @function
.pushsection __mcount_loc, "a"
.quad \\name
.popsection
.endm
.macro numbered n
.if \\n % 10
function bench_function_\\n
.else
function bench_lock_\\n
.endif
.endm
.set number, 0
.rept {SITES}
numbered %number
.set number, number + 1
.endr
.section .modinfo, "a"
.asciz "name=many"
"""


def build(directory: Path) -> Path:
    """A module with that many functions."""
    source, target = directory / "many.S", directory / "many.ko"
    source.write_text(_SOURCE)
    subprocess.run(["gcc", "-c", source, "-o", target], check=True)
    return target


def measure(options: Options) -> Iterator[Row]:
    """Both ways, translation flush included; the filter; the list of functions."""
    if options.fake:
        return
    from tracefs.kernel.boot import System

    system = System()
    with tempfile.TemporaryDirectory() as name, system.machine.lock:
        module = system.loader.load(build(Path(name)))
        system.kallsyms.add_module(module)
        system.ftrace.module_load(module)
        system.ftrace.module_enable(module)
        top = system.kernel.traces.top
        ftrace, ops = system.ftrace, top.guest.ops

        def ms(work: object) -> float:
            assert callable(work)
            best = float("inf")
            for _ in range(5):
                start = time.perf_counter()
                work()
                best = min(best, time.perf_counter() - start)
                undo()
            return best * 1e3

        def undo() -> None:
            if ops.enabled:
                ftrace.unregister(ops)

        on = ms(lambda: ftrace.register(ops))
        ftrace.register(ops)
        start = time.perf_counter()
        ftrace.unregister(ops)
        off = (time.perf_counter() - start) * 1e3
        yield Row(f"{len(ftrace.records):,} sites, nop -> call", on, "ms", limit=LIMIT_MS)
        yield Row("and call -> nop", off, "ms", limit=LIMIT_MS)

        def filter_() -> None:
            ftrace.set_filter(ops, b"*lock*", reset=True)

        yield Row("*lock* into set_ftrace_filter", ms(filter_), "ms", limit=FILTER_LIMIT_MS)
        rate = max(_lines_per_second(system.service) for _ in range(5)) / 1e6
        name = f"{FUNCTIONS}, without FUSE"
        yield Row(name, rate, "million lines/s", at_least=LINES_PER_S / 1e6)
    system.service.close()
    plain, safe = _there_and_back("2.6.28"), _there_and_back("2.6.29")
    yield Row(
        "all sites of 2.6.29, NMI-safe, there and back",
        safe,
        "ms",
        "2.6.28: plain stop_machine",
        plain,
        limit=NMI_SAFE_LIMIT,
    )


def _lines_per_second(service: Service) -> float:
    caller = Caller(os.getppid(), 0, 0)
    start = time.perf_counter()
    handle = service.open(f"/{FUNCTIONS}", os.O_RDONLY, caller)
    lines = at = 0
    while piece := service.read(handle, 131072, at, caller, lambda: False, False):
        at += len(piece)
        lines += piece.count(b"\n")
    took = time.perf_counter() - start
    service.release(handle)
    return lines / took


def _there_and_back(release: str) -> float:
    """Milliseconds to trace every function of a release of 2008, and none again; the best of 8."""
    from tracefs.kernel.boot import System

    system = System(release)
    ftrace, ops = system.ftrace, system.kernel.traces.top.guest.ops
    best = float("inf")
    with system.machine.lock:
        for _ in range(8):
            start = time.perf_counter()
            ftrace.register(ops)
            ftrace.unregister(ops)
            best = min(best, time.perf_counter() - start)
    system.service.close()
    return best * 1e3
