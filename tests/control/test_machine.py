""".machine/: the machine below."""

from __future__ import annotations

import errno

import pytest

from tests.control.client import Client, refused
from tests.control.fake import FakeKernel
from tracefs.control import Tree


def test_files(top: Client, tree: Tree) -> None:
    assert set(tree.resolve("/.machine").names()) == {
        "README",
        "bugs",
        "cpu_model",
        "cpus",
        "dmesg",
        "explain",
        "faults",
        "insmod",
        "ioremap",
        "nmi",
        "proc",
        "records",
        "rmmod",
        "schedule",
        "text",
        "workload",
    }
    proc = {"cmdline", "kallsyms", "modules", "sys", "version"}
    assert set(tree.resolve("/.machine/proc").names()) == proc
    assert top.cat(".machine/proc/cmdline") == "quiet\n"
    assert top.cat(".machine/proc/kallsyms").endswith("startup_64\n")
    assert top.cat(".machine/proc/version").startswith("Linux version 6.1")
    assert top.cat(".machine/dmesg") == "[    0.000000] hello\n"
    assert top.cat(".machine/cpus") == "cpu 0\ncpu 1\n"
    assert "  workload " in top.cat(".machine/README")


def test_ftrace_enabled(top: Client, kernel: FakeKernel) -> None:
    path = ".machine/proc/sys/kernel/ftrace_enabled"
    assert top.cat(path) == "1\n"
    top.echo("0", path)
    assert kernel.machine.ftrace_enabled is False
    assert top.fails("x", path) == "EINVAL"


def test_sysctl(top: Client, kernel: FakeKernel) -> None:
    kernel_files = ".machine/proc/sys/kernel"
    assert top.cat(f"{kernel_files}/sched_rt_runtime_us") == "-1\n"
    top.echo("950000", f"{kernel_files}/sched_rt_runtime_us")
    assert top.cat(f"{kernel_files}/sched_rt_runtime_us") == "950000\n"
    for bad in ("", "x", "3", "-1"):
        assert top.fails(bad, f"{kernel_files}/kptr_restrict") == "EINVAL"
    top.echo("1", f"{kernel_files}/kptr_restrict")
    assert top.cat(".machine/proc/kallsyms") == "ffffffff81000000 T startup_64\n"
    top.echo("2", f"{kernel_files}/kptr_restrict")
    assert top.cat(".machine/proc/kallsyms") == "0000000000000000 T startup_64\n"


def test_bugs_faults_and_processor(top: Client, kernel: FakeKernel) -> None:
    assert top.cat(".machine/cpu_model") == "[p6] i486\n"
    first, second = top.cat(".machine/bugs").splitlines()
    assert first.split() == ["*", "cmpxchg", "S20", "writes", "on"]
    assert second.startswith("  jmp-zeros ")
    top.echo("!cmpxchg jmp-zeros", ".machine/bugs")
    assert top.cat(".machine/faults") == "vfs_read efault\n"
    top.echo("vfs_write eperm", ".machine/faults")
    top.echo("!vfs_read", ".machine/faults")
    for bad in ("", "vfs_read", "a b c"):
        assert top.fails(bad, ".machine/faults") == "EINVAL"
    assert " e1000e: 0 write cycles" in top.cat(".machine/ioremap")
    top.echo("e1000e 16", ".machine/ioremap")
    for bad in ("", "e1000e", "e1000e x", "a 1 b"):
        assert top.fails(bad, ".machine/ioremap") == "EINVAL"
    assert kernel.machine.calls == [
        ("bug", "cmpxchg", False),
        ("bug", "jmp-zeros", True),
        ("fault", "vfs_write", "eperm"),
        ("fault", "vfs_read", None),
        ("ioremap", "e1000e", 16),
    ]


def test_text(top: Client, tree: Tree) -> None:
    assert tree.resolve("/.machine/text").names() == ["vfs_read", "vfs_write"]
    assert top.cat(".machine/text/vfs_read") == "ffffffff81000000: nop\n"
    with pytest.raises(FileNotFoundError):
        tree.resolve("/.machine/text/nosuch")


def test_modules_and_nmi(top: Client, kernel: FakeKernel) -> None:
    assert top.cat(".machine/insmod") == "crc32c_generic:\next4: crc32c_generic\n"
    top.echo("dummy", ".machine/insmod")
    top.echo("/a\\040b/c.ko numdummies=2 x", ".machine/insmod")
    top.echo("dummy", ".machine/rmmod")
    assert top.fails("other", ".machine/rmmod") == "ENOENT"
    top.echo("1", ".machine/nmi")
    top.echo("", ".machine/nmi")
    top.echo("1 +40", ".machine/nmi")
    top.echo("+2", ".machine/nmi")
    assert top.fails("1 2", ".machine/nmi") == "EINVAL"
    assert kernel.machine.calls == [
        ("insmod", "dummy"),
        ("insmod", "/a b/c.ko", "numdummies=2", "x"),
        ("rmmod", "dummy"),
        ("nmi", 1),
        ("nmi", None),
        ("nmi", 1, 40),
        ("nmi", None, 2),
    ]
    with refused(errno.EINVAL):
        top.cat(".machine/nmi")


def test_workload(top: Client) -> None:
    assert top.cat(".machine/workload") == "workloads: spin\n"
    top.echo("spin 3 -1", ".machine/workload")
    assert top.cat(".machine/workload") == "workloads: spin\nspin 3 -1: done\n"
    for bad in ("spin", "nosuch 1", "spin x", "spin 1 2 3"):
        assert top.fails(bad, ".machine/workload") == "EINVAL"
