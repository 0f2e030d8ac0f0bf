"""Each bug as `tracefs bugs` says: mounted, typed, and seen; and not seen where it is not."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.mount.conftest import TIMEOUT_S, Command
from tracefs.kernel.bugs import Bug, bugs

SEEN = [bug for bug in bugs() if bug.sign]
HARMLESS = [bug for bug in SEEN if "crash" not in bug.sign]


def seen(tracefs: Command, directory: Path, bug: Bug, options: str) -> bool:
    """Mount, type, and look for the sign."""
    tracefs("mount", directory, *options.split(), check=True)
    done = subprocess.run(
        ["sh", "-c", "\n".join(bug.how)],
        cwd=directory,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT_S,
        check=False,
    )
    tracefs("umount", directory, check=True)
    return re.search(bug.sign, done.stdout) is not None


@pytest.mark.parametrize("bug", SEEN, ids=lambda bug: bug.name)
def test_the_bug_is_seen(real_tracefs: Command, directory: Path, bug: Bug) -> None:
    assert seen(real_tracefs, directory, bug, bug.mount_options)


@pytest.mark.parametrize("bug", HARMLESS, ids=lambda bug: bug.name)
def test_nothing_is_seen_without_it(real_tracefs: Command, directory: Path, bug: Bug) -> None:
    options = bug.mount_options.replace(f"--bug {bug.name}", "")
    assert not seen(real_tracefs, directory, bug, options)
