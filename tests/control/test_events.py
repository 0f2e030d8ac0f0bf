"""events/, set_event and available_events over events without a guest."""

from __future__ import annotations

import os
import struct

import pytest

from tests.control.client import Client
from tests.control.fake import FakeKernel
from tracefs.control import Tree
from tracefs.trace.array import TraceArray

SWITCH = "events/sched/sched_switch"
FORMAT = """\
name: sched_switch
ID: 22
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:1;
\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;
\tfield:int prev_prio;\toffset:28;\tsize:4;\tsigned:1;
\tfield:long prev_state;\toffset:32;\tsize:8;\tsigned:1;

print fmt: "prev_comm=%s prev_pid=%d", REC->prev_comm, REC->prev_pid
"""


def test_listing(here: Client, tree: Tree) -> None:
    def names(path: str) -> list[str]:
        return sorted(tree.resolve(f"{here.root}/{path}").names())

    assert names("events") == ["enable", "ftrace", "header_event", "header_page", "irq", "sched"]
    assert {"enable", "sched_switch", "sched_wakeup"} <= set(names("events/sched"))
    assert {"enable", "format", "id"} <= set(names(SWITCH))
    assert names("events/ftrace") == ["function", "print"]
    assert names("events/ftrace/function") == ["format", "id"]
    assert names("events/ftrace/print") == ["format", "id", "trigger"]
    assert tree.resolve(here.root + "/events").attr()[1] == 2 + 3


def test_format_is_made_of_the_description(here: Client) -> None:
    assert here.cat(f"{SWITCH}/format") == FORMAT
    assert here.cat(f"{SWITCH}/id") == "22\n"
    assert "\tfield:__data_loc char[] name;\toffset:12;\tsize:4;\tsigned:1;\n" in here.cat(
        "events/irq/irq_handler_entry/format"
    )
    assert here.cat("events/ftrace/function/id") == "1\n"


def test_pages_are_described(here: Client) -> None:
    assert "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n" in here.cat(
        "events/header_page"
    )
    assert "data max type_len  == 28" in here.cat("events/header_event")


def test_enable(here: Client, kernel: FakeKernel) -> None:
    assert here.cat("events/enable") == here.cat(f"{SWITCH}/enable") == "0\n"
    here.echo("1", f"{SWITCH}/enable")
    assert [file.key for file in kernel.events.living if file.linked] == [22]
    assert here.cat(f"{SWITCH}/enable") == "1\n"
    assert here.cat("events/sched/enable") == here.cat("events/enable") == "X\n"
    assert here.cat("events/irq/enable") == "0\n"
    here.echo("1", "events/sched/enable")
    assert here.cat("events/sched/enable") == "1\n"
    here.echo("1", "events/enable")
    assert here.cat("events/enable") == here.cat("events/irq/enable") == "1\n"
    assert sorted(file.key for file in kernel.events.living if file.linked) == [21, 22, 23]
    here.echo("0", "events/enable")
    assert here.cat("events/enable") == "0\n"
    assert kernel.events.living == []


@pytest.mark.parametrize("text", ["2", "-1", "foo", "", "1x", "X"])
def test_enable_takes_a_switch(here: Client, text: str) -> None:
    for path in ("events/enable", "events/sched/enable", f"{SWITCH}/enable"):
        assert here.fails(text, path) == "EINVAL"
        assert here.cat(path) == "0\n"


def test_names_are_saved_while_an_event_is_on(here: Client, kernel: FakeKernel) -> None:
    users = kernel.backend.cmdline_users
    here.echo("1", "events/sched/enable")
    assert kernel.backend.cmdline_users == users + 2
    here.echo("1", "options/record-tgid")
    assert kernel.backend.tgid_users == 2
    here.echo("0", "events/sched/sched_switch/enable")
    assert kernel.backend.tgid_users == 1
    here.echo("0", "options/record-tgid")
    assert kernel.backend.tgid_users == 0
    here.echo("0", "events/sched/enable")
    assert kernel.backend.cmdline_users == users


def test_set_event(here: Client) -> None:
    assert here.cat("set_event") == ""
    here.echo("sched:sched_switch", "set_event")
    assert here.cat("set_event") == "sched:sched_switch\n"
    here.echo("irq_handler_entry", "set_event", append=True)
    assert here.cat("set_event") == "irq:irq_handler_entry\nsched:sched_switch\n"
    here.echo("!sched:sched_switch", "set_event", append=True)
    assert here.cat("set_event") == "irq:irq_handler_entry\n"
    for text in ("sched", "sched:", "sched:*"):
        here.echo(text, "set_event")
        assert here.cat("set_event") == "sched:sched_switch\nsched:sched_wakeup\n"
    for text in (":sched_switch", "*:sched_switch"):
        here.echo(text, "set_event")
        assert here.cat("set_event") == "sched:sched_switch\n"
    here.echo("*:*", "set_event")
    assert here.cat("set_event").count("\n") == 3
    here.echo("!*:*", "set_event", append=True)
    assert here.cat("set_event") == ""
    here.echo("sched:sched_switch irq:irq_handler_entry", "set_event")
    assert here.cat("set_event").count("\n") == 2
    here.put("set_event", b"")
    assert here.cat("set_event") == ""


