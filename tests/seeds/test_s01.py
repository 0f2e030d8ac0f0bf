"""S1: make_nop and make_call are given the module and the record: branches do not reach everything.

On PowerPC a module's call goes to a trampoline in the module.  x86, whose calls reach all, keeps
nothing with a record.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.machine.ppc32 import Ppc32Kernel
from tests.unit.ftrace.bench import Core
from tests.unit.image.toykernel import toy_dir
from tracefs.arch import Arch, PatchError, Ppc32
from tracefs.arch.ppc32 import NOP, REACH, DynArchFtrace
from tracefs.image import LoadedModule
from tracefs.machine import GuestCrash, paging

__all__ = ["toy_dir"]


class Site:
    """A record without a core."""

    def __init__(self, ip: int, arch: object = None) -> None:
        self.ip = ip
        self.arch: Any = arch


@pytest.fixture
def kernel() -> Iterator[Ppc32Kernel]:
    kernel = Ppc32Kernel()
    yield kernel
    kernel.machine.close()


def kept(kernel: Ppc32Kernel, module: LoadedModule) -> list[object]:
    """What the records of a module's sites keep."""
    records = kernel.ftrace.records
    return [record.arch for record in records.view(records.find(module.mcount_loc))]


# What it is for: a module that is out of reach is traced as everything else is.


def check_traced(kernel: Ppc32Kernel) -> None:
    """Load, trace, toggle and unload a module; its functions and the kernel's run on."""
    plain = kernel.call("crc32_le", 0, kernel.image.symbol("_text"), 100)
    module = kernel.insmod()
    assert not kernel.ftrace.dead, kernel.log
    assert kernel.sites(module) == [NOP] * len(module.mcount_loc)
    assert kept(kernel, module) == [DynArchFtrace(module)] * len(module.mcount_loc)
    result = kernel.call("test_sort_run", 7)
    assert kernel.traced() == []

    ops = kernel.tracer("test_sort_run", "fill_words", "sort", "bsearch")
    kernel.ftrace.register(ops)
    kernel.agree()
    caller = kernel.image.symbol("ftrace_caller")
    assert kernel.arch.call_target(kernel.site("fill_words")) == caller
    assert kernel.call("test_sort_run", 7) == result
    assert Counter(kernel.traced()) == {
        ("test_sort_run [test_sort]", "0xffffe000"): 1,
        ("fill_words [test_sort]", "test_sort_run [test_sort]"): 1,
        ("sort", "test_sort_run [test_sort]"): 1,
        ("bsearch", "test_sort_run [test_sort]"): 100,
    }

    kernel.ftrace.enabled = False
    assert kernel.sites(module) == [NOP] * len(module.mcount_loc)
    assert kernel.call("test_sort_run", 7) == result
    assert kernel.traced() == []
    kernel.ftrace.enabled = True
    kernel.agree()
    assert kernel.call("test_sort_run", 7) == result
    assert len(kernel.traced()) == 103
    kernel.ftrace.set_filter(ops, b"sort", notrace=True)
    kernel.ftrace.unregister(ops)
    assert kernel.sites(module) == [NOP] * len(module.mcount_loc)
    kernel.rmmod(module)
    assert kernel.call("crc32_le", 0, kernel.image.symbol("_text"), 100) == plain


def test_a_module_out_of_reach_is_traced(kernel: Ppc32Kernel) -> None:
    check_traced(kernel)


def test_it_is_out_of_reach(kernel: Ppc32Kernel) -> None:
    module = kernel.place()
    mcount = kernel.image.symbol("_mcount")
    for ip in module.mcount_loc.tolist():
        assert abs(ip - mcount) > REACH
        assert kernel.arch.call_target(ip) == mcount  # by a trampoline
        with pytest.raises(PatchError):
            kernel.arch.call_code(ip, mcount)
    assert {mcount, kernel.image.symbol("ftrace_caller")} < set(module.plt)


def test_the_kernel_s_own_sites_are_in_reach(kernel: Ppc32Kernel) -> None:
    module = kernel.insmod()
    records = kernel.ftrace.records
    own = records.view((~records.of_module(module.name)).nonzero()[0])
    assert [record.arch for record in own] == [None] * len(kernel.image.mcount_loc)


@pytest.mark.parametrize("arch", ["x86_64", "i386"])
def test_x86_keeps_nothing(toy_dir: Path, arch: str) -> None:
    core = Core(toy_dir, arch)
    core.insmod()
    core.ftrace.register(core.ops())
    assert core.ftrace.records._arch == {}


# The table of errors: each leaves the site, and what its record keeps, as they were.

Setting = tuple[Ppc32Kernel, LoadedModule, int]
Call = Callable[[Setting, Site], None]


def first(setting: Setting, site: Site) -> None:
    """The first conversion, as when the module is loaded."""
    kernel, module, _ = setting
    kernel.arch.make_nop(module, site, kernel.image.symbol("_mcount"))


def without_module(setting: Setting, site: Site) -> None:
    kernel, _, _ = setting
    kernel.arch.make_nop(None, site, kernel.image.symbol("_mcount"))


