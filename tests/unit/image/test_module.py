"""Loading, linking and unloading modules."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any, Literal

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.image.toykernel import (
    ARCHS,
    EXPORT,
    MCOUNT,
    Toy,
    call_target,
    compile_object,
    kernel_file,
    module_file,
)
from tracefs.image import ImageError, ModuleLoader
from tracefs.image.relocation import TYPES, apply
from tracefs.machine.errors import PageFault


def trampoline_code(target: int) -> bytes:
    """Not instructions: only architectures know those."""
    return target.to_bytes(8, "big")


class Fixture:
    def __init__(self, directory: Path, arch: str) -> None:
        self.dir, self.arch = directory, arch
        self.toy = Toy(kernel_file(directory, arch), arch)
        trampoline = trampoline_code if arch == "ppc32" else None
        self.loader = ModuleLoader(self.toy.memory, self.toy.image, self.toy.area, trampoline)

    def compile(self, source: str, name: str, *more: str) -> bytes:
        return compile_object(self.dir, self.arch, EXPORT + source, name, *more).read_bytes()

    def target(self, ip: int) -> int:
        return call_target(self.arch, ip, self.toy.memory.read)

    def word(self, va: int, size: int = 0) -> int:
        raw = self.toy.memory.read(va, size or self.toy.image.bits // 8)
        return int.from_bytes(raw, "big" if self.arch == "ppc32" else "little")


@pytest.fixture(params=ARCHS)
def fixture(request: pytest.FixtureRequest, toy_dir: Path) -> Fixture:
    return Fixture(toy_dir, request.param)


def test_a_module_is_linked_to_the_kernel(fixture: Fixture) -> None:
    toy = fixture.toy
    module = fixture.loader.load(module_file(fixture.dir, fixture.arch), "ext")
    assert module.base == toy.area.start
    mcount = toy.image.symbol(MCOUNT[fixture.arch])
    assert len(module.mcount_loc) == 3
    for site in module.mcount_loc.tolist():
        assert module.text[0] <= site < module.text[1]
        assert fixture.target(site) == module.plt.get(mcount, mcount)
    for target, at in module.plt.items():
        assert module.text[0] <= at <= module.text[1] - 8
        assert toy.memory.read(at, 8) == trampoline_code(target)
    far = {MCOUNT[fixture.arch], "vfs_read", "ftrace_caller"} if fixture.arch == "ppc32" else set()
    assert set(module.plt) == {toy.image.symbol(name) for name in far}
    state, pointer = module.symbol_addr("state"), module.symbol_addr("pointer")
    assert state
    assert pointer
    assert fixture.word(state, 4) == 5
    assert fixture.word(pointer) == state
    assert module.exports == {"ext_read": module.symbol_addr("ext_read")}
    assert module.init == module.symbol_addr("setup") == module.init_base
    assert module.exit == module.symbol_addr("leave")


def test_protection(fixture: Fixture) -> None:
    memory = fixture.toy.memory
    module = fixture.loader.load(module_file(fixture.dir, fixture.arch), "ext")
    assert memory.is_executable(module.text[0])
    state, text = module.symbol_addr("state"), module.symbol_addr("text")
    assert state
    assert text
    assert not memory.is_executable(state)
    memory.copy_to_nofault(state, b"\0")
    with pytest.raises(PageFault) as caught:
        memory.copy_to_nofault(text, b"\0")
    assert caught.value.errno == errno.EPERM


def test_init_part_goes_away(fixture: Fixture) -> None:
    loader, memory = fixture.loader, fixture.toy.memory
    module = loader.load(module_file(fixture.dir, fixture.arch), "ext")
    init = module.init
    memory.read(init, 1)
    loader.free_init(module)
    with pytest.raises(PageFault):
        memory.read(init, 1)
    assert module.symbol_addr("setup") is None
    assert module.symbol_addr("ext_read")
    loader.free_init(module)  # no more to free


def test_unload_and_reuse(fixture: Fixture) -> None:
    loader, memory = fixture.loader, fixture.toy.memory
    path = module_file(fixture.dir, fixture.arch)
    first = loader.load(path, "one")
    second = loader.load(path, "two")
    assert second.base > first.base + first.size
    loader.unload(first)
    with pytest.raises(PageFault):
        memory.read(first.base, 1)
    assert loader.load(path, "three").base == first.base
    assert list(loader.modules) == ["two", "three"]


def test_dependencies(fixture: Fixture) -> None:
    loader = fixture.loader
    ext = loader.load(module_file(fixture.dir, fixture.arch), "ext")
    user = loader.load(
        fixture.compile("int ext_read(int); int use(void) { return ext_read(1); }", "user"), "user"
    )
    assert user.depends == ["ext"]
    assert ext.users == ["user"]
    loader.set_live(user)
    width = fixture.toy.image.bits // 4
    assert loader.proc_modules().decode().splitlines() == [
        f"user {user.size} 0 - Live 0x{user.base:0{width}x}",
        f"ext {ext.size + ext.init_size} 1 user, Loading 0x{ext.base:0{width}x}",
    ]
    with pytest.raises(ImageError, match="in use") as caught:
        loader.unload(ext)
    assert caught.value.errno == errno.EBUSY
    loader.unload(user)
    loader.unload(ext)
    assert loader.proc_modules() == b""


def test_loaded_twice(fixture: Fixture) -> None:
    fixture.loader.load(module_file(fixture.dir, fixture.arch), "ext")
    with pytest.raises(ImageError, match="ext: module is already loaded") as caught:
        fixture.loader.load(module_file(fixture.dir, fixture.arch), "ext")
    assert caught.value.errno == errno.EEXIST


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        (
            "int nosuch(void); int f(void) { return nosuch(); }",
            errno.ENOENT,
            "Unknown symbol nosuch",
        ),
        ("int vfs_open(int); int f(void) { return vfs_open(1); }", errno.ENOENT, "symbol vfs_open"),
        ('int x; asm(".comm much,8,8"); int f(void) { return x; }', errno.ENOEXEC, "common symbol"),
    ],
)
def test_what_cannot_be_linked(fixture: Fixture, source: str, code: int, message: str) -> None:
    free = fixture.toy.memory.pages.free
    with pytest.raises(ImageError, match=message) as caught:
        fixture.loader.load(fixture.compile(source, "bad"), "bad")
    assert caught.value.errno == code
    assert fixture.loader.modules == {}
    assert fixture.toy.memory.pages.free == free
    assert (
        fixture.loader.load(module_file(fixture.dir, fixture.arch), "e").base
        == fixture.toy.area.start
    )


def test_weak_symbols_may_be_missing(fixture: Fixture) -> None:
    source = (
        "extern int nosuch(void) __attribute__((weak)); void *p = nosuch; int f(void) { return 1; }"
    )
    module = fixture.loader.load(fixture.compile(source, "weak"), "weak")
    pointer = module.symbol_addr("p")
    assert pointer
    assert fixture.word(pointer) == 0


def test_unsupported_relocation_is_named(toy_dir: Path) -> None:
    fixture = Fixture(toy_dir, "x86_64")
    source = "extern int counter; int f(void) { return counter; }"
    data = fixture.compile(source, "pic", "-fPIC", "-mcmodel=small")
    with pytest.raises(ImageError, match=r"pic: \.text: unsupported relocation R_X86_64_\w*GOTPC"):
        fixture.loader.load(data, "pic")


def test_wrong_machine(toy_dir: Path) -> None:
    fixture = Fixture(toy_dir, "x86_64")
    with pytest.raises(ImageError, match="a module for i386, not x86_64"):
        fixture.loader.load(module_file(toy_dir, "i386"))
    with pytest.raises(ImageError, match="not a relocatable module"):
        fixture.loader.load(kernel_file(toy_dir, "x86_64"))


@pytest.mark.parametrize(
    ("machine", "kind", "value", "addend", "result"),
    [
        ("x86_64", 0, 1, 1, b"\xaa" * 8),
        ("x86_64", 1, 1 << 63, 2, (1 << 63 | 2).to_bytes(8, "little")),
        ("x86_64", 2, 0x1010, -4, (0xC).to_bytes(4, "little") + b"\xaa" * 4),
        ("x86_64", 4, 0x0FF0, -4, (-0x14).to_bytes(4, "little", signed=True) + b"\xaa" * 4),
        ("x86_64", 10, 0xFFFFFFFF, 0, b"\xff" * 4 + b"\xaa" * 4),
        ("x86_64", 11, 0xFFFFFFFF81000000, 0, b"\0\0\0\x81" + b"\xaa" * 4),
        ("x86_64", 24, 0x1010, 0, (0x10).to_bytes(8, "little")),
        ("i386", 1, 0xC0000000, 0, b"\0\0\0\xc0" + b"\xaa" * 4),
        ("ppc32", 1, 0xC0000000, 4, b"\xc0\0\0\4" + b"\xaa" * 4),
        ("ppc32", 4, 0x1234A678, 0, b"\xa6\x78" + b"\xaa" * 6),
        ("ppc32", 5, 0x1234A678, 0, b"\x12\x34" + b"\xaa" * 6),
        ("ppc32", 6, 0x1234A678, 0, b"\x12\x35" + b"\xaa" * 6),
        ("ppc32", 10, 0x2000FFC, 0, b"\xa9\xff\xff\xfe" + b"\xaa" * 4),
        ("ppc32", 26, 0xF00, 0, b"\xff\xff\xff\0" + b"\xaa" * 4),
        ("i386", 2, 0xF00, 0, (-0x100).to_bytes(4, "little", signed=True) + b"\xaa" * 4),
    ],
)
def test_each_relocation(machine: str, kind: int, value: int, addend: int, result: bytes) -> None:
    image = bytearray(b"\xaa" * 8)
    apply(machine, image, 0x1000, [(0, kind, value, addend)], "here")
    assert bytes(image) == result


def test_rel_takes_its_addend_from_the_field() -> None:
    image = bytearray((-4).to_bytes(4, "little", signed=True))
    apply("i386", image, 0x1000, [(0, 2, 0x2000, None)], "here")
    assert int.from_bytes(image, "little") == 0x2000 - 4 - 0x1000


@pytest.mark.parametrize(
    ("kind", "value", "offset", "message"),
    [
        (2, 1 << 40, 0, "overflow in R_X86_64_PC32 at 0x0"),
        (10, 1 << 32, 0, "overflow in R_X86_64_32 "),
        (10, -1, 0, "overflow in R_X86_64_32 "),
        (11, 1 << 31, 0, "overflow in R_X86_64_32S"),
        (1, 0, 4, "lies outside the section"),
        (9, 0, 0, "unsupported relocation R_X86_64_GOTPCREL"),
        (77, 0, 0, "unsupported relocation type 77"),
    ],
)
def test_bad_relocations(kind: int, value: int, offset: int, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        apply("x86_64", bytearray(8), 0x1000, [(offset, kind, value, 0)], "here")


def test_a_list_of_sites_with_a_part_of_an_entry(fixture: Fixture) -> None:
    data = bytearray(module_file(fixture.dir, fixture.arch).read_bytes())
    elf: Any = ELFFile(io.BytesIO(data))
    at = elf["e_shoff"] + elf.get_section_index("__mcount_loc") * elf["e_shentsize"]
    at, size = (at + 32, 8) if elf.elfclass == 64 else (at + 20, 4)  # sh_size
    order: Literal["little", "big"] = "little" if elf.little_endian else "big"
    data[at : at + size] = (size * 3 + 1).to_bytes(size, order)
    free = fixture.toy.memory.pages.free
    with pytest.raises(ImageError, match="__mcount_loc is cut short"):
        fixture.loader.load(bytes(data), "bad")
    assert fixture.toy.memory.pages.free == free


@pytest.mark.parametrize(("value", "leads_to"), [(0x2000FFC, 0x2000FFC), (0x2001000, 0x1100)])
def test_a_branch_out_of_reach_takes_the_trampoline(value: int, leads_to: int) -> None:
    image = bytearray.fromhex("48000001")
    apply("ppc32", image, 0x1000, [(0, 10, value, 0)], "here", {0x2001000: 0x1100}.__getitem__)
    assert call_target("ppc32", 0x1000, lambda va, size: bytes(image)) == leads_to


def test_a_branch_out_of_reach_without_trampolines() -> None:
    with pytest.raises(ImageError, match="overflow in R_PPC_REL24"):
        apply("ppc32", bytearray(4), 0x1000, [(0, 10, 0x2001000, 0)], "here")


def test_every_type_has_a_width() -> None:
    for types in TYPES.values():
        assert all(reloc.width in (0, 2, 4, 8) for reloc in types.values())


@settings(max_examples=100)
@given(st.data())
def test_no_damage_escapes(toy_dir: Path, data: st.DataObject) -> None:
    fixture = Fixture(toy_dir, data.draw(st.sampled_from(ARCHS)))
    good = module_file(toy_dir, fixture.arch).read_bytes()
    bad = bytearray(
        good[: data.draw(st.integers(0, len(good)))] if data.draw(st.booleans()) else good
    )
    for _ in range(data.draw(st.integers(0, 6))):
        if bad:
            bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    free = fixture.toy.memory.pages.free
    try:
        fixture.loader.load(bytes(bad), "bad")
    except ImageError:
        assert fixture.toy.memory.pages.free == free
        assert fixture.loader.modules == {}
