"""Transcripts of a real Linux 6.1, replayed on a mount."""

from __future__ import annotations

import difflib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.replay import Replayer, Step, forms, headings, load, mask, shape

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
TOPICS = sorted(path.stem for path in (HERE / "golden").glob("*.txt"))
DIFFERENCES: dict[str, Any] = tomllib.loads((HERE / "differences.toml").read_text())
REASONS: dict[str, dict[str, str]] = DIFFERENCES["reasons"]


@dataclass(frozen=True)
class Expectation:
    """What is to be found at one step."""

    kind: str
    text: str
    without: str = ""
    """What may differ, as a regular expression (kinds partly and form)."""
    forms: frozenset[str] = frozenset()
    """Those that lines have in the whole transcript (kind form)."""


SAME = Expectation("same", "")


def expectations(topic: str, steps: list[Step]) -> dict[int, Expectation]:
    """The listed differences of a topic, by the number of their step."""
    found = {}
    known = frozenset().union(*(forms(step.output) for step in steps))
    for name, value in DIFFERENCES.get(topic, {}).items():
        number = int(name.partition(":")[0])
        assert steps[number - 1].name.startswith(name), f"{topic}: there is no command {name!r}"
        reasons = [REASONS[reason] for reason in names_of(value)]
        (kind,) = {reason["kind"] for reason in reasons}
        text = " ".join(reason["text"] for reason in reasons)
        without = "|".join(reason["without"] for reason in reasons if "without" in reason)
        found[number] = Expectation(kind, text, without, known)
    return found


def names_of(value: str | list[str]) -> list[str]:
    """The reasons given for a difference: one, or several that are each about a part of it."""
    return value if isinstance(value, list) else [value]


def judge(step: Step, output: str, expected: Expectation) -> str:
    """What is wrong with an answer; empty if nothing is."""
    theirs, ours = mask(step.output), mask(output)
    part = re.compile(expected.without or "(?!)", re.MULTILINE)
    if expected.kind == "varies":
        return ""
    if expected.kind == "alike":
        theirs, ours = shape(step.output), shape(output)
    elif expected.kind == "form":
        theirs, ours = part.sub("", theirs), part.sub("", ours)
        unknown = forms(ours) - expected.forms if ours else {"no lines"}
        theirs, ours = "\n".join(headings(theirs)), "\n".join([*headings(ours), *sorted(unknown)])
    elif expected.kind in ("differs", "partly"):
        if theirs == ours:
            return f"{step.name}\n  no longer differs; it was listed with: {expected.text}\n"
        if expected.kind == "differs":
            return ""
        theirs, ours = part.sub("", theirs), part.sub("", ours)
    if theirs == ours:
        return ""
    lines = difflib.unified_diff(
        theirs.splitlines(), ours.splitlines(), "the real kernel", "this one", lineterm="", n=1
    )
    return step.name + "".join(f"\n  {line}" for line in lines) + "\n"


@pytest.mark.parametrize("topic", TOPICS)
def test_answers_as_the_real_kernel(topic: str, replayer: Replayer) -> None:
    steps = load(HERE / "golden" / f"{topic}.txt")
    expected = expectations(topic, steps)
    wrong = []
    for step in steps:
        expectation = expected.get(step.number, SAME)
        if expectation.kind != "skipped":
            wrong.append(judge(step, replayer.run(step.command), expectation))
    report = "\n".join(filter(None, wrong))
    assert not report, f"\n{report}"


def test_every_reason_is_used() -> None:
    used = {
        reason
        for topic in TOPICS
        for value in DIFFERENCES.get(topic, {}).values()
        for reason in names_of(value)
    }
    assert used == set(REASONS)
    assert set(DIFFERENCES) - {"reasons"} <= set(TOPICS)


def test_the_table_is_up_to_date() -> None:
    from tests.conformance.goldens import TABLE, table

    assert TABLE.read_text() == table(), "python -m tests.conformance.goldens writes it"
