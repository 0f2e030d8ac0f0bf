"""S26: records are the generic code's: it knows no architecture, and takes any."""

from __future__ import annotations

import ast
from pathlib import Path

FORBIDDEN = ("x86", "i386", "capstone", "keystone", "unicorn")


def names_an_architecture(source: str) -> bool:
    """Whether Python source imports something of one architecture."""
    imported = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported += [f"{node.module}.{alias.name}" for alias in node.names]
    return any(word in name.lower() for name in imported for word in FORBIDDEN)


def test_the_core_knows_no_architecture(repository: Path) -> None:
    sources = list((repository / "tracefs" / "ftrace").glob("*.py"))
    assert len(sources) > 5
    assert not [path for path in sources if names_an_architecture(path.read_text())]


def test_mutant_the_core_imports_x86() -> None:
    assert names_an_architecture("from tracefs.arch.x86 import NOPS")
    assert names_an_architecture("from tracefs.arch import I386")
