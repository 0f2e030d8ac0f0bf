"""docs/changes.md is what it says: a row for each change, a test, and a mutant in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.seeds.mutants import DIRECTORY, Table
from tracefs import release as releases
from tracefs.control.debugfs import ROOT
from tracefs.control.machine import MACHINE
from tracefs.control.tables import TOP
from tracefs.kernel.bugs import bugs, get

ROW = re.compile(
    r"\| S(\d+) \| (?P<what>[^|]+) \| (?P<release>[^|]+) \| (?P<how>.+)"
    r" \| \[test_s(?P<test>\d\d)\]\(\.\./tests/seeds/test_s(?P=test)\.py\) \|"
)


@pytest.fixture(scope="module")
def rows(repository: Path) -> dict[int, re.Match[str]]:
    """The table's rows."""
    lines = (repository / "docs" / "changes.md").read_text().splitlines()
    found = [ROW.fullmatch(line) for line in lines if line.startswith("| S")]
    assert all(found)
    return {int(row[1]): row for row in found if row}


def test_rows_and_tests_belong_together(rows: dict[int, re.Match[str]]) -> None:
    assert list(rows) == list(range(1, 29))
    for number, row in rows.items():
        assert int(row["test"]) == number
        assert row["release"] == "any" or releases.get(row["release"])
        assert row["what"].strip()
        assert "`" in row["how"] or "test" in row["how"]
    tests = {int(path.stem.removeprefix("test_s")) for path in DIRECTORY.glob("test_s[0-9]*.py")}
    assert tests == set(rows)


def test_what_is_to_be_typed_is_there(rows: dict[int, re.Match[str]]) -> None:
    for row in rows.values():
        name = row["release"] if row["release"] != "any" else releases.DEFAULT
        release = releases.get(name)
        table = TOP if name == releases.DEFAULT else ROOT
        names = {each.name for each in table.declarations(release)}
        names |= {f".machine/{each.name}" for each in MACHINE.declarations(release)}
        typed = " ".join(re.findall("`([^`]*)`", row["how"]))
        for path in re.findall(r"\bM/(\.machine/\w+|\w+)", typed):
            assert path in names, row[0]
        for bug in re.findall(r"--bug ([\w-]+)", typed):
            assert get(bug)


def test_each_has_a_mutant() -> None:
    for path in DIRECTORY.glob("test_s[0-9]*.py"):
        assert "def test_mutant_" in path.read_text(), path


def test_bugs_are_of_changes_with_a_test(rows: dict[int, re.Match[str]]) -> None:
    assert {int(bug.seed[1:]) for bug in bugs()} <= set(rows)


def test_the_table_of_mutants() -> None:
    table = Table()
    table.killed[20]["one"] = True
    table.killed[3] = {"two[a]": True, "two[b]": True, "three": False}
    assert table.lines() == [
        "change  mutants  killed  which",
        "S3            3       2  two (2); three; three SURVIVED",
        "S20           1       1  one",
        "all           4       3  of 2 changes",
    ]
