"""S19: pointers to code have one type: the build and the type check refuse another."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = ["ftrace_nmi_32.c", "ftrace_history_32.c"]
"""The guest's own patching."""

PYTHON = """
from tracefs.arch import Arch


def poke(arch: Arch, ip: int) -> None:
    arch.modify_code(ip, {old}, arch.nop)
"""


def compile_guest(repository: Path, tmp: Path, name: str, text: str) -> str:
    """What gcc says of a source of the guest's, with the flags of the kernel's build."""
    guest = repository / "kernel_image"
    source = guest / "arch" / "x86" / "kernel" / name
    built = tmp / "i386" / "obj" / "arch" / "x86" / "kernel" / name.replace(".c", ".o")
    built.parent.mkdir(parents=True, exist_ok=True)
    make = ["make", "-n", "-B", f"O={tmp}", "CC=gcc -Werror -fsyntax-only", str(built)]
    planned = subprocess.run(make, cwd=guest, capture_output=True, text=True, check=True).stdout
    line = next(line for line in planned.splitlines() if line.startswith("gcc "))
    changed = tmp / name
    changed.write_text(text)
    command = [str(changed) if word.endswith(name) else word for word in shlex.split(line)]
    assert str(changed) in command
    command += ["-iquote", str(source.parent)]
    return subprocess.run(command, cwd=guest, capture_output=True, text=True, check=False).stderr


def check_types(repository: Path, tmp: Path, old: str) -> str:
    """What mypy says of a call of modify_code whose bytes to find are ``old``."""
    sample = tmp / "sample.py"
    sample.write_text(PYTHON.format(old=old))
    command = [sys.executable, "-m", "mypy", str(sample)]
    return subprocess.run(
        command, cwd=repository, capture_output=True, text=True, check=False
    ).stdout


def source_of(repository: Path, name: str) -> str:
    return (repository / "kernel_image" / "arch" / "x86" / "kernel" / name).read_text()


@pytest.mark.parametrize("name", SOURCES)
def test_the_guest_s_types_are_clean(repository: Path, tmp_path: Path, name: str) -> None:
    assert compile_guest(repository, tmp_path, name, source_of(repository, name)) == ""


def test_mutant_a_parameter_of_the_other_sign(repository: Path, tmp_path: Path) -> None:
    text = source_of(repository, SOURCES[0])
    changed = text.replace(
        "unsigned long ip, const u8 *old_code", "unsigned long ip, const s8 *old_code"
    )
    assert changed != text
    assert "Werror=pointer-sign" in compile_guest(repository, tmp_path, SOURCES[0], changed)


def test_mutant_the_pointer_of_2008(repository: Path, tmp_path: Path) -> None:
    """The nop was a long *, and what was assigned to it an unsigned long *."""
    text = source_of(repository, SOURCES[0]) + (
        "static long *ftrace_nop;\n"
        "long *ftrace_choose_nop(unsigned long *nop);\n"
        "long *ftrace_choose_nop(unsigned long *nop) { ftrace_nop = nop; return ftrace_nop; }\n"
    )
    said = compile_guest(repository, tmp_path, SOURCES[0], text)
    assert "Werror=pointer-sign" in said
    clean = text.replace("long *ftrace_nop;", "unsigned long *ftrace_nop;")
    clean = clean.replace("\nlong *ftrace_choose_nop", "\nunsigned long *ftrace_choose_nop")
    assert compile_guest(repository, tmp_path, SOURCES[0], clean) == ""


def test_the_host_s_types_are_strict(repository: Path, tmp_path: Path) -> None:
    assert "Success" in check_types(repository, tmp_path, "arch.nop")


def test_mutant_an_address_for_bytes(repository: Path, tmp_path: Path) -> None:
    assert 'incompatible type "int"; expected "bytes"' in check_types(repository, tmp_path, "ip")
