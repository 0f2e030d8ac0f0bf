"""Sessions with the tracers of 2008 that hook returns, as a shell and real programs type them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.mount.conftest import TIMEOUT_S, Command

RETURN = re.compile(r"[\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+ -> [\w.]+ \(\d+ ns\)( \(Overruns: \d+\))?")
CALL = re.compile(r" \d\) [ +!] (\d+\.\d+ us +| {12})\|  (  )*([\w.]+\(\)(;| \{)|\})")


def session(directory: Path, script: str) -> str:
    """What a shell prints, without errors."""
    command = ["sh", "-c", script]
    options = {"stdin": subprocess.DEVNULL, "timeout": TIMEOUT_S}
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.stderr == ""
    return str(done.stdout)


def test_return(directory: Path, real_tracefs: Command) -> None:
    real_tracefs("mount", directory, "--release", "tip-return", check=True)
    text = session(
        directory,
        """
        cat available_tracers
        echo 'vfs_*' > set_ftrace_filter
        echo return > current_tracer
        ls > /dev/null
        cat trace > /dev/null
        echo overrun > trace_options
        cat trace
        echo nop > current_tracer
        cat current_tracer
        """,
    ).splitlines()
    assert {"return", "function", "nop"} <= set(text[0].split())
    assert text[1] == "# tracer: return"
    assert text[-1] == "nop"
    lines = text[5:-1]
    assert all(map(RETURN.fullmatch, lines))
    assert any(" -> vfs_open (" in line for line in lines)


def test_function_graph(directory: Path, real_tracefs: Command) -> None:
    real_tracefs("mount", directory, "--release", "2.6.29", check=True)
    text = session(
        directory,
        """
        echo ksys_read > set_graph_function
        cat set_graph_function
        echo function_graph > current_tracer
        cat current_tracer > /dev/null
        cat trace
        """,
    ).splitlines()
    assert text[:2] == ["ksys_read", "# tracer: function_graph"]
    assert text[3] == "# CPU OVERHEAD/DURATION            FUNCTION CALLS"
    calls = [line for line in text if re.match(r" \d\) .*\|", line)]
    assert all(map(CALL.fullmatch, calls))
    assert any(re.fullmatch(r" \d\) .{14}\|  ksys_read\(\) \{", line) for line in calls)
    # Programs are met by their own names.
    assert any(re.search(r"=> +cat-\d+ +$", line) for line in text)
