"""strace's command line."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence

from tracefs.bridge.calls import NAMES

PROBE_S = 5.0


def argv(command: Sequence[str], output: str) -> list[str]:
    """The command under strace, as a child of whoever starts it; strace is a grandchild."""
    return [
        "strace",
        "--daemonize=session",
        "--follow-forks",
        "--seccomp-bpf",
        "--quiet=attach,personality",
        "--decode-fds=path",
        "--string-limit=0",
        "--signal=!SIGCHLD",  # without it a killed process has no line
        "--trace=" + ",".join(f"?{name}" for name in NAMES),
        f"--output={output}",
        "--",
        *command,
    ]


def problem(confine: Callable[[], None]) -> str | None:
    """Why commands cannot run under strace here, in a few words; None if they can.

    ``confine`` runs in the child first, as it does for the command.
    """
    if shutil.which("strace") is None:
        return "strace is missing: apt-get install strace"
    try:
        done = subprocess.run(
            argv(["true"], "/dev/null"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROBE_S,
            preexec_fn=confine,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"strace does not work: {error}"
    words = done.stderr.strip().splitlines()
    return f"strace does not work: {words[-1]}" if done.returncode or words else None