@pytest.mark.parametrize(
    "text",
    [
        "nosuch",
        "nosuch:ev",
        "sched:nosuch",
        "*:sched_sw*",
        "!nosuch",
        "sched:sched_switch:mod:x",
        "ftrace:function",
        "x" * 200,
    ],
)
def test_set_event_knows_names_only(here: Client, text: str) -> None:
    assert here.fails(text, "set_event") == "EINVAL"
    assert here.cat("set_event") == ""


def test_available_events(top: Client, tree: Tree) -> None:
    assert top.cat("available_events") == (
        "irq:irq_handler_entry\nsched:sched_switch\nsched:sched_wakeup\n"
    )
    instance = tree.resolve("/instances/i").names()
    assert "available_events" not in instance
    assert {"events", "set_event", "set_event_pid"} <= set(instance)


def test_arrays_have_their_own(top: Client, tree: Tree, kernel: FakeKernel) -> None:
    instance = Client(tree, "/instances/i")
    instance.echo("1", f"{SWITCH}/enable")
    assert top.cat("events/enable") == "0\n"
    tree.resolve("/instances").rmdir("i")
    assert kernel.events.living == []


def test_an_instance_costs_no_objects(tree: Tree, kernel: FakeKernel) -> None:
    tree.resolve("/instances").mkdir("many")
    Client(tree, "/instances/many").cat("events/enable")
    Client(tree, "/instances/many").cat(f"{SWITCH}/enable")
    assert kernel.events.files == []


def test_event_pids(here: Client, tr: TraceArray) -> None:
    assert here.cat("set_event_pid") == ""
    here.echo("12 7", "set_event_pid")
    assert here.cat("set_event_pid") == "7\n12\n"
    here.echo("9", "set_event_notrace_pid")
    only, never = tr.guest.event_pids
    assert (only, never) == (frozenset({7, 12}), frozenset({9}))
    here.put("set_event_pid", b"")
    only, never = tr.guest.event_pids
    assert (only, never) == (None, frozenset({9}))
    assert here.fails("x", "set_event_pid") == "EINVAL"


def test_text_of_entries(here: Client, tr: TraceArray) -> None:
    entry = struct.pack("<HBBi16sii8x", 22, 0, 0, 7, b"cat", 7, 120)
    tr.buffer.record(0, entry)  # type: ignore[attr-defined]
    assert here.cat("trace").splitlines()[-1].endswith(": sched_switch: prev_comm=cat prev_pid=7")
    here.echo("1", "options/raw")
    assert here.cat("trace").endswith("type: 22\n")


def test_events_begin_full_buffers(top: Client, kernel: FakeKernel) -> None:
    file = top.open("set_event", os.O_WRONLY)
    assert not kernel.traces.expanded
    file.write(b"sched\n")
    assert kernel.traces.expanded


def test_filters(here: Client, tr: TraceArray, kernel: FakeKernel) -> None:
    path = f"{SWITCH}/filter"
    assert here.cat(path) == "none\n"
    here.echo(" prev_pid == 1 && prev_comm ~ 'ba*' ", path)
    assert here.cat(path) == " prev_pid == 1 && prev_comm ~ 'ba*'\n"
    (file,) = kernel.events.living
    assert file.filter is not None
    assert [step.kind for step in file.filter] == ["NUMBER", "STRING", "END", "END"]
    assert file.flags == 0x8
    assert not file.linked
    assert here.fails("prev_pid == x", path) == "EINVAL"
    assert here.cat(path) == (
        "prev_pid == x\n             ^\nparse_error: Invalid value (did you forget quotes)?\n\n"
    )
    assert kernel.events.living == []
    assert here.cat("error_log").splitlines()[-2:] == [
        "  Command: prev_pid == x",
        "                        ^",
    ]
    here.echo(" 0 ", path)
    assert here.cat(path) == "none\n"
    assert here.fails("x" * 4096, path) == "EINVAL"
    assert here.cat(path) == "none\n"


