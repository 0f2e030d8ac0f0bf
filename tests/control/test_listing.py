"""Names, modes and link counts; making and removing instances; the files that say what there is."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import pytest

from tests.control.client import Client, refused
from tests.control.fake import FakeKernel
from tracefs.control import Node, Tree

READ_ONLY = {
    "README",
    "available_filter_functions",
    "available_events",
    "available_tracers",
    "buffer_total_size_kb",
    "dyn_ftrace_total_info",
    "enabled_functions",
    "kprobe_profile",
    "printk_formats",
    "saved_cmdlines",
    "saved_tgids",
    "stack_trace",
    "timestamp_mode",
    "trace_pipe",
}
TOP_ONLY = {
    "README",
    "available_events",
    "available_filter_functions",
    "dyn_ftrace_total_info",
    "dynamic_events",
    "enabled_functions",
    "function_profile_enabled",
    "kprobe_events",
    "kprobe_profile",
    "max_graph_depth",
    "printk_formats",
    "saved_cmdlines",
    "saved_cmdlines_size",
    "saved_tgids",
    "set_graph_function",
    "set_graph_notrace",
    "stack_max_size",
    "stack_trace",
    "stack_trace_filter",
    "tracing_thresh",
}
BOTH = {
    "available_tracers",
    "buffer_percent",
    "buffer_size_kb",
    "buffer_total_size_kb",
    "current_tracer",
    "error_log",
    "free_buffer",
    "set_event",
    "set_event_notrace_pid",
    "set_event_pid",
    "set_ftrace_filter",
    "set_ftrace_notrace",
    "set_ftrace_notrace_pid",
    "set_ftrace_pid",
    "snapshot",
    "timestamp_mode",
    "trace",
    "trace_clock",
    "trace_marker",
    "trace_marker_raw",
    "trace_options",
    "trace_pipe",
    "tracing_cpumask",
    "tracing_max_latency",
    "tracing_on",
}
DIRECTORIES = {"events", "options", "per_cpu"}


def test_names(tree: Tree) -> None:
    root = tree.resolve("/")
    assert set(root.names()) == BOTH | TOP_ONLY | DIRECTORIES | {
        "instances",
        "trace_stat",
        ".machine",
    }
    assert len(set(root.names())) == len(root.names())
    assert set(tree.resolve("/instances/i").names()) == BOTH | DIRECTORIES
    assert tree.resolve("/per_cpu").names() == ["cpu0", "cpu1"]
    assert set(tree.resolve("/per_cpu/cpu1").names()) == {
        "buffer_size_kb",
        "snapshot",
        "snapshot_raw",
        "stats",
        "trace",
        "trace_pipe",
        "trace_pipe_raw",
    }


@pytest.mark.parametrize("name", sorted(BOTH | TOP_ONLY))
def test_modes(tree: Tree, name: str) -> None:
    special = {"trace_marker": 0o220, "trace_marker_raw": 0o220, "free_buffer": 0o200}
    mode = special.get(name, 0o440 if name in READ_ONLY else 0o640)
    assert tree.resolve("/" + name).attr() == (0o100000 | mode, 1, 0)
    if name in BOTH:
        assert tree.resolve("/instances/i/" + name).attr() == (0o100000 | mode, 1, 0)


def test_directories(tree: Tree) -> None:
    assert tree.resolve("/").attr() == (0o040700, 8, 0)
    assert tree.resolve("/instances").attr() == (0o040750, 3, 0)
    assert tree.resolve("/instances/i").attr() == (0o040750, 5, 0)
    assert tree.resolve("/per_cpu").attr() == (0o040750, 4, 0)
    assert tree.resolve("/options").attr() == (0o040750, 2, 0)
    assert tree.resolve("/options/raw").attr() == (0o100640, 1, 0)


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/nosuch", errno.ENOENT),
        ("/per_cpu/cpu2", errno.ENOENT),
        ("/options/nosuch", errno.ENOENT),
        ("/trace/x", errno.ENOTDIR),
        ("/instances/nosuch/trace", errno.ENOENT),
        ("/instances/" + "x" * 256, errno.ENAMETOOLONG),
    ],
)
def test_what_is_not_there(tree: Tree, path: str, number: int) -> None:
    with refused(number):
        tree.resolve(path)


def test_instances(tree: Tree, kernel: FakeKernel) -> None:
    instances = tree.resolve("/instances")
    with pytest.raises(FileExistsError):
        instances.mkdir("i")
    instances.mkdir("with space")
    assert instances.names() == ["i", "with space"]
    made = kernel.traces.find("with space")
    assert made is not None
    instances.rmdir("with space")
    assert made.guest.freed  # type: ignore[attr-defined]
    assert instances.names() == ["i"]
    with pytest.raises(FileNotFoundError):
        instances.rmdir("nosuch")
    for path in ("/", "/instances/i", "/options", "/per_cpu"):
        with pytest.raises(PermissionError):
            tree.resolve(path).mkdir("x")
    with pytest.raises(PermissionError):
        tree.resolve("/").rmdir("options")


def files(node: Node, path: str = "") -> Iterator[str]:
    """The paths of all files below a directory."""
    for name in node.names():
        child = node.child(name)
        if child.is_directory:
            yield from files(child, f"{path}{name}/")
        else:
            yield path + name


def test_an_instance_in_use_stays(tree: Tree) -> None:
    for path in files(tree.resolve("/instances/i")):
        mode = tree.resolve(f"/instances/i/{path}").attr()[0]
        file = Client(tree, "/instances/i").open(path, os.O_RDONLY if mode & 0o444 else os.O_WRONLY)
        with refused(errno.EBUSY):
            tree.resolve("/instances").rmdir("i")
        file.close()
    tree.resolve("/instances").rmdir("i")


def test_an_instance_starts_with_the_tops_options(
    top: Client, tree: Tree, kernel: FakeKernel
) -> None:
    top.echo("sym-addr", "trace_options")
    top.echo("nooverwrite", "trace_options")
    tree.resolve("/instances").mkdir("j")
    assert Client(tree, "/instances/j").cat("options/sym-addr") == "1\n"
    assert Client(tree, "/instances/i").cat("options/sym-addr") == "0\n"
    made = kernel.traces.find("j")
    assert made is not None
    assert not made.buffer.overwrite


def test_an_instance_traces_for_itself(tree: Tree, top: Client) -> None:
    inside = Client(tree, "/instances/i")
    inside.echo("function", "current_tracer")
    inside.echo("to-instance", "trace_marker")
    assert top.cat("current_tracer") == "nop\n"
    assert "to-instance" not in top.cat("trace")
    assert "to-instance" in inside.cat("trace")


def test_readme(top: Client) -> None:
    text = top.cat("README")
    for name in BOTH | TOP_ONLY - {"README"}:
        assert f"\n  {name} " in text
    assert ":mod:" in text
    assert "mkdir instances/foo" in text


@pytest.mark.parametrize("name", sorted(READ_ONLY - {"trace_pipe"}))
def test_read_only_files_open_for_writing_but_take_nothing(top: Client, name: str) -> None:
    assert top.fails("x", name) == "EINVAL"


def test_small_files_that_lseek_refuses(here: Client, top: Client) -> None:
    for name in ("trace_marker", "trace_marker_raw", "trace_pipe"):
        file = here.open(name)
        with refused(errno.ESPIPE):
            file.seek(0)
        file.close()
    assert not top.open("saved_cmdlines_size").handle.seekable
