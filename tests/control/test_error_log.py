"""error_log, and the number that latency tracers keep."""

from __future__ import annotations

import os

import pytest

from tests.control.client import Client
from tracefs.trace.array import TraceArray

# As 6.1 printed it.
GOLDEN = """\
[    6.429296] event filter parse error: error: Invalid value (did you forget quotes)?
  Command: prev_comm == bash
                         ^
"""


def fail(tr: TraceArray, command: str = "prev_comm == bash") -> None:
    """Log what a bad event filter logs."""
    text = "Invalid value (did you forget quotes)?"
    tr.errors.log("event filter parse error", text, command, 14)


def test_text(here: Client, tr: TraceArray) -> None:
    assert here.cat("error_log") == ""
    tr.backend.time = 6_429_296_789  # type: ignore[attr-defined]
    fail(tr)
    assert here.cat("error_log") == GOLDEN


def test_eight_are_kept(here: Client, tr: TraceArray) -> None:
    for number in range(10):
        fail(tr, f"command {number}")
    lines = here.cat("error_log").splitlines()
    assert [line[-1] for line in lines if "Command" in line] == list("23456789")


def test_only_truncating_clears(here: Client, tr: TraceArray) -> None:
    fail(tr)
    file = here.open("error_log", os.O_WRONLY | os.O_APPEND)
    assert file.write(b"anything") == 8
    file.close()
    assert here.cat("error_log").count("\n") == 3
    here.open("error_log", os.O_WRONLY | os.O_TRUNC).close()
    assert here.cat("error_log") == ""


def test_tracing_max_latency(here: Client, tr: TraceArray) -> None:
    assert here.cat("tracing_max_latency") == "0\n"
    here.echo("12", "tracing_max_latency")
    assert tr.max_latency == 12_000
    tr.max_latency = 12_500
    assert here.cat("tracing_max_latency") == "13\n"


@pytest.mark.parametrize("text", ["x", "-1", "", "0x1"])
def test_tracing_max_latency_takes_numbers(here: Client, text: str) -> None:
    assert here.fails(text, "tracing_max_latency") == "EINVAL"
