"""What the bridge costs a command: a shell that forks, bare and under ``tracefs run``."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.harness import REPOSITORY, Options, Row, side_by_side

LIMIT = 4
FORKS = 300
LOOP = f"i=0; while [ $i -lt {FORKS} ]; do /bin/true; i=$((i + 1)); done"
READ = "find /usr/share/doc -maxdepth 1 | wc -l; cat /usr/include/*.h | wc -c"
START_S = 10.0


def measure(options: Options) -> Iterator[Row]:
    """A forking loop in two shells, with tracing off and on, and a pipeline that reads files."""
    if shutil.which("strace") is None:
        return
    with ExitStack() as stack:
        bare = stack.enter_context(_shell([]))
        under = stack.enter_context(_shell([*options.tracefs(), "run", "--"]))
        for shell in ("bash", "dash"):
            tasks = _tasks(bare, under, f"{shell} -c {shlex.quote(LOOP)}")
            best = side_by_side(tasks, rounds=5)
            yield _row(f"forking loop, {shell}", best, LIMIT)
        best = side_by_side(_tasks(bare, under, READ), rounds=3)
        yield _row("find and cat, 2 pipelines", best, None)
        if not options.fake:
            under("echo function > /sys/kernel/tracing/current_tracer")
            tasks = _tasks(bare, under, f"bash -c {shlex.quote(LOOP)}")
            yield _row("forking loop, all functions traced", side_by_side(tasks, rounds=3), None)


def _tasks(
    bare: Callable[[str], None], under: Callable[[str], None], script: str
) -> dict[str, Callable[[], object]]:
    return {"bare": lambda: bare(script), "bridge": lambda: under(script)}


def _row(name: str, best: dict[str, float], limit: float | None) -> Row:
    return Row(name, best["bridge"], "s", "bare", best["bare"], limit=limit)


@contextmanager
def _shell(prefix: list[str]) -> Iterator[Callable[[str], None]]:
    """A shell that runs scripts one after the other, each to its end."""
    with tempfile.TemporaryDirectory(prefix="tracefs-bench-") as directory:
        done = Path(directory, "done")
        os.mkfifo(done)
        shell = subprocess.Popen([*prefix, "sh"], cwd=REPOSITORY, stdin=subprocess.PIPE, text=True)
        assert shell.stdin is not None
        stdin = shell.stdin

        def run(script: str) -> None:
            print(f"({script}) > /dev/null 2>&1; echo > {done}", file=stdin, flush=True)
            done.read_bytes()

        run("true")
        try:
            yield run
        finally:
            stdin.close()
            shell.wait(START_S)
