"""Tables, releases and scopes."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from tracefs.control.directory import Directory, Family, Node
from tracefs.release import Release, get


def node(table: Directory[Any], scope: Any, release: Release | None = None) -> Node:
    return Node(table, scope, release or get())


def text(parent: Node, name: str) -> bytes:
    return parent.child(name).open(os.O_RDONLY, SimpleNamespace(pid=1)).read(99, 0)


def test_one_table_many_scopes() -> None:
    table: Directory[str] = Directory()
    table.file("name")(lambda scope: scope)
    assert text(node(table, "a"), "name") == b"a"
    assert text(node(table, "b"), "name") == b"b"


def test_a_base_in_another_scope() -> None:
    base: Directory[str] = Directory()
    base.file("inner")(lambda scope: scope)
    base.family(Family(base, lambda scope: ["x"], lambda scope, name: scope + name))
    table: Directory[dict[str, str]] = Directory(base, lambda scope: scope["inner"])
    table.file("outer")(lambda scope: str(len(scope)))
    root = node(table, {"inner": "i"})
    assert root.names() == ["inner", "outer", "x"]
    assert text(root, "inner") == b"i"
    assert text(root, "outer") == b"1"
    assert text(root.child("x"), "inner") == b"ix"


def test_releases() -> None:
    table: Directory[None] = Directory()
    table.file("old", until="6.1")(lambda scope: "")
    table.file("new", since="6.1")(lambda scope: "")
    assert node(table, None).names() == ["new"]
    with pytest.raises(FileNotFoundError):
        node(table, None).child("old")
    old = Release("2.6.28", (2, 6, 28), "i386", "2.6.28", frozenset())
    assert node(table, None, old).names() == ["old"]


def test_modes() -> None:
    table: Directory[None] = Directory()
    file = table.file("x")(lambda scope: "")
    assert file.mode == 0o440
    file.write(lambda scope, text: None)
    assert file.mode == 0o640
    assert table.file("y", mode=0o600)(lambda scope: "").mode == 0o600


def test_a_name_once_for_each_release() -> None:
    table: Directory[None] = Directory()
    table.file("x", until="2.6.29")(lambda scope: "old")
    table.file("x", since="2.6.29")(lambda scope: "new")
    assert node(table, None).names() == ["x"]
    assert text(node(table, None), "x") == b"new"
    for since, until in ((None, None), ("6.1", None), (None, "2.6.27")):
        with pytest.raises(ValueError, match="twice"):
            table.file("x", since=since, until=until)(lambda scope: "")


def test_files_are_no_directories() -> None:
    table: Directory[None] = Directory()
    table.file("x")(lambda scope: "")
    with pytest.raises(NotADirectoryError):
        node(table, None).child("x").names()
    with pytest.raises(IsADirectoryError):
        node(table, None).open(0, SimpleNamespace(pid=1))
