"""Replays a transcript's commands on a mount and compares with what the real kernel answered.

A transcript (golden/NN-topic.txt) is what a Linux 6.1 printed: each command after "$ ", its output
and errors in order, and "[exit N]" where that is not 0. Times, process ids, addresses and CPU
numbers vary from run to run and are masked on both sides.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SHELL = "transcript"
PLACE = "/sys/kernel/tracing"
NO_NEWLINE = "[no newline at end]"

# Masks, in this order, for what two boots of the same kernel print differently.
MASKS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in [
        # TASK-PID [CPU] of a line of trace; the time and its padding
        (r"-(\d+|PID) +\[\d{3}\]", "-PID [CPU]"),
        # the shell that types the commands
        (r" +(replay|bash)-PID", " SHELL-PID"),
        (r" +\d+\.\d{6}\b", " TIME"),
        (r" +T: tracing_mark", " TIME: tracing_mark"),
        # the same in a read that ends inside it
        (r'-\d+"', '-PID"'),
        (r'" ?\d* +\[\d{3}\]', '" [CPU]'),
        (r'" *\d*\.\d{6}\b', '" TIME'),
        # latency-format: TASK-PID CPU, time relative to the first line and what it is judged by
        (r"-\d+ +\d([.\w]{5}) +\d+us.?:", r"-PID CPU\1 TIME:"),
        # raw: pid, CPU, nanoseconds
        (r"^\d+ \d+ \d{9,} ", "PID CPU TIME "),
        # ls -l: the width of the longest number of links
        (r"^([-d][-rwxt]{9}) +(\d+) ", r"\1 \2 "),
        # kernel addresses, and the text of functions, of which the compiler decides
        (r"0xffffffff[0-9a-f]{8}", "ADDRESS"),
        (r"\+0x[0-9a-f]+/0x[0-9a-f]+", "+OFFSET"),
        # what the transcripts' fsx could not name
        (r"\berrno75\b", "EOVERFLOW"),
    ]
]
# What depends on which functions the kernel has: names and counts.
FUNCTION_LINE = re.compile(r"^([A-Za-z_][\w.]*( \[\w+\])?\n)+", re.MULTILINE)
NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Step:
    """One command and its output."""

    number: int
    command: str
    output: str

    @property
    def name(self) -> str:
        """How differences.toml calls it."""
        return f"{self.number}: {self.command}"


def parse(transcript: str) -> list[Step]:
    """The steps of a transcript."""
    steps: list[Step] = []
    for part in re.split(r"^\$ ", transcript, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        steps.append(Step(len(steps) + 1, command, output))
    return steps


def mask(text: str) -> str:
    """The text without what varies."""
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return text


def shape(text: str) -> str:
    """Masked text in which also lists of functions and all numbers are the same."""
    return NUMBER.sub("N", FUNCTION_LINE.sub("FUNCTIONS\n", mask(text)))


class Replayer:
    """A bash in a tracing directory that is given one command after the other.

    It stays on CPU 0 as the one that made the transcripts, so that per-CPU buffers fill alike.
    """

    def __init__(self, tracing: Path, scratch: Path) -> None:
        self._tracing = str(tracing)
        self._out = scratch / "out"
        tools = scratch / "bin"
        tools.mkdir()
        fsx = tools / "fsx"
        script = Path(__file__).with_name("fsx.py")
        fsx.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -ISB {script} "$@"\n')
        fsx.chmod(0o755)
        path = f"{tools}:/usr/sbin:/sbin:{os.environ['PATH']}"
        # By its own name, so that the shell's messages are told from those of a shell it runs.
        self._bash = subprocess.Popen(
            [SHELL, "--norc", "--noprofile"],
            executable="/bin/bash",
            cwd=tracing,
            env={"PATH": path, "LC_ALL": "C", "HOME": str(scratch), "TERM": "dumb"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.sched_setaffinity(self._bash.pid, {0})

    def run(self, command: str) -> str:
        """Run a command and return its part of the transcript."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        out = shlex.quote(str(self._out))
        command = command.replace(PLACE, self._tracing)
        line = f"eval {shlex.quote(command)} > {out} 2>&1 < /dev/null; echo $?\n"
        self._bash.stdin.write(line.encode())
        self._bash.stdin.flush()
        status = self._bash.stdout.readline().decode().strip()
        text = self._out.read_bytes().decode("latin-1").replace(self._tracing, PLACE)
        text = re.sub(rf"^{SHELL}: (line \d+: )?", "", text, flags=re.MULTILINE)
        if text and not text.endswith("\n"):
            text += f"{NO_NEWLINE}\n"
        if status != "0":
            text += f"[exit {status}]\n"
        return text

    def __enter__(self) -> Replayer:
        return self

    def __exit__(self, *_: object) -> None:
        """End the shell."""
        with self._bash as bash:
            assert bash.stdin is not None
            bash.stdin.close()
            try:
                bash.wait(10)
            finally:
                bash.kill()


def load(path: Path) -> list[Step]:
    """The steps of a transcript file."""
    return parse(path.read_bytes().decode("latin-1"))
