"""Text of README files, made of the docstrings of what a table declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracefs.control.directory import Child, Directory
from tracefs.release import Release

_START = """\
How to use this directory

 Every file is read with cat and written with echo. The basic round:
  echo {function} > current_tracer    start
  cat trace                         look
  echo {nop} > current_tracer         end

 The files:
"""


def readme(
    table: Directory[Any], release: Release, function: str = "function", nop: str = "nop"
) -> str:
    """README of the tracing directory: what the release has, a line or a few each.

    ``function`` and ``nop`` are what these two tracers are called.
    """
    return _START.format(function=function, nop=nop) + "".join(entries(table, release))


def entries(table: Directory[Any], release: Release) -> Iterator[str]:
    """The entry of each declaration that has a docstring."""
    for declaration in sorted(table.declarations(release), key=lambda entry: entry.name):
        if declaration.doc:
            name = declaration.name + "/" * isinstance(declaration, Child)
            first, *rest = declaration.doc.splitlines()
            yield f"  {name:<26} - {first}\n"
            for line in rest:
                if line:
                    yield f"      {line}\n"