def enable(setting: Setting, site: Site) -> None:
    kernel, module, ip = setting
    kernel.memory.write(ip, NOP)
    kernel.arch.make_call(Site(ip, DynArchFtrace(module)), kernel.image.symbol("ftrace_caller"))


def enable_without_module(setting: Setting, site: Site) -> None:
    kernel, _, ip = setting
    kernel.memory.write(ip, NOP)
    kernel.arch.make_call(site, kernel.image.symbol("ftrace_caller"))


def enable_no_nop(setting: Setting, site: Site) -> None:
    kernel, module, ip = setting
    kernel.arch.make_call(Site(ip, DynArchFtrace(module)), kernel.image.symbol("ftrace_caller"))


def whole(setting: Setting) -> None:
    """Nothing is damaged."""


def no_call(setting: Setting) -> None:
    kernel, _, ip = setting
    kernel.memory.write(ip, bytes.fromhex("48000010"))  # b, without a return


def unmapped_site(setting: Setting) -> None:
    kernel, _, ip = setting
    kernel.memory.unmap(ip & -4096, 4096)


def read_only(setting: Setting) -> None:
    kernel, _, ip = setting
    kernel.memory.protect(ip & -4096, 4096, paging.RX)


def trampoline(name: str, offset: int, value: int) -> Callable[[Setting], None]:
    """A byte of the trampoline to a function is changed."""

    def damage(setting: Setting) -> None:
        kernel, module, _ = setting
        kernel.memory.put_u8(module.plt[kernel.image.symbol(name)] + offset, value)

    return damage


def elsewhere(setting: Setting) -> None:
    """The site calls a good trampoline, of another function."""
    kernel, module, ip = setting
    to = module.plt[kernel.image.symbol("sort")]
    kernel.memory.write(ip, kernel.arch.call_code(ip, to))


def nowhere(setting: Setting) -> None:
    """The site's call leads to where nothing is mapped."""
    kernel, _, ip = setting
    end = kernel.memory.layout.modules_end
    kernel.memory.write(ip, kernel.arch.call_code(ip, end - 4096))


def no_trampoline(setting: Setting) -> None:
    kernel, module, _ = setting
    del module.plt[kernel.image.symbol("ftrace_caller")]


ERRORS: dict[str, tuple[Callable[[Setting], None], Call, int]] = {
    "no module": (whole, without_module, errno.EFAULT),
    "unmapped site": (unmapped_site, first, errno.EFAULT),
    "no call": (no_call, first, errno.EINVAL),
    "lis": (trampoline("_mcount", 0, 0x3C), first, errno.EINVAL),
    "addi": (trampoline("_mcount", 4, 0x3C), first, errno.EINVAL),
    "mtctr": (trampoline("_mcount", 8, 0x7C), first, errno.EINVAL),
    "bctr": (trampoline("_mcount", 15, 0x21), first, errno.EINVAL),
    "its target": (trampoline("_mcount", 7, 0x44), first, errno.EINVAL),
    "another's trampoline": (elsewhere, first, errno.EINVAL),
    "no memory there": (nowhere, first, errno.EFAULT),
    "read-only site": (read_only, first, errno.EPERM),
    "call: no module": (whole, enable_without_module, errno.EINVAL),
    "call: no trampoline": (no_trampoline, enable, errno.EINVAL),
    "call: no nop": (whole, enable_no_nop, errno.EINVAL),
    "call: its target": (trampoline("ftrace_caller", 7, 0x44), enable, errno.EINVAL),
}


def check_error(kernel: Ppc32Kernel, name: str) -> None:
    damage, call, code = ERRORS[name]
    module = kernel.place()
    ip = int(module.mcount_loc[0])
    setting = (kernel, module, ip)
    damage(setting)
    site = Site(ip)
    if call in (enable, enable_without_module):
        kernel.memory.write(ip, NOP)
    mapped = name != "unmapped site"
    before = kernel.memory.read(ip, 4) if mapped else b""
    with pytest.raises(PatchError) as caught:
        call(setting, site)
    assert caught.value.errno == code
    assert site.arch is None
    if mapped:
        assert kernel.memory.read(ip, 4) == before


@pytest.mark.parametrize("name", ERRORS)
def test_errors(kernel: Ppc32Kernel, name: str) -> None:
    check_error(kernel, name)


def check_other_module(kernel: Ppc32Kernel) -> None:
    """EINVAL for a module that is not the one of the first conversion."""
    one, two = kernel.place("one"), kernel.place("two")
    mcount, ip = kernel.image.symbol("_mcount"), int(one.mcount_loc[0])
    call, site = kernel.memory.read(ip, 4), Site(ip)
    kernel.arch.make_nop(one, site, mcount)
    assert site.arch.mod is one
    kernel.arch.make_call(site, mcount)
    assert kernel.memory.read(ip, 4) == call
    with pytest.raises(PatchError) as caught:
        kernel.arch.make_nop(two, site, mcount)
    assert caught.value.errno == errno.EINVAL
    assert site.arch.mod is one
    assert kernel.memory.read(ip, 4) == call
    for known in (one, None):  # after the first time nobody has to say it
        kernel.arch.make_nop(known, site, mcount)
        kernel.arch.make_call(site, mcount)


