"""S11: the tracer's own objects are built without call sites, as a whole."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.seeds.conftest import Era

Boot = Callable[..., Era]


def traced_parts(era: Era) -> set[str]:
    """Functions of the architecture's ftrace objects that can be traced."""
    objects = (era.system.directory / "obj" / "arch" / "x86" / "kernel").glob("ftrace*.o")
    return set(era.cat("available_filter_functions").split()) & functions(list(objects))


def functions(objects: list[Path]) -> set[str]:
    """Names of the functions that are defined in object files."""
    assert objects
    listing = subprocess.run(
        ["nm", "--defined-only", *map(str, objects)], capture_output=True, text=True, check=True
    )
    lines = (line.split() for line in listing.stdout.splitlines())
    return {fields[2] for fields in lines if len(fields) == 3 and fields[1] in "tT"}


def recursion(era: Era) -> str:
    """What the log says when a few functions have been traced."""
    era.echo("function", "current_tracer")
    era.cat("current_tracer")
    era.echo("nop", "current_tracer")
    return "".join(line for line in era.dmesg().splitlines() if "recursion" in line)


def test_no_part_of_the_tracer_is_traced(era: Boot) -> None:
    old = era()
    assert not traced_parts(old)
    assert not recursion(old)


def test_mutant_an_object_with_call_sites(era: Boot) -> None:
    old = era(bugs=["traced-ftrace"])
    assert traced_parts(old) == {"ftrace_traced_helper"}
    assert "recursion detected: the tracer is called from ftrace_traced_helper+0x3/" in recursion(
        old
    )
    assert old.memory.u32(old.symbol("ftrace_recursions")) > 10


def test_the_counter_keeps_the_tracer_from_itself(era: Boot) -> None:
    old = era("2.6.27", bugs=["traced-ftrace"])
    old.workload("vfs", 1)
    old.echo("ftrace", "current_tracer")
    old.workload("vfs", 1)
    assert "vfs_read <-" in old.cat("trace")  # the counter has kept it from itself
