"""Function files and pid lists: how handles open, read, commit and close."""

from __future__ import annotations

import errno
import os

import pytest

from tests.control.client import Client, refused
from tests.control.fake import FakeKernel
from tracefs.trace.array import TraceArray

ALL = "#### all functions enabled ####\n"


def test_available_filter_functions(top: Client, kernel: FakeKernel) -> None:
    whole = kernel.backend.ftrace.available_lines()
    reads = top.open("available_filter_functions").readall()
    assert b"".join(reads) == whole
    assert max(map(len, reads)) <= 4095
    assert all(read.endswith(b"\n") for read in reads)
    file = top.open("available_filter_functions")
    assert file.read(30) + file.read(30) == whole[:60]
    file.seek(0)
    assert file.read(40) == whole[:40]
    file.seek(100)
    assert file.read(25) == whole[100:125]
    file.seek(1000000)
    assert file.read(30) == b""
    kernel.backend.ftrace.dead = True
    with refused(errno.ENODEV):
        top.open("available_filter_functions")


def test_totals(top: Client) -> None:
    assert top.cat("dyn_ftrace_total_info") == "39810 pages:171 groups: 19\n"


def test_filter(here: Client) -> None:
    assert here.cat("set_ftrace_filter") == ALL
    here.echo("vfs_read", "set_ftrace_filter")
    here.echo("vfs_write", "set_ftrace_filter", append=True)
    assert here.cat("set_ftrace_filter") == "vfs_read\nvfs_write\n"
    here.echo("vfs_open", "set_ftrace_filter")
    assert here.cat("set_ftrace_filter") == "vfs_open\n"
    assert here.fails("vfs_read nosuch vfs_write", "set_ftrace_filter") == "EINVAL"
    assert here.cat("set_ftrace_filter") == "vfs_read\n"
    here.echo("", "set_ftrace_filter")
    assert here.cat("set_ftrace_filter") == ALL
    assert here.cat("set_ftrace_notrace") == ALL


def test_words_take_effect_at_close(here: Client) -> None:
    file = here.open("set_ftrace_filter", os.O_WRONLY | os.O_TRUNC)
    assert file.write(b"vfs_read vfs_write\n") == 9
    with refused(errno.EINVAL):
        file.write(b"nosuch\n")
    assert file.write(b"vfs_open\n") == 9
    assert here.cat("set_ftrace_filter") == ALL
    file.close()
    assert here.cat("set_ftrace_filter") == "vfs_open\nvfs_read\n"


def test_a_shells_first_close_does_not_clear_a_running_filter(
    here: Client, kernel: FakeKernel, tr: TraceArray
) -> None:
    here.echo("vfs_read", "set_ftrace_filter")
    here.echo("function", "current_tracer")
    names = kernel.backend.ftrace.filters[id(tr.guest.ops), False]
    file = here.open("set_ftrace_filter", os.O_WRONLY | os.O_TRUNC)
    file.handle.flush(here.task)
    assert names == {b"vfs_read"}
    file.write(b"vfs_write\n")
    file.handle.flush(here.task)
    assert names == {b"vfs_write"}
    file.write(b"vfs_open\n")
    file.close()
    assert names == {b"vfs_write", b"vfs_open"}


def test_truncating_without_a_write(here: Client, kernel: FakeKernel, tr: TraceArray) -> None:
    here.echo("vfs_read", "set_ftrace_filter")
    file = here.open("set_ftrace_filter", os.O_WRONLY | os.O_TRUNC)
    assert here.cat("set_ftrace_filter") == "vfs_read\n"
    file.handle.flush(here.task)  # close(2); the release comes later
    assert here.cat("set_ftrace_filter") == ALL
    file.handle.close()
    assert here.cat("set_ftrace_filter") == ALL


def test_reading_and_writing_one_file(here: Client) -> None:
    file = here.open("set_ftrace_filter", os.O_RDWR)
    assert file.read(100).decode() == ALL
    assert file.write(b"vfs_open\n") == 9
    file.close()
    assert here.cat("set_ftrace_filter") == "vfs_open\n"


def test_enabled_functions(top: Client) -> None:
    assert top.cat("enabled_functions") == ""
    top.echo("vfs_read", "set_ftrace_filter")
    top.echo("function", "current_tracer")
    assert top.cat("enabled_functions") == "vfs_read (1)\n"
    top.echo("nop", "current_tracer")
    assert top.cat("enabled_functions") == ""


@pytest.mark.parametrize("name", ["set_ftrace_pid", "set_ftrace_notrace_pid"])
def test_pids(here: Client, name: str) -> None:
    assert here.cat(name) == "no pid\n"
    here.echo("3 2 1 3", name)
    assert here.cat(name) == "1\n2\n3\n"
    here.echo("10", name, append=True)
    assert here.cat(name) == "1\n2\n3\n10\n"
    here.echo("99999999", name)
    assert here.cat(name) == "99999999\n"
    here.echo("0x10 010", name)
    assert here.cat(name) == "8\n16\n"
    for bad in ("abc", "-1", "5 junk", "1" * 10000, "1_0"):
        assert here.fails(bad, name) == "EINVAL"
        assert here.cat(name) == "no pid\n"
    here.echo("0", name)
    assert here.cat(name) == "0\n"
    here.echo("", name)
    assert here.cat(name) == "no pid\n"


def test_pids_reach_the_guest(here: Client, tr: TraceArray) -> None:
    here.echo("7", "set_ftrace_pid")
    here.echo("8", "set_ftrace_notrace_pid")
    only, never = tr.guest.pids
    assert (only, never) == (frozenset({7}), frozenset({8}))
    here.open("set_ftrace_pid", os.O_WRONLY | os.O_TRUNC).close()
    only, never = tr.guest.pids
    assert only is None
    assert never == frozenset({8})


def test_saved_names(top: Client, kernel: FakeKernel) -> None:
    assert top.cat("saved_cmdlines") == "7 cat\n"
    assert top.cat("saved_tgids") == ""
    kernel.backend.cmdlines.groups[7] = 6
    assert top.cat("saved_tgids") == "7 6\n"
    assert top.cat("saved_cmdlines_size") == "6552\n"
    assert top.fails("foo", "saved_cmdlines_size") == "EINVAL"
    assert top.fails("0", "saved_cmdlines_size") == "EINVAL"
    assert top.fails("", "saved_cmdlines") == "EINVAL"
