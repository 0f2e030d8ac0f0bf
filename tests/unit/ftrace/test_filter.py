"""set_ftrace_filter and set_ftrace_notrace, as the real 6.1 answered (golden 05 and 06)."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.unit.ftrace.bench import Core
from tests.unit.image.toykernel import ARCHS
from tracefs.ftrace import FilterEdit, FtraceOps

ALL = "#### all functions enabled ####\n"
NONE = "#### no functions disabled ####\n"


@pytest.fixture(params=ARCHS)
def core(request: pytest.FixtureRequest, toy_dir: Path) -> Core:
    return Core(toy_dir, request.param)


@pytest.fixture
def ops(core: Core) -> FtraceOps:
    return core.ops()


def test_nothing_chosen(core: Core, ops: FtraceOps) -> None:
    assert core.read(ops) == ALL
    assert core.read(ops, notrace=True) == NONE


def test_writing_and_appending(core: Core, ops: FtraceOps) -> None:
    assert core.write(ops, "vfs_read") == 0
    assert core.read(ops) == "vfs_read\n"
    core.write(ops, "vfs_write", append=True)
    assert core.read(ops) == "vfs_read\nvfs_write\n"
    core.write(ops, "vfs_open")
    assert core.read(ops) == "vfs_open\n"
    core.write(ops, "!vfs_open", append=True)
    assert core.read(ops) == ALL
    assert core.write(ops, "!vfs_open") == 0
    assert core.write(ops, "!vfs_nonexist", append=True) == errno.EINVAL


def test_words_before_a_bad_one_stay(core: Core, ops: FtraceOps) -> None:
    assert core.write(ops, "nosuchfunc") == errno.EINVAL
    assert core.read(ops) == ALL
    assert core.write(ops, "vfs_read nosuchfunc vfs_write") == errno.EINVAL
    assert core.read(ops) == "vfs_read\n"
    assert core.write(ops, "vfs_read,vfs_write") == errno.EINVAL


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("vfs_read vfs_write  vfs_open", "vfs_read vfs_write vfs_open"),
        ("vfs_read\nvfs_write\nvfs_open", "vfs_read vfs_write vfs_open"),
        ("vfs_read\tvfs_write\0vfs_open", "vfs_read vfs_write vfs_open"),
        ("vfs_*", "vfs_read vfs_write vfs_open"),
        ("*_read", "vfs_read ksys_read"),
        ("*s_r*", "vfs_read ksys_read"),
        ("v*_r*d", "vfs_read"),
        ("vfs_rea?", "vfs_read"),
        ("vfs_rea[c-e]", "vfs_read"),
        ("*", "vfs_read helper vfs_write vfs_open ksys_read maybe"),
        ("**", "vfs_read helper vfs_write vfs_open ksys_read maybe"),
        ("1", "vfs_read"),
        ("1x", "vfs_read"),
        ("3 2 0x4", "helper vfs_write vfs_open"),
        ("* !vfs_*", "helper ksys_read maybe"),
    ],
)
def test_patterns(core: Core, ops: FtraceOps, text: str, names: str) -> None:
    assert core.write(ops, text) == 0
    assert core.read(ops).split() == names.split()


@pytest.mark.parametrize(
    "text", ["0", "99999999", "-1", "x" * 1000, "vfs_read:nosuchcmd", "a:", ":"]
)
def test_refused(core: Core, ops: FtraceOps, text: str) -> None:
    assert core.write(ops, text) == errno.EINVAL
    assert core.read(ops) == ALL


def test_clearing(core: Core, ops: FtraceOps) -> None:
    core.write(ops, "vfs_read")
    assert core.write(ops, "") == 0
    assert core.read(ops) == ALL


def test_taking_from_nothing_leaves_nothing(core: Core, ops: FtraceOps) -> None:
    assert core.write(ops, "!vfs_*") == 0
    assert core.read(ops) == ALL


def test_an_edit_is_seen_by_its_own_file_only(core: Core, ops: FtraceOps) -> None:
    edit = core.ftrace.open_filter(ops, write=True)
    edit.write(b"vfs_read ")
    assert edit.text() == b"vfs_read\n"
    assert core.read(ops) == ALL
    edit.close()
    assert core.read(ops) == "vfs_read\n"
    edit.close()  # once only


def test_a_word_over_two_writes_and_at_close(core: Core, ops: FtraceOps) -> None:
    edit = core.ftrace.open_filter(ops, write=True)
    assert edit.write(b"vfs_") == 4
    assert edit.write(b"read") == 4
    assert edit.text().decode() == ALL
    edit.close()
    assert core.read(ops) == "vfs_read\n"


def test_a_running_tracer_follows(core: Core, ops: FtraceOps) -> None:
    core.ftrace.register(ops)
    core.write(ops, "vfs_*")
    assert core.traced() == ["vfs_read", "vfs_write", "vfs_open"]
    core.write(ops, "vfs_write", notrace=True)
    assert core.read(ops, notrace=True) == "vfs_write\n"
    assert core.traced() == ["vfs_read", "vfs_open"]
    core.write(ops, "")
    assert len(core.traced()) == 5
    core.write(ops, "", notrace=True)
    assert len(core.traced()) == 6
    core.check()


def test_modules(core: Core, ops: FtraceOps) -> None:
    core.insmod()
    assert core.write(ops, ":mod:ext") == 0
    assert core.read(ops) == "ext_read [ext]\next_write [ext]\nleave [ext]\n"
    assert core.write(ops, "*:mod:ext") == 0
    assert core.write(ops, "!*write*:mod:ext", append=True) == 0
    assert core.read(ops) == "ext_read [ext]\nleave [ext]\n"
    assert core.write(ops, "ext_*:mod:*x*") == 0
    assert core.read(ops) == "ext_read [ext]\next_write [ext]\n"
    assert core.write(ops, "*:mod:") == 0
    assert len(core.read(ops).split("\n")) == 4
    assert core.write(ops, "*_read:mod:!ext") == 0
    assert core.read(ops) == "vfs_read\nksys_read\n"
    assert core.write(ops, "vfs_*:mod:ext") == errno.EINVAL
    assert core.read(ops) == ALL
    assert core.write(ops, "*:mod") == errno.EINVAL


def test_pending_modules(core: Core, ops: FtraceOps) -> None:
    assert core.write(ops, "*:mod:nosuchmod") == 0
    assert core.read(ops) == "*:mod:nosuchmod\n"
    core.ftrace.register(ops)
    assert core.traced() == []  # waiting for a module is not "all functions"
    core.write(ops, "ext_*:mod:ext", append=True)
    core.write(ops, "vfs_read", append=True)
    assert core.read(ops) == "vfs_read\next_*:mod:ext\n*:mod:nosuchmod\n"
    core.insmod()
    assert core.read(ops) == "vfs_read\next_read [ext]\next_write [ext]\n*:mod:nosuchmod\n"
    assert core.traced() == ["vfs_read", "ext_read [ext]", "ext_write [ext]"]
    assert core.write(ops, "!nothing:mod:nosuchmod", append=True) == errno.EINVAL
    assert core.write(ops, "!*:mod:nosuchmod", append=True) == 0
    assert core.read(ops) == "vfs_read\next_read [ext]\next_write [ext]\n"
    core.write(ops, "")
    assert core.read(ops) == ALL
    core.check()


def test_truncating_drops_pending_modules(core: Core, ops: FtraceOps) -> None:
    core.write(ops, ":mod:nosuchmod")
    assert core.read(ops) == ":mod:nosuchmod\n"
    edit = core.ftrace.open_filter(ops, write=True, trunc=True)
    assert edit.text().decode() == ALL
    edit.close()
    assert core.read(ops) == ALL


def test_pending_notrace(core: Core, ops: FtraceOps) -> None:
    core.write(ops, "*_read:mod:ext", notrace=True)
    assert core.read(ops, notrace=True) == NONE + "*_read:mod:ext\n"
    core.ftrace.register(ops)
    core.insmod()
    assert core.read(ops, notrace=True) == "ext_read [ext]\n"
    assert "ext_read [ext]" not in core.traced()
    assert "ext_write [ext]" in core.traced()


def test_a_filter_of_a_module_that_went_away(core: Core, ops: FtraceOps) -> None:
    module = core.insmod()
    core.write(ops, ":mod:ext")
    core.ftrace.register(ops)
    core.rmmod(module)
    assert core.read(ops) == ""  # still a filter, of nothing
    assert core.traced() == []
    core.check()


def test_modules_need_a_trace_array(core: Core) -> None:
    ops = FtraceOps("bare", core.image.symbol("function_trace_call"))
    assert core.write(ops, "*:mod:ext") == errno.ENODEV
    assert core.write(ops, "vfs_read") == 0


def test_commands_come_from_above(core: Core, ops: FtraceOps) -> None:
    seen: list[tuple[object, ...]] = []

    def traceoff(
        edit: FilterEdit, func: bytes, command: bytes, param: bytes | None, enable: bool
    ) -> None:
        if not enable:
            raise OSError(errno.EINVAL, "only for the filter")
        seen.append((edit.ops.private, func, command, param))

    core.ftrace.commands[b"traceoff"] = traceoff
    core.ftrace.probe_lines = lambda ops: b"vfs_read:traceoff:unlimited\n"
    assert core.write(ops, "vfs_read:traceoff !vfs_*:traceoff:3:4") == 0
    assert seen == [
        (core, b"vfs_read", b"traceoff", None),
        (core, b"!vfs_*", b"traceoff", b"3:4"),
    ]
    assert core.write(ops, "vfs_read:traceoff", notrace=True) == errno.EINVAL
    assert core.read(ops) == ALL + "vfs_read:traceoff:unlimited\n"
    assert core.read(ops, notrace=True) == NONE


def test_two_ops_share_their_files(core: Core) -> None:
    function, graph = core.ops(), core.ops("graph", "other_trace_call")
    graph.hash = function.hash
    core.ftrace.register(graph)
    core.write(function, "vfs_read")
    assert core.traced() == ["vfs_read"]
    assert core.read(graph) == "vfs_read\n"
    core.check()
