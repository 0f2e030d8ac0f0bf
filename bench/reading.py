"""How fast the buffer comes out as text: ``trace`` and ``trace_pipe`` through the mount."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from bench.harness import Options, Row, mounted

TRACE_LINES_PER_S = 1e6
PIPE_LINES_PER_S = 3e5
PIECE = 131072
"""As coreutils' cat reads."""
CALLS = 20_000
"""More than a CPU's buffer of the default size holds."""
ROUNDS = 5


def measure(options: Options) -> Iterator[Row]:
    """Lines a second of full buffers; turning tracing off lets trace_pipe end."""
    if options.fake:
        return
    with mounted(options) as mount:
        (mount / "current_tracer").write_text("function")
        _fill(mount)
        rate = max(_lines_per_second(mount / "trace") for _ in range(ROUNDS))
        yield Row("cat trace", rate / 1e6, "million lines/s", at_least=TRACE_LINES_PER_S / 1e6)
        rate = 0.0
        for _ in range(ROUNDS):
            rate = max(rate, _lines_per_second(mount / "trace_pipe"))
            _fill(mount)
        yield Row("cat trace_pipe", rate / 1e6, "million lines/s", at_least=PIPE_LINES_PER_S / 1e6)


def _fill(mount: Path) -> None:
    """Fill the buffers of both emulated CPUs, which are the host's as far as that has them."""
    before = os.sched_getaffinity(0)
    (mount / "tracing_on").write_text("1")
    try:
        for cpu in sorted(before)[:2]:
            os.sched_setaffinity(0, {cpu})
            (mount / ".machine" / "workload").write_text(f"calls {CALLS}")
    finally:
        os.sched_setaffinity(0, before)
        (mount / "tracing_on").write_text("0")


def _lines_per_second(path: Path) -> float:
    lines = 0
    start = time.perf_counter()
    fd = os.open(path, os.O_RDONLY)
    try:
        while piece := os.read(fd, PIECE):
            lines += piece.count(b"\n")
    finally:
        os.close(fd)
    return lines / (time.perf_counter() - start)
