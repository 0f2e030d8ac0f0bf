"""Replays a transcript's commands under ``tracefs run``, compares with the real kernel's answers.

A transcript (golden/NN-topic.txt) is what a Linux 6.1 printed: each command after "$ ", its output
and errors in order, and "[exit N]" where that is not 0. Times, process ids, addresses and CPU
numbers vary from run to run and are masked on both sides.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SHELL = "replay"
"""What the shell that made the transcripts was called."""
PLACE = "/sys/kernel/tracing"
NO_NEWLINE = "[no newline at end]"
LIMIT_S = 30.0
"""How long one command may take."""
END_S = 10.0

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
        # which build of 6.1
        (r"\bon 6\.1\.\d+-\S+$", "on RELEASE"),
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
# What is left of a line when names, numbers and the width of columns are no matter: a task, a
# graph's overhead mark (which says how large the duration behind it is), a word.
FORM = [
    (re.compile(r"(?:<[\w.]+>|[\w./:]*[\w.])-(?:\d+|PID)\b"), "TASK"),
    (re.compile(r"(?:^|(?<= ))[+!#*@$] (?=\d)"), ""),
    (re.compile(r"(?:(?<=:)-)?[\w./]+"), "w"),
    (re.compile(r" +"), " "),
]


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


def form(line: str) -> str:
    """A line without names, numbers and the width of its columns."""
    for pattern, replacement in FORM:
        line = pattern.sub(replacement, line)
    return line.strip()


def forms(text: str) -> set[str]:
    """The forms that a text's lines have: what stands before the first colon, and behind it."""
    return {part for line in mask(text).splitlines() for part in form(line).split(": ", 1)}


def headings(text: str) -> list[str]:
    """The forms of the lines above traces, and of what commands print between them, in order."""
    return [form(line) for line in mask(text).splitlines() if line.startswith(("#", "=="))]


class Replayer:
    """A bash on a kernel of its own, under ``tracefs run``, that is given commands one by one.

    It stays on CPU 0 as the one that made the transcripts, so that per-CPU buffers fill alike. A
    command that does not end within LIMIT_S raises TimeoutError.
    """

    def __init__(self, repository: Path, scratch: Path) -> None:
        self._out = scratch / "out"
        tools = scratch / "bin"
        tools.mkdir()
        fsx = tools / "fsx"
        script = Path(__file__).with_name("fsx.py")
        fsx.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -ISB {script} "$@"\n')
        fsx.chmod(0o755)
        # By its own name, so that the shell's messages are told from those of a shell it runs.
        (tools / SHELL).symlink_to("/bin/bash")
        path = f"{tools}:/usr/sbin:/sbin:{os.environ['PATH']}"
        command = [sys.executable, "-B", "-m", "tracefs", "run", "--"]
        self._run = subprocess.Popen(
            [*command, SHELL, "--norc", "--noprofile"],
            cwd=repository,
            env={"PATH": path, "LC_ALL": "C", "HOME": str(scratch), "TERM": "dumb"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._tell(f"cd {PLACE} && taskset -cp 0 $$ > /dev/null; echo $?")
            answer = self._answer()
            if answer != "0":
                raise RuntimeError(f"tracefs run: {answer}")
        except BaseException:
            self.__exit__()
            raise

    def run(self, command: str) -> str:
        """Run a command and return its part of the transcript."""
        out = shlex.quote(str(self._out))
        self._tell(f"eval {shlex.quote(command)} > {out} 2>&1 < /dev/null; echo $?")
        status = self._answer()
        text = self._out.read_bytes().decode("latin-1")
        text = re.sub(rf"^{SHELL}: (line \d+: )?", "", text, flags=re.MULTILINE)
        if text and not text.endswith("\n"):
            text += f"{NO_NEWLINE}\n"
        if status != "0":
            text += f"[exit {status}]\n"
        return text

    def _tell(self, line: str) -> None:
        assert self._run.stdin is not None
        self._run.stdin.write(line.encode() + b"\n")
        self._run.stdin.flush()

    def _answer(self) -> str:
        """The next line of the shell's own output; empty at its end."""
        assert self._run.stdout is not None
        if not select.select([self._run.stdout], [], [], LIMIT_S)[0]:
            raise TimeoutError(f"no answer within {LIMIT_S:.0f} s")
        return self._run.stdout.readline().decode().strip()

    def __enter__(self) -> Replayer:
        return self

    def __exit__(self, *_: object) -> None:
        """End the shell, what it has left running, and the kernel with it."""
        with self._run as run:
            assert run.stdin is not None
            run.stdin.close()
            try:
                run.wait(END_S)
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGTERM)
                try:
                    run.wait(END_S)
                finally:
                    if run.returncode is None:
                        os.killpg(run.pid, signal.SIGKILL)


def load(path: Path) -> list[Step]:
    """The steps of a transcript file."""
    return parse(path.read_bytes().decode("latin-1"))
