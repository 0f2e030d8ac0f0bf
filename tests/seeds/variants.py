"""The i386 guest with one source changed: mutants of what the guest itself does."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

KERNEL = Path(__file__).parents[2] / "kernel_image"


class BuildError(Exception):
    """The changed source does not compile, assemble or link; the message is the tools'."""


_DIRECTORIES: list[TemporaryDirectory[str]] = []


def _directory() -> Path:
    """An empty one, until the tests end."""
    _DIRECTORIES.append(TemporaryDirectory(prefix="variant-"))
    return Path(_DIRECTORIES[-1].name)


@cache
def _tree() -> Path:
    # With the objects of the build, so that only what is changed is compiled again.
    tree = _directory() / "kernel_image"
    shutil.copytree(KERNEL, tree, ignore=shutil.ignore_patterns("x86_64*"), symlinks=True)
    return tree


def variant(source: str, *changes: tuple[str, str]) -> Path:
    """Where the image is in which ``source`` has each (old, new) text changed.

    Raises BuildError. The texts must be there, or the mutant is out of date.
    """
    tree = _tree()
    path = tree / source
    text = original = (KERNEL / source).read_text()
    for old, new in changes:
        assert text.count(old) == 1, f"{source} has not once: {old}"
        text = text.replace(old, new)
    try:
        _build(tree, path, text)
        image = _directory()
        for file in (tree / "build/i386").iterdir():
            if file.is_file():
                shutil.copy(file, image)
        return image
    finally:
        path.write_text(original)
        (tree / "build/i386/obj" / source).with_suffix(".o").unlink(missing_ok=True)


def _build(tree: Path, path: Path, text: str) -> None:
    path.write_text(text)
    command = ["make", "--silent", "--no-print-directory", "-C", str(tree), "i386"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(done.stderr)