def test_filters_of_systems(here: Client) -> None:
    message = here.cat("events/sched/filter")
    assert message.startswith("### global filter ###\n# ")
    here.echo("prev_pid == 1", "events/sched/filter")
    assert here.cat("events/sched/filter") == message
    assert here.cat(f"{SWITCH}/filter") == "prev_pid == 1\n"
    assert here.cat("events/sched/sched_wakeup/filter") == (
        "prev_pid == 1\n^\nparse_error: Couldn't find or set field in one of a subsystem's events"
        "\n\n"
    )
    assert here.cat("events/irq/irq_handler_entry/filter") == "none\n"
    assert here.cat("error_log").count("Couldn't find or set field") == 1
    here.echo("0", "events/sched/filter")
    assert here.cat(f"{SWITCH}/filter") == "none\n"
    assert here.cat("events/sched/sched_wakeup/filter") == "none\n"


NONE = "# Available triggers:\n# traceon traceoff snapshot stacktrace enable_event disable_event\n"


def test_triggers(here: Client, kernel: FakeKernel) -> None:
    path = f"{SWITCH}/trigger"
    assert here.cat(path) == NONE
    here.echo("traceoff", path)
    assert here.cat(path) == "traceoff:unlimited\n"
    for again in ("traceoff", "traceoff:5"):
        assert here.fails(again, path) == "EEXIST"
    here.echo("stacktrace:3 if prev_pid == 1", path)
    assert here.cat(path) == "stacktrace:count=3 if prev_pid == 1\ntraceoff:unlimited\n"
    assert here.cat(f"{SWITCH}/enable") == "0*\n"
    assert here.cat("set_event") == "sched:sched_switch\n"
    (file,) = kernel.events.living
    assert file.linked
    assert file.flags == 0x1 | 0x20 | 0x40 | 0x80 | 0x100
    assert [trigger.function for trigger in file.triggers] == [  # type: ignore[attr-defined]
        "stacktrace_trigger",
        "traceoff_trigger",
    ]
    here.put(path, b"")  # > takes nothing away
    here.echo("!stacktrace", path)
    assert file.flags & 0x100 == 0
    here.echo("1", f"{SWITCH}/enable")
    assert here.cat(f"{SWITCH}/enable") == "1*\n"
    here.echo("0", f"{SWITCH}/enable")
    assert here.cat(f"{SWITCH}/enable") == "0*\n"
    here.echo("!traceoff:1", path)
    assert here.cat(path) == NONE
    assert kernel.events.living == []
    here.echo("!traceoff", path)


def test_triggers_about_events(here: Client, kernel: FakeKernel) -> None:
    path, other = f"{SWITCH}/trigger", "events/irq/irq_handler_entry/enable"
    here.echo("enable_event:irq:irq_handler_entry:2", path)
    assert here.cat(path) == "enable_event:irq:irq_handler_entry:count=2\n"
    assert here.cat(other) == "0*\n"
    assert here.fails("disable_event:irq:irq_handler_entry", path) == "EEXIST"
    here.echo("disable_event:sched:sched_wakeup", path)
    here.echo("!enable_event:irq:irq_handler_entry", path)
    assert here.cat(other) == "0\n"
    assert here.cat(path) == "disable_event:sched:sched_wakeup:unlimited\n"
    here.echo("!disable_event:sched:sched_wakeup", path)
    assert kernel.events.living == []


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "traceoff:x",
        "traceoff:-1",
        "traceoff if",
        "traceoff if nosuch == 1",
        "traceoff if prev_pid ==",
        "enable_event",
        "enable_event:sched",
        "enable_event:nosuch:ev",
        "enable_event:sched:nosuch",
        "traceoff foo",
        "",
        " ",
        "!",
        ":",
        "snapshot if bad ==",
        "TRACEOFF",
        "x" * 5000,
    ],
)
def test_triggers_that_are_refused(here: Client, kernel: FakeKernel, text: str) -> None:
    path = f"{SWITCH}/trigger"
    assert here.fails(text, path) == "EINVAL"
    assert here.cat(path) == NONE
    assert here.cat("error_log") == ""
    assert kernel.events.living == []


def test_counts_of_triggers(here: Client) -> None:
    path = f"{SWITCH}/trigger"
    for text, shown in (
        ("traceoff:1:2", "traceoff:count=1\n"),
        ("stacktrace:", "stacktrace:unlimited\n"),
        ("traceon:0x10 ", "traceon:count=16\n"),
        ("traceon 5", "traceon:count=5\n"),
    ):
        here.echo(text, path)
        assert here.cat(path) == shown
        here.echo("!" + text, path)


def test_triggers_go_with_their_instance(top: Client, tree: Tree, kernel: FakeKernel) -> None:
    instance = Client(tree, "/instances/i")
    instance.echo("enable_event:irq:irq_handler_entry", f"{SWITCH}/trigger")
    instance.echo("1", "events/irq/enable")
    tree.resolve("/instances").rmdir("i")
    assert kernel.events.living == []
