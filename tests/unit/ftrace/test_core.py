"""Who is called from where: registering, sharing, modules, the sysctl, and what goes wrong."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.ftrace.bench import Core
from tests.unit.image.toykernel import ARCHS, KERNEL, Toy, compile_object, link_kernel
from tracefs.arch import PatchError, Save, create_arch
from tracefs.ftrace import Ftrace, FtraceOps, OpsFlag, RecFlag
from tracefs.image import Kallsyms
from tracefs.machine import paging


@pytest.fixture(params=ARCHS)
def core(request: pytest.FixtureRequest, toy_dir: Path) -> Core:
    return Core(toy_dir, request.param)


@pytest.fixture
def core64(toy_dir: Path) -> Core:
    return Core(toy_dir)


def raises(code: int, call: Callable[[], object]) -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011
        call()
    assert caught.value.errno == code


def test_boot(core: Core) -> None:
    assert core.log == [
        "ftrace: allocating 6 entries in 1 pages",
        "ftrace: allocated 1 pages with 1 groups",
    ]
    assert core.ftrace.enabled
    assert core.traced() == []
    assert core.ftrace.total_info() == b"6 pages:1 groups: 1\n"
    assert (
        core.ftrace.available_lines()
        == b"vfs_read\nhelper\nvfs_write\nvfs_open\nksys_read\nmaybe\n"
    )
    assert core.ftrace.enabled_lines() == b""
    core.check()


def test_nothing_to_trace(core64: Core) -> None:
    log: list[str] = []
    empty = core64.image.mcount_loc[:0]
    ftrace = Ftrace(core64.arch, core64.kallsyms, empty, printk=log.append)
    ftrace.init()
    assert ftrace.dead
    assert log == ["ftrace: No functions to be traced?"]


def test_register_and_unregister(core: Core) -> None:
    ops = core.ops()
    core.ftrace.register(ops)
    assert ops.enabled
    assert len(core.traced()) == 6
    core.check()
    raises(errno.EBUSY, lambda: core.ftrace.register(ops))
    core.ftrace.unregister(ops)
    assert core.functions() == core.nops
    core.check()
    raises(errno.EBUSY, lambda: core.ftrace.unregister(ops))


def test_text_of_6_1(core64: Core) -> None:
    """golden 08, but for names and addresses."""
    core, one, two = core64, core64.ops(), core64.ops("kprobe", "other_trace_call")
    core.write(one, "vfs_read")
    core.ftrace.register(one)
    assert core.ftrace.enabled_lines().decode() == (
        "vfs_read (1)      \ttramp: 0xffffffffc0000000 (function_trace_call+0x0/0x10)"
        " ->function_trace_call+0x0/0x10\n"
    )
    two.flags |= OpsFlag.SAVE_REGS
    core.write(two, "vfs_read")
    core.ftrace.register(two)
    assert (
        core.ftrace.enabled_lines() == b"vfs_read (2) R     ->arch_ftrace_ops_list_func+0x0/0x10\n"
    )
    core.ftrace.unregister(one)
    assert core.ftrace.enabled_lines().decode() == (
        "vfs_read (1) R    \ttramp: 0xffffffffc0002000 (other_trace_call+0x0/0x10)"
        " ->other_trace_call+0x0/0x10\n"
    )
    core.check()


def test_one_two_three(core: Core) -> None:
    """One ops: called directly; several: by the list function (S25)."""
    list_func = core.image.symbol("arch_ftrace_ops_list_func")
    func = core.image.symbol("function_trace_call")
    ops = [core.ops(f"ops{i}") for i in range(3)]
    core.ftrace.register(ops[0])
    if core.arch.max_offset is None:
        assert core.arch.shared_func(False) == func
    core.ftrace.register(ops[1])
    assert core.arch.shared_func(False) == list_func
    core.check()
    core.ftrace.register(ops[2])
    core.check()
    core.ftrace.unregister(ops[1])
    core.check()
    core.ftrace.unregister(ops[0])
    core.check()
    core.ftrace.unregister(ops[2])
    assert core.functions() == core.nops


def test_trampolines_stay_or_go(core64: Core) -> None:
    core = core64
    static, dynamic = core.ops("static"), core.ops("dynamic")
    dynamic.flags |= OpsFlag.DYNAMIC
    for ops in (static, dynamic):
        core.ftrace.register(ops)
        core.ftrace.unregister(ops)
    assert static.trampoline is not None
    assert dynamic.trampoline is None
    listed = core.kallsyms.lines().count(b"ftrace_trampoline")
    assert listed == 1
    first = static.trampoline.addr
    core.ftrace.register(static)
    assert static.trampoline.addr == first


def test_changing_what_is_called(core64: Core) -> None:
    core, ops = core64, core64.ops()
    core.ftrace.register(ops)
    core.ftrace.set_func(ops, core.image.symbol("other_trace_call"))
    core.check()
    assert b"->other_trace_call" in core.ftrace.enabled_lines()


def test_registers_are_saved_as_asked(core64: Core) -> None:
    for save, flags in ((Save.NOTHING, 0), (Save.ARGS, 0), (Save.REGS, OpsFlag.SAVE_REGS)):
        ops = core64.ops()
        ops.save = Save.NOTHING if flags else save
        ops.flags |= flags
        core64.ftrace.register(ops)
        assert ops.trampoline is not None
        assert ops.trampoline.save is save
        core64.ftrace.unregister(ops)


def test_a_trampoline_follows_what_is_to_be_saved(core64: Core) -> None:
    ops = core64.ops()
    for flags, save in ((0, Save.NOTHING), (OpsFlag.SAVE_REGS, Save.REGS), (0, Save.NOTHING)):
        ops.flags = OpsFlag(flags)
        core64.ftrace.register(ops)
        assert ops.trampoline is not None
        assert ops.trampoline.save is save
        core64.check()
        core64.ftrace.unregister(ops)
    assert core64.kallsyms.lines().count(b"ftrace_trampoline") == 1


def test_sysctl(core: Core) -> None:
    ops = core.ops()
    core.ftrace.register(ops)
    traced = core.text()
    core.ftrace.enabled = False
    assert core.traced() == []
    core.check()
    other = core.ops("other")
    core.ftrace.register(other)  # counted, not called
    assert core.traced() == []
    core.check()
    core.ftrace.unregister(other)
    core.ftrace.enabled = True
    assert core.text() == traced
    core.check()


def test_permanent_ops(core64: Core) -> None:
    core, ops = core64, core64.ops()
    ops.flags |= OpsFlag.PERMANENT
    core.ftrace.enabled = False
    raises(errno.EBUSY, lambda: core.ftrace.register(ops))
    core.ftrace.enabled = True
    core.ftrace.register(ops)
    with pytest.raises(OSError, match="busy"):
        core.ftrace.enabled = False
    assert core.ftrace.enabled


def test_two_that_change_the_ip(core64: Core) -> None:
    core = core64
    one, two = core.ops("one"), core.ops("two")
    for ops, name in ((one, "vfs_read"), (two, "vfs_write")):
        ops.flags |= OpsFlag.IPMODIFY | OpsFlag.SAVE_REGS
        core.write(ops, name)
        core.ftrace.register(ops)
    assert core.ftrace.enabled_lines().startswith(b"vfs_read (1) R I  \ttramp: ")
    core.ftrace.unregister(two)
    core.write(two, "vfs_*")
    raises(errno.EBUSY, lambda: core.ftrace.register(two))


def test_filter_by_address(core64: Core) -> None:
    core, ops = core64, core64.ops()
    read, write = core.image.symbol("vfs_read"), core.image.symbol("vfs_write")
    core.ftrace.set_filter_ip(ops, read)
    core.ftrace.set_filter_ip(ops, write)
    assert core.read(ops) == "vfs_read\nvfs_write\n"
    core.ftrace.set_filter_ip(ops, read, remove=True)
    assert core.read(ops) == "vfs_write\n"
    core.ftrace.set_filter_ip(ops, read, reset=True)
    assert core.read(ops) == "vfs_read\n"
    raises(errno.EINVAL, lambda: core.ftrace.set_filter_ip(ops, core.image.symbol("ftrace_stub")))
    raises(errno.ENOENT, lambda: core.ftrace.set_filter_ip(ops, write, remove=True))
    core.ftrace.set_filter(ops, b"vfs_*", reset=True)
    core.ftrace.set_filter(ops, b"vfs_w*", notrace=True)
    assert core.read(ops, notrace=True) == "vfs_write\n"
    raises(errno.EINVAL, lambda: core.ftrace.set_filter(ops, b"nosuch"))


def test_location(core: Core) -> None:
    for ip in core.image.mcount_loc.tolist():
        symbol = core.kallsyms.lookup(ip)
        assert symbol is not None
        assert core.ftrace.location(ip) == core.ftrace.location(symbol.addr) == ip
        assert core.ftrace.location(ip + 1) == 0
    assert core.ftrace.location(core.image.symbol("ftrace_stub")) == 0
    assert core.ftrace.location(0) == 0


def test_module_comes_and_goes(core: Core) -> None:
    ops = core.ops()
    core.ftrace.register(ops)
    module = core.insmod()
    assert len(core.traced()) == 9
    core.check()
    assert core.ftrace.total_info() == b"9 pages:2 groups: 2\n"
    assert core.ftrace.available_lines().endswith(
        b"maybe\next_read [ext]\next_write [ext]\nleave [ext]\n"
    )
    core.rmmod(module)
    assert core.ftrace.total_info() == b"6 pages:1 groups: 1\n"
    assert b"ext" not in core.ftrace.available_lines()
    core.check()
    core.insmod("again")
    core.check()


def test_a_module_is_not_traced_before_it_is_ready(core64: Core) -> None:
    core, ops = core64, core64.ops()
    core.ftrace.register(ops)
    module = core.loader.load(core.path, "ext")
    core.kallsyms.add_module(module)
    core.ftrace.module_load(module)
    assert all(core.arch.call_target(ip) is None for ip in module.mcount_loc.tolist())
    assert core.write(core.ops("x"), "ext_read") == errno.EINVAL
    core.check()
    core.ftrace.module_enable(module)
    assert all(core.arch.call_target(ip) for ip in module.mcount_loc.tolist())
    core.check()


def test_freed_init_code(core64: Core) -> None:
    core, ops = core64, core64.ops()
    core.write(ops, "vfs_read vfs_write")
    core.ftrace.register(ops)
    start = core.image.symbol("vfs_read")
    core.ftrace.free_mem(start + 4, start + 5)
    assert core.read(ops) == "vfs_write\n"
    assert core.ftrace.available_lines().startswith(b"helper\n")
    core.ftrace.free_mem(start, start)
    assert len(core.ftrace.records) == 5


def test_overridden_weak_functions(toy_dir: Path) -> None:
    """Their sites have no name of their own, and can never be traced."""
    weak = compile_object(toy_dir, "x86_64", KERNEL, "weak")
    strong = compile_object(toy_dir, "x86_64", "int maybe(int n) { return 1; }", "strong")
    path = toy_dir / "both.o"
    subprocess.run(["ld", "-r", weak, strong, "-o", path], check=True)
    toy = Toy(link_kernel(toy_dir, "x86_64", path), "x86_64")
    arch = create_arch(toy.image, toy.memory, toy.area)
    ftrace = Ftrace(arch, Kallsyms(toy.image), toy.image.mcount_loc)
    ftrace.init()
    lines = ftrace.available_lines().decode().split()
    assert len(lines) == 7
    # The old body lies behind ksys_read.
    distance = int(ftrace.records.ips[5]) - toy.image.symbol("ksys_read")
    assert lines[5] == f"__ftrace_invalid_address___{distance}"
    assert lines[6] == "maybe"
    ops = FtraceOps("all", toy.image.symbol("function_trace_call"), private=1)
    ftrace.register(ops)
    assert ftrace.enabled_lines().count(b"\n") == 6
    assert arch.call_target(int(ftrace.records.ips[5])) is None
    assert ftrace.records.record(5).flags == RecFlag.DISABLED
    ftrace.set_filter(ops, b"*")
    assert len(ops.hash.filter) == 6


# What goes wrong.


def corrupt(core: Core, ip: int) -> None:
    core.memory.put_u8(ip + 4, 0x55)


def unmap(core: Core, ip: int) -> None:
    core.memory.unmap(ip & ~0xFFF, 4096)


def protect(core: Core, ip: int) -> None:
    core.memory.protect(ip & ~0xFFF, 4096, paging.RX)


@pytest.mark.parametrize(
    ("damage", "report"),
    [
        (
            corrupt,
            [
                "ftrace failed to modify ",
                "[<ffffffff81000090>] vfs_write+0x0/0x10",
                " actual:   0f:1f:44:00:55",
                " expected: 0f:1f:44:00:00",
            ],
        ),
        (unmap, ["ftrace faulted on modifying ", "[<ffffffff81000010>] vfs_read+0x0/0x10"]),
        (protect, ["ftrace faulted on writing ", "[<ffffffff81000010>] vfs_read+0x0/0x10"]),
    ],
)
def test_bug_report(core64: Core, damage: Callable[[Core, int], None], report: list[str]) -> None:
    core, ops = core64, core64.ops()
    core.ftrace.functions.names()
    core.log.clear()
    damage(core, core.image.symbol("vfs_write"))
    raises(errno.ENODEV, lambda: core.ftrace.register(ops))
    assert core.log == [
        "------------[ ftrace bug ]------------",
        *report,
        "Setting ftrace call site to call ftrace function",
        "ftrace record flags: 0",
        " (0)  ",
        f" expected tramp: {core.image.symbol('ftrace_caller'):x}",
    ]
    assert core.ftrace.dead
    assert ops not in core.ftrace.ops


def test_bug_in_a_traced_site(core64: Core) -> None:
    core, ops = core64, core64.ops()
    core.ftrace.register(ops)
    core.log.clear()
    corrupt(core, core.image.symbol("vfs_write"))
    before = core.text()
    core.ftrace.unregister(ops)
    assert core.text() == before  # verified first: nothing was written
    assert core.log[1] == "ftrace failed to modify "
    assert core.log[5:] == [
        "Setting ftrace call site to NOP",
        "ftrace record flags: 98000001",
        " (1)  \ttramp: ERROR!",  # the ops has left the list already, as in 6.1
        " expected tramp: ffffffffc0000000",
    ]


def test_bug_at_boot(toy_dir: Path) -> None:
    core = Core(toy_dir)
    log: list[str] = []
    ftrace = Ftrace(core.arch, core.kallsyms, core.image.mcount_loc, printk=log.append)
    ftrace.init()  # the sites are nops already: not what a fresh kernel has
    assert ftrace.dead
    assert "Initializing ftrace call sites" in log
    assert " actual:   0f:1f:44:00:00" in log


def test_the_dead_stay_dead(core64: Core) -> None:
    core, ops = core64, core64.ops()
    core.ftrace.register(ops)
    edit = core.ftrace.open_filter(ops, write=True)
    core.ftrace.kill()
    before = core.text()
    for call in (
        lambda: core.ftrace.register(core.ops()),
        lambda: core.ftrace.unregister(ops),
        lambda: core.ftrace.open_filter(ops),
        lambda: core.ftrace.avail_open(),
        lambda: core.ftrace.set_filter_ip(ops, core.image.symbol("vfs_read")),
        lambda: edit.write(b"vfs_read\n"),
    ):
        raises(errno.ENODEV, call)
    with pytest.raises(OSError, match="No such device"):
        core.ftrace.enabled = True
    assert edit.text() == b""
    edit.close()
    assert core.ftrace.available_lines() == core.ftrace.enabled_lines() == b""
    module = core.insmod()
    core.rmmod(module)
    assert core.text() == before
    assert not core.ftrace.enabled


def test_only_the_core_catches_patch_errors() -> None:
    assert issubclass(PatchError, OSError)
    root = Path(__file__).parents[3] / "tracefs"
    catching = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if "except PatchError" in path.read_text()
    }
    assert catching <= {"ftrace/core.py", "arch/base.py"}


def test_the_core_names_no_architecture() -> None:
    root = Path(__file__).parents[3] / "tracefs" / "ftrace"
    for path in root.glob("*.py"):
        text = path.read_text().lower()
        assert "x86" not in text, path
        assert "i386" not in text, path


def test_stop_machine_is_used_for_all_changes(toy_dir: Path) -> None:
    core = Core(toy_dir)
    stopped = 0

    def stop_machine(change: Callable[[], None]) -> None:
        nonlocal stopped
        stopped += 1
        change()

    core.ftrace._stop_machine = stop_machine
    ops = core.ops()
    core.ftrace.register(ops)
    assert stopped == 1
    core.write(ops, "vfs_*")
    assert stopped == 2
    core.ftrace.unregister(ops)
    assert stopped == 3


def test_records_as_text(core64: Core) -> None:
    lines = list(core64.ftrace.record_lines())
    assert lines[0] == "ffffffff81000010 0f 1f 44 00 00 00000000 vfs_read\n"
