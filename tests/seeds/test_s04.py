"""S4: times are per CPU and never decrease, and whatever is optional comes alone.

The change added the header of the clock that the return tracer used: without it, it did not build
unless another part happened to be built in.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.seeds.conftest import Era
from tests.seeds.variants import BuildError, variant
from tracefs.ring import Event, Iterator
from tracefs.trace.function_return import FIELDS

Boot = Callable[..., Era]
ROOT = Path(__file__).parents[2]
CLOCK = "kernel/sched/clock.c"
HOOKING = "arch/x86/kernel/ftrace_return_32.c"
# Each in a process of its own, that begins with nothing of the package.
IMPORT_ALL = """
import os, pathlib, sys
import numpy, ctypes, unicorn, struct, enum, typing, dataclasses
bad = []
for file in sorted({f for a in sys.argv[1:] for f in pathlib.Path("tracefs").glob(a)}):
    name = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
    pid = os.fork()
    if not pid:
        try:
            __import__(name)
        except BaseException as error:
            print(name, repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        bad.append(name)
print(len(bad), "bad")
"""


def imports(directory: Path, *files: str) -> list[str]:
    """What cannot be imported first of all, and why."""
    command = [sys.executable, "-c", IMPORT_ALL, *files]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


OPTIONAL = ("trace/function*.py", "trace/nop.py", "trace/*graph*.py", "arch/*.py")
"""Of which a kernel may have one and not another."""
OLD = ("trace/debugfs*.py", "control/debugfs/*.py", "ftrace/ftraced.py", "ftrace/flagged.py")


@pytest.mark.parametrize("files", [OPTIONAL, OLD])
def test_every_module_imports_alone(files: tuple[str, ...]) -> None:
    assert imports(ROOT, *files) == ["0 bad"]


def test_mutant_missing_import(tmp_path: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__", "images")
    shutil.copytree(ROOT / "tracefs", tmp_path / "tracefs", ignore=ignore)
    module = tmp_path / "tracefs/trace/function_return.py"
    text = module.read_text()
    assert "from tracefs.release import Feature\n" in text
    module.write_text(text.replace("from tracefs.release import Feature\n", ""))
    assert any(
        "tracefs.trace.function_return" in line for line in imports(tmp_path, "trace/function*.py")
    )


def test_mutant_missing_header() -> None:
    """The build says so, and does not take the function for one that returns an int."""
    included = "#include <linux/sched.h>\n"
    with pytest.raises(BuildError, match="cpu_clock"):
        variant(HOOKING, (included, "#define _LINUX_SCHED_H\n"))


def check_times(old: Era) -> None:
    """Record calls on all CPUs, and look at every time stamp."""
    old.echo("return", "current_tracer")
    for _ in range(3):
        old.workload("fork", 2)
        old.workload("pipe", 5)
    old.echo(0, "tracing_enabled")
    last = dict.fromkeys(range(2), 0)
    for event in Iterator(old.system.kernel.traces.top.buffer):
        assert isinstance(event, Event)
        _, _, called, returned, _ = FIELDS.unpack_from(event.data, 8)
        assert called <= returned
        assert last[event.cpu] <= event.ts
        last[event.cpu] = event.ts
    assert all(last.values())


@pytest.mark.parametrize("seed", [1, 2, None])
def test_time_never_decreases(era: Boot, seed: int | None) -> None:
    check_times(era("tip-return", seed=seed))


def test_mutant_a_clock_that_runs_backwards(era: Boot) -> None:
    backwards = (
        "u64 cpu_clock(int cpu) { return sched_clock(); }",
        "u64 cpu_clock(int cpu) { return -sched_clock(); }",
    )
    old = era("tip-return", seed=1, directory=variant(CLOCK, backwards))
    with pytest.raises(AssertionError):
        check_times(old)
