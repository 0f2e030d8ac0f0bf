"""The list of call sites of an object for which gcc makes none."""

from __future__ import annotations

from pathlib import Path

from tests.unit.image.toykernel import MCOUNT, call_target, compile_object, kernel_file
from tools.recordmcount import with_mcount_loc
from tracefs.image import Image


def test_every_call_of_mcount_is_listed(toy_dir: Path) -> None:
    image = Image.load(kernel_file(toy_dir, "ppc32"))
    start, end = image.symbol("_text"), image.symbol("_etext")
    found = []
    for ip in range(start, end, 4):
        if int.from_bytes(image.read(ip, 4), "big") & 0xFC000003 == 0x48000001:
            target = call_target("ppc32", ip, image.read)
            found += [ip] if target == image.symbol(MCOUNT["ppc32"]) else []
    assert len(found) == 6
    assert sorted(image.mcount_loc.tolist()) == found


def test_an_object_has_one_list(toy_dir: Path) -> None:
    once = compile_object(toy_dir, "ppc32", "int f(int n) { return n; }", "one").read_bytes()
    assert b"__mcount_loc" in once
    assert with_mcount_loc(once) == once


def test_an_object_without_sites_stays_as_it_is(toy_dir: Path) -> None:
    none = compile_object(toy_dir, "ppc32", "int x = 1;", "none").read_bytes()
    assert b"__mcount_loc" not in none
