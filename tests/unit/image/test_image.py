"""Reading kernel images: facts that C and Python share, and files that are damaged."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.image.toykernel import ARCHS, MCOUNT, call_target, kernel_file, tool
from tracefs.image import Image, ImageError


@pytest.mark.parametrize("arch", ARCHS)
def test_symbols_are_those_of_nm(toy_dir: Path, arch: str) -> None:
    path = kernel_file(toy_dir, arch)
    image = Image.load(path)
    nm: list[str | Path] = [tool(arch, "nm"), path]
    listed = subprocess.run(nm, capture_output=True, text=True, check=True).stdout
    expected = {
        (name, int(value, 16), kind)
        for value, kind, name in (line.split() for line in listed.splitlines())
        if not name.startswith("abi_")
    }
    assert {(s.name, s.value, s.type) for s in image.symbols} == expected
    for name, value, _ in expected:
        assert image.symbol(name) == value


@pytest.mark.parametrize("arch", ARCHS)
def test_what_c_exports(toy_dir: Path, arch: str) -> None:
    image = Image.load(kernel_file(toy_dir, arch))
    assert image.machine == arch
    assert image.abi.size("task") == (32 if arch == "x86_64" else 24)
    assert image.abi.offset("task", "pid") == image.bits // 8
    assert image.abi.const("N") == 7
    assert image.abi.has("task", "pid")
    assert not image.abi.has("task", "comm")
    assert set(image.exports) == {"vfs_read", "counter", MCOUNT[arch]}


@pytest.mark.parametrize("arch", ARCHS)
def test_call_sites_are_calls(toy_dir: Path, arch: str) -> None:
    image = Image.load(kernel_file(toy_dir, arch))
    assert len(image.mcount_loc) == 6
    for ip in image.mcount_loc.tolist():
        assert call_target(arch, ip, image.read) == image.symbol(MCOUNT[arch])


def test_missing_facts_are_named(toy_dir: Path) -> None:
    image = Image.load(kernel_file(toy_dir, "x86_64"))
    with pytest.raises(ImageError, match="abi_task__nothing") as caught:
        image.abi.offset("task", "nothing")
    assert caught.value.errno == errno.ENOENT
    with pytest.raises(ImageError, match="no symbol nothing"):
        image.symbol("nothing")
    with pytest.raises(ImageError, match="is in no segment"):
        image.read(4, 4)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="vmlinux: No such file") as caught:
        Image.load(tmp_path / "vmlinux")
    assert caught.value.errno == errno.ENOENT


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: b"", "not an ELF file"),
        (lambda d: b"hello" * 100, "not an ELF file"),
        (lambda d: d[:30], "cut short"),
        (lambda d: d[:18] + b"\x08\0" + d[20:], "for EM_MIPS, which is not i386, x86_64"),
        (lambda d: d[:16] + b"\1\0" + d[18:], "not a linked kernel"),
        (lambda d: d[:5] + b"\2" + d[6:], "which is not i386"),
        (lambda d: d[:5000], "outside the file"),
        (lambda d: d[:54] + b"\1\0" + d[56:], "damaged or cut short .*phentsize"),
    ],
)
def test_damage_is_one_clear_line(toy_dir: Path, tmp_path: Path, damage, message) -> None:  # type: ignore[no-untyped-def]
    bad = tmp_path / "bad"
    bad.write_bytes(damage(kernel_file(toy_dir, "x86_64").read_bytes()))
    with pytest.raises(ImageError, match=message) as caught:
        Image.load(bad)
    assert caught.value.errno == errno.ENOEXEC
    assert "\n" not in str(caught.value)


@settings(max_examples=150)
@given(st.data())
def test_no_damage_escapes(
    toy_dir: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = kernel_file(toy_dir, data.draw(st.sampled_from(ARCHS))).read_bytes()
    bad = bytearray(good[: data.draw(st.integers(0, len(good)))])
    for _ in range(data.draw(st.integers(0, 8))):
        if bad:
            # Headers stand at both ends of the file.
            near = data.draw(st.integers(0, min(len(bad) - 1, 1500)))
            bad[data.draw(st.sampled_from([near, len(bad) - 1 - near]))] = data.draw(
                st.integers(0, 255)
            )
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(bytes(bad))
    try:
        image = Image.load(path)
        assert isinstance(image.symbols, list)
        assert isinstance(image.exports, dict)
        assert len(image.mcount_loc) >= 0
    except ImageError as error:
        code = error.errno
    else:
        code = errno.ENOENT
    assert code in (errno.ENOEXEC, errno.ENOENT)
