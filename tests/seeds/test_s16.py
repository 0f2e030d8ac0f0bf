"""S16: the write does not hang on a warning, which a configuration may leave out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.seeds.conftest import Era

Boot = Callable[..., Era]
SCRIPT = """
import sys
from tests.seeds.conftest import Era
from tests.seeds.test_s16 import written
old = Era("2.6.28")
print(written(old))
old.system.service.close()
"""


def written(era: Era) -> bool:
    """Whether tracing a function changes its site, and it is traced."""
    era.trace_only("vfs_read")
    era.cat("current_tracer")
    called = era.code(era.site("vfs_read"))[0] == 0xE8
    return called and "vfs_read <-" in era.cat("trace")


@pytest.mark.parametrize("options", [[], ["-O", "-Wignore"]], ids=["plain", "optimised"])
def test_sites_are_written_without_warnings_and_assertions(
    repository: Path, options: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, *options, "-c", SCRIPT],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "True"


def test_mutant_the_write_is_in_the_warning(era: Boot) -> None:
    old = era()
    old.echo("warn-on-once", ".machine/bugs")
    assert not written(old)
    assert not old.ftrace.dead  # nobody has noticed
