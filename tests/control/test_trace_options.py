"""trace_options and options/."""

from __future__ import annotations

import os

import pytest

from tests.control.client import Client
from tests.control.fake import FakeKernel
from tracefs.control import Tree
from tracefs.trace.array import TraceArray

DEFAULT = """\
print-parent
nosym-offset
nosym-addr
noverbose
noraw
nohex
nobin
noblock
trace_printk
annotate
nouserstacktrace
nosym-userobj
noprintk-msg-only
context-info
nolatency-format
record-cmd
norecord-tgid
overwrite
nodisable_on_free
irq-info
markers
noevent-fork
nopause-on-trace
hash-ptr
function-trace
nofunction-fork
nodisplay-graph
nostacktrace
notest_nop_accept
notest_nop_refuse
"""


def test_defaults(here: Client) -> None:
    assert here.cat("trace_options") == DEFAULT
    here.echo("function", "current_tracer")
    tail = "nofunc_stack_trace\nnofunc-no-repeats\n"
    assert here.cat("trace_options").endswith("nostacktrace\n" + tail)


def test_a_file_for_each(tree: Tree) -> None:
    names = {line.removeprefix("no") for line in DEFAULT.split()}
    names |= {"func_stack_trace", "func-no-repeats"}
    graph = {"overrun", "cpu", "overhead", "proc", "duration", "abstime", "irqs", "tail"}
    graph = {f"funcgraph-{name}" for name in graph} | {"sleep-time", "graph-time"}
    assert set(tree.resolve("/options").names()) == names | graph
    top_only = {"trace_printk", "printk-msg-only", "record-cmd"}
    assert set(tree.resolve("/instances/i/options").names()) == names - top_only


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("noprint-parent", ""),
        (" sym-addr ", ""),
        ("nosuchopt", "EINVAL"),
        ("nonosuch", "EINVAL"),
        ("sym-addr sym-offset", "EINVAL"),
        ("func_stack_trace", "EINVAL"),
        ("test_nop_accept", ""),
        ("test_nop_refuse", "EINVAL"),
        ("", "EINVAL"),
        ("x" * 64, "EINVAL"),
    ],
)
def test_trace_options(here: Client, text: str, result: str) -> None:
    assert here.fails(text, "trace_options") == result
    if not result:
        assert f"{text.strip()}\n" in here.cat("trace_options")


@pytest.mark.parametrize("text", ["2", "foo", " 1", "1x", ""])
def test_bad_values(here: Client, text: str) -> None:
    assert here.fails(text, "options/sym-addr") == "EINVAL"
    assert here.cat("options/sym-addr") == "0\n"


def test_values(here: Client) -> None:
    here.put("options/sym-addr", b"1")
    assert here.cat("options/sym-addr") == "1\n"
    assert "\nsym-addr\n" in here.cat("trace_options")
    file = here.open("options/sym-addr", os.O_RDONLY)
    assert [file.read(1), file.read(5), file.read(5)] == [b"1", b"\n", b""]


def test_the_nop_tracers_options(here: Client, kernel: FakeKernel) -> None:
    assert here.fails("1", "options/test_nop_refuse") == "EINVAL"
    assert here.fails("0", "options/test_nop_refuse") == ""
    here.echo("1", "options/test_nop_accept")
    assert here.cat("options/test_nop_accept") == "1\n"
    assert kernel.backend.lines[-1] == "test_nop_accept set to 1: accepted"


def test_options_of_another_tracer_can_be_set(here: Client, tr: TraceArray) -> None:
    here.echo("1", "options/func-no-repeats")
    assert tr.guest.function == ""  # type: ignore[attr-defined]
    here.echo("function", "current_tracer")
    assert tr.guest.function == "function_no_repeats_trace_call"  # type: ignore[attr-defined]
    here.echo("0", "options/func-no-repeats")
    assert tr.guest.function == "function_trace_call"  # type: ignore[attr-defined]


def test_an_option_the_guest_cannot_do(here: Client) -> None:
    assert here.fails("1", "options/func_stack_trace") == "EINVAL"
    assert here.cat("options/func_stack_trace") == "0\n"


def test_instances_have_their_own(top: Client, tree: Tree) -> None:
    inside = Client(tree, "/instances/i")
    inside.echo("1", "options/func-no-repeats")
    inside.echo("1", "options/raw")
    assert top.cat("options/func-no-repeats") == "0\n"
    assert top.cat("options/raw") == "0\n"


def test_overwrite(here: Client, tr: TraceArray) -> None:
    here.echo("0", "options/overwrite")
    assert not tr.buffer.overwrite
    tr.buffer.room = 2  # type: ignore[attr-defined]
    for number in range(4):
        here.fails(f"{number}", "trace_marker")
    text = here.cat("trace")
    assert "write: 0\n" in text
    assert "write: 3\n" not in text
    assert "dropped events: 2\n" in here.cat("per_cpu/cpu0/stats")