def test_another_module(kernel: Ppc32Kernel) -> None:
    check_other_module(kernel)


# A module with corrupt trampolines.


@pytest.mark.parametrize("target", ["_mcount", "ftrace_caller"])
def test_a_corrupt_module_is_refused(
    kernel: Ppc32Kernel, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    good = kernel.insmod("good")
    ops = kernel.tracer("sort")
    kernel.ftrace.register(ops)
    module = kernel.place("bad")
    at = module.plt[kernel.image.symbol(target)]
    kernel.memory.write(at + 8, bytes.fromhex("60000000"))
    before = kernel.memory.read(module.base, module.text[1] - module.base)
    seen: list[bytes] = []
    unload = kernel.loader.unload

    def look(gone: LoadedModule) -> None:
        seen.append(kernel.memory.read(gone.base, gone.text[1] - gone.base))
        unload(gone)

    monkeypatch.setattr(kernel.loader, "unload", look)
    kernel.log.clear()
    with pytest.raises(OSError, match="Invalid argument") as caught:
        kernel.start(module)
    assert caught.value.errno == errno.EINVAL
    assert seen == [before]
    expected = kernel.arch.module_trampoline(kernel.image.symbol(target))
    found = expected[:8] + bytes.fromhex("60000000") + expected[12:]
    assert kernel.log == [
        f"bad: no trampoline at [<{at:08x}>], its functions cannot be traced",
        f" actual:   {found.hex(':')}",
        f" expected: {expected.hex(':')}",
    ]
    # The kernel goes on, tracing as well, and takes the next module.
    assert list(kernel.loader.modules) == ["good"]
    assert not kernel.ftrace.dead
    kernel.agree()
    assert kernel.call("test_sort_run", 3) > 0
    assert kernel.traced() == [("sort", "test_sort_run [good]")]
    kernel.insmod("bad")
    assert [name for name, _ in kernel.traced()] == ["sort"]
    assert good.state == "Live"


# Mutants: the mechanism removed or reversed.


def dies(check: Callable[[], None]) -> bool:
    """Whether a check notices."""
    try:
        check()
    except (AssertionError, OSError, GuestCrash, pytest.fail.Exception):
        return True
    return False


def test_mutant_calls_are_computed_from_two_addresses(
    kernel: Ppc32Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As before S1: nobody is told the module."""
    monkeypatch.setattr(Ppc32, "make_nop", Arch.make_nop)
    monkeypatch.setattr(Ppc32, "make_call", Arch.make_call)
    assert dies(lambda: check_traced(kernel))


def test_mutant_the_module_is_ignored(kernel: Ppc32Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Ppc32._owner

    def any_module(arch: Ppc32, mod: LoadedModule | None, rec: Site) -> LoadedModule:
        return mod if mod is not None else owner(arch, mod, rec)

    monkeypatch.setattr(Ppc32, "_owner", any_module)
    assert dies(lambda: check_other_module(kernel))


def test_mutant_the_record_forgets_it(kernel: Ppc32Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    make_nop = Ppc32.make_nop

    def forgetful(arch: Ppc32, mod: LoadedModule | None, rec: Site, addr: int) -> None:
        make_nop(arch, mod, rec, addr)
        rec.arch = None

    monkeypatch.setattr(Ppc32, "make_nop", forgetful)
    assert dies(lambda: check_traced(kernel))


@pytest.mark.parametrize("name", ["lis", "addi", "mtctr", "bctr", "its target"])
def test_mutant_the_trampoline_is_not_looked_at(
    kernel: Ppc32Kernel, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(Ppc32, "_verify", lambda *args: None)
    assert dies(lambda: check_error(kernel, name))


@pytest.mark.parametrize("name", ["its target", "another's trampoline", "call: its target"])
def test_mutant_its_target_is_not_looked_at(
    kernel: Ppc32Kernel, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def instructions_only(arch: Ppc32, ip: int, tramp: int, target: int) -> None:
        if arch._trampoline_target(tramp) is None:
            raise PatchError(errno.EINVAL, ip)

    monkeypatch.setattr(Ppc32, "_verify", instructions_only)
    assert dies(lambda: check_error(kernel, name))


def test_mutant_calls_go_to_the_first_trampoline(
    kernel: Ppc32Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enabling takes the way to mcount instead of the module's second one."""

    def first_one(arch: Ppc32, rec: Site, addr: int) -> bytes:
        tramp = rec.arch.mod.plt[arch.mcount_addr] if rec.arch else addr
        return arch.call_code(rec.ip, tramp)

    monkeypatch.setattr(Ppc32, "_site_code", first_one)
    assert dies(lambda: check_traced(kernel))


def test_mutant_modules_are_not_looked_at(
    kernel: Ppc32Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ppc32, "check_module", Arch.check_module)
    assert dies(lambda: test_a_corrupt_module_is_refused(kernel, monkeypatch, "_mcount"))
