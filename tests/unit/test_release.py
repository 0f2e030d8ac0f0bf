"""What is said of releases."""

from __future__ import annotations

import pytest

from tracefs.cli import main
from tracefs.control.debugfs import ROOT
from tracefs.release import QUIRKS, get, quirks, releases


def test_quirks_are_of_files_that_there_are() -> None:
    for release in releases():
        files = {declaration.name for declaration in ROOT.declarations(release)}
        assert {quirk.file for quirk in quirks(release)} <= files or release.name == "6.1"
    assert not quirks(get("6.1"))
    assert {quirk for release in releases() for quirk in quirks(release)} == set(QUIRKS)


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["releases", "--explain", "2.6.28"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "set_ftrace_filter: * alone matches nothing, ** everything; *foo misses foofoo" in lines
    assert not [line for line in lines if line.startswith("iter_ctrl")]
    assert main(["releases", "--explain", "6.1"]) == 0
    assert capsys.readouterr().out == "6.1 is what the others differ from\n"
    with pytest.raises(SystemExit):
        main(["releases", "--explain", "2.4"])
    assert "unknown release '2.4' (known: 6.1" in capsys.readouterr().err
