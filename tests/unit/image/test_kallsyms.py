"""Names of addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.image.toykernel import Toy, kernel_file, module_file
from tracefs.image import Image, Kallsyms, ModuleLoader


@pytest.fixture
def kallsyms(toy_dir: Path) -> Kallsyms:
    return Kallsyms(Image.load(kernel_file(toy_dir, "x86_64")))


def test_lines_are_in_address_order(kallsyms: Kallsyms) -> None:
    lines = kallsyms.lines().decode().splitlines()
    assert [int(line[:16], 16) for line in lines] == sorted(int(line[:16], 16) for line in lines)
    addr = kallsyms.addr("vfs_read")
    assert f"{addr:016x} T vfs_read" in lines
    assert any(line.endswith(" t helper") for line in lines)
    assert any(line.endswith(" B counter") for line in lines)
    assert any(line.endswith(" W maybe") for line in lines)
    assert not any("abi_" in line for line in lines)


def test_hidden_addresses_are_zeros(kallsyms: Kallsyms) -> None:
    lines = kallsyms.lines(show=False).splitlines()
    assert len(lines) == len(kallsyms.lines().splitlines())
    assert all(line.startswith(b"0" * 16 + b" ") for line in lines)


def test_a_symbol_reaches_to_the_next(kallsyms: Kallsyms) -> None:
    addr = kallsyms.addr("vfs_read")
    assert addr is not None
    symbol = kallsyms.lookup(addr + 3)
    assert symbol is not None
    assert (symbol.name, symbol.addr, symbol.size, symbol.module) == ("vfs_read", addr, 16, None)
    assert kallsyms.format(addr + 3) == "vfs_read+0x3/0x10"
    assert kallsyms.name(addr + 3) == "vfs_read"


def test_unknown_addresses_stay_numbers(kallsyms: Kallsyms) -> None:
    assert kallsyms.format(0xFFFFFFFFC0207000) == "0xffffffffc0207000"
    assert kallsyms.name(0x10) == "0x10"
    assert kallsyms.lookup(0) is None


def test_many_names_at_once(kallsyms: Kallsyms) -> None:
    start = kallsyms.addr("_text")
    assert start is not None
    addrs = [*range(start, start + 0x100), 0, 1 << 63]
    found: list[tuple[str, str | None, int] | None] = [None] * len(addrs)
    for part in kallsyms.names(addrs):
        for at, name, offset in zip(part.where, part.names, part.offsets, strict=True):
            found[at] = (name, part.module, int(offset))
    for addr, answer in zip(addrs, found, strict=True):
        symbol = kallsyms.lookup(addr)
        assert answer == (symbol and (symbol.name, symbol.module, addr - symbol.addr))


def test_modules_follow_the_kernel(toy_dir: Path) -> None:
    toy = Toy(kernel_file(toy_dir, "x86_64"), "x86_64")
    kallsyms = Kallsyms(toy.image)
    loader = ModuleLoader(toy.memory, toy.image, toy.area)
    module = loader.load(module_file(toy_dir, "x86_64"), "ext")
    before = kallsyms.generation
    kallsyms.add_module(module)
    assert kallsyms.generation > before
    addr = module.symbol_addr("ext_read")
    assert addr is not None
    assert kallsyms.addr("ext_read") == kallsyms.addr("ext:ext_read") == addr
    assert kallsyms.addr("other:ext_read") is None
    assert kallsyms.format(addr + 1).startswith("ext_read+0x1/0x")
    assert kallsyms.format(addr).endswith(" [ext]")
    (names,) = kallsyms.names([addr + 2])
    assert (names.names, names.module, int(names.offsets[0])) == (["ext_read"], "ext", 2)
    lines = kallsyms.lines().decode().splitlines()
    assert f"{addr:016x} T ext_read\t[ext]" in lines  # exported
    assert any(line.endswith(" t ext_write\t[ext]") for line in lines)  # global, not exported
    kallsyms.add_trampoline(0xFFFFFFFFC0300000, 48)
    last = kallsyms.lines().decode().splitlines()[-1]
    assert last == "ffffffffc0300000 t ftrace_trampoline\t[__builtin__ftrace]"
    assert kallsyms.lookup(0xFFFFFFFFC0300000) is None
    kallsyms.remove_module("ext")
    assert kallsyms.lookup(addr) is None
