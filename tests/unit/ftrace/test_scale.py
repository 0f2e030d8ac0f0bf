"""Forty thousand sites: texts, filters and patching; how long it takes is for make bench."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from tests.unit.image.toykernel import KERNEL, LAYOUT, LDS, Toy, compile_object
from tracefs.arch import create_arch
from tracefs.ftrace import Ftrace, FtraceOps
from tracefs.image import Kallsyms

SITES = 40_000
WORDS = ["vfs", "ext4", "lock", "mutex", "read", "write", "inode", "page", "alloc", "tick", "task"]


def build(directory: Path) -> Path:
    choose = random.Random(1)
    names = ["_".join(choose.choices(WORDS, k=3)) + f"_{i}" for i in range(SITES - 6)]
    bodies = [
        f".globl {name}\n.type {name},@function\n.p2align 4\n{name}: call __fentry__\n"
        f".skip {choose.choice([11, 27, 43, 200])}, 0x90"
        for name in names
    ]
    table = [f".quad {name}" for name in names]
    source = directory / "many.s"
    section = '.section __mcount_loc,"a",@progbits'
    stack = '.section .note.GNU-stack,"",@progbits'
    source.write_text("\n".join([".text", *bodies, section, *table, stack, ""]))
    many = directory / "many.o"
    subprocess.run(["as", source, "-o", many], check=True)
    script = directory / "many.lds"
    script.write_text(LDS % LAYOUT["x86_64"].kernel_base)
    path = directory / "vmlinux.many"
    subprocess.run(
        [
            *("ld", "-m", "elf_x86_64", "-T", script, "-z", "max-page-size=4096"),
            *("--no-warn-rwx-segments", "-e", "vfs_read"),
            *(compile_object(directory, "x86_64", KERNEL, "base"), many, "-o", path),
        ],
        check=True,
    )
    return path


@pytest.mark.slow
def test_scale(toy_dir: Path) -> None:
    toy = Toy(build(toy_dir), "x86_64")
    arch = create_arch(toy.image, toy.memory, toy.area)
    ftrace = Ftrace(arch, Kallsyms(toy.image), toy.image.mcount_loc)
    ftrace.init()
    ops = FtraceOps("function", toy.image.symbol("function_trace_call"), private=1)

    def write(words: bytes) -> None:
        edit = ftrace.open_filter(ops, write=True, trunc=True)
        edit.write(words + b"\n")
        edit.close()

    assert ftrace.available_lines().count(b"\n") == SITES
    for _ in range(2):
        ftrace.register(ops)
        assert ftrace.enabled_lines().count(b"\n") == SITES
        ftrace.unregister(ops)
    ftrace.register(ops)
    write(b"*lock*")
    chosen = ftrace.enabled_lines().count(b"\n")
    assert chosen == sum(b"lock" in line for line in ftrace.available_lines().splitlines()) > 1000
    write(b"*a[b-m]*_?ock*")
    write(b"*")
    assert ftrace.enabled_lines().count(b"\n") == SITES
