"""func_stack_trace and func-no-repeats on the booted guest."""

from __future__ import annotations

import re

import pytest

from tests.kernel.client import Client, Process
from tracefs.kernel.boot import System

OPTIONS = ("func_stack_trace", "func-no-repeats", "function-fork")
SYSCALL = ["do_syscall_64", "entry_SYSCALL_64_after_hwframe"]


@pytest.fixture(autouse=True)
def _options(system: System) -> None:
    """All tests begin with the defaults."""
    reset = Client(system.service)
    for option in OPTIONS:
        reset.echo(0, f"options/{option}")


def events(text: str) -> list[tuple[str, list[str]]]:
    """Each event's text behind its time, and the stack below it."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(" => "):
            found[-1][1].append(line.removeprefix(" => "))
        elif not line.startswith("#"):
            found.append((re.sub(r".*?\d\.\d{6}: ", "", line), []))
    return found


def test_each_call_is_followed_by_its_stack(client: Process) -> None:
    client.echo("vfs_read", "set_ftrace_filter")
    client.echo(1, "options/func_stack_trace")
    client.echo("function", "current_tracer")
    client.cat("tracing_on")
    client.echo(0, "tracing_on")
    found = events(client.cat("trace"))
    assert len(found) >= 2
    assert len(found) % 2 == 0
    for call, stack in zip(found[::2], found[1::2], strict=True):
        assert call == ("vfs_read <-ksys_read", [])
        assert stack[0] == "<stack trace>"
        assert re.fullmatch("0xffffffffc0[0-9a-f]{6}", stack[1][0])  # the trampoline
        assert stack[1][1:] == ["vfs_read", "ksys_read", *SYSCALL]


def test_a_stack_with_two_users_of_the_function(client: Process) -> None:
    client.service.mkdir("/instances/a", 0o755, client.caller)
    other = client.instance("a")
    for here in (client, other):
        here.echo("vfs_read", "set_ftrace_filter")
        here.echo("function", "current_tracer")
    client.echo(1, "options/func_stack_trace")
    client.echo("", "trace")
    client.cat("tracing_on")
    client.echo(0, "tracing_on")
    _, (text, stack) = events(client.cat("trace"))[:2]
    assert text == "<stack trace>"
    assert stack == [
        "arch_ftrace_ops_list_func",
        "ftrace_call",
        "vfs_read",
        "ksys_read",
        *SYSCALL,
    ]
    assert {text for text, _ in events(other.cat("trace"))} == {"vfs_read <-ksys_read"}


def test_a_stack_goes_on_below_an_interrupt(client: Process) -> None:
    client.echo("hrtimer_interrupt", "set_ftrace_filter")
    client.echo(1, "options/func_stack_trace")
    client.echo("function", "current_tracer")
    client.workload("sleep", 5)
    client.echo(0, "tracing_on")
    stacks = [stack[1:] for text, stack in events(client.cat("trace")) if stack]
    below = [stack[stack.index("asm_sysvec_apic_timer_interrupt") + 1 :] for stack in stacks]
    assert any(below)
    for stack in filter(None, below):
        begun = (SYSCALL[-1], "ret_from_fork", "startup_64", "secondary_startup_64")
        assert stack[-1] in begun or stack[-1].startswith("asm_")  # came upon user mode


def test_a_stack_has_the_callers_whose_returns_are_hooked(client: Process) -> None:
    client.service.mkdir("/instances/a", 0o755, client.caller)
    client.echo("ksys_read", "set_ftrace_filter")
    client.echo("function_graph", "current_tracer")
    other = client.instance("a")
    other.echo("vfs_read", "set_ftrace_filter")
    other.echo(1, "options/func_stack_trace")
    other.echo("function", "current_tracer")
    client.cat("tracing_on")
    other.echo(0, "tracing_on")
    stacks = [stack for _, stack in events(other.cat("trace")) if stack]
    assert all(stack[1:] == ["vfs_read", "ksys_read", *SYSCALL] for stack in stacks)
    assert stacks


def test_repeats_are_counted(client: Process) -> None:
    client.echo("vfs_read vfs_open", "set_ftrace_filter")
    client.echo(1, "options/func-no-repeats")
    client.echo("function", "current_tracer")
    with client.open("buffer_percent") as file:
        for _ in range(5):
            file.read()
    client.cat("tracing_on")
    client.echo(0, "tracing_on")
    lines = [line for line in client.cat("trace").splitlines() if not line.startswith("#")]
    pattern = r".* ([\d.]+): vfs_read <-ksys_read \(repeats: 4, last_ts: +([\d.]+)\)"
    at = next(i for i, line in enumerate(lines) if "repeats" in line)
    match = re.fullmatch(pattern, lines[at])
    assert match is not None, lines
    first, *_ = re.findall(r"([\d.]+): vfs_read", lines[at - 1])
    assert float(first) <= float(match[2]) <= float(match[1])
    assert "vfs_open <-path_openat" in lines[at + 1]


def test_stacks_without_repeats(client: Process) -> None:
    client.echo("vfs_read vfs_open", "set_ftrace_filter")
    for option in OPTIONS[:2]:
        client.echo(1, f"options/{option}")
    client.echo("function", "current_tracer")
    with client.open("buffer_percent") as file:
        for _ in range(5):
            file.read()
    client.cat("tracing_on")
    client.echo(0, "tracing_on")
    found = events(client.cat("trace"))
    texts = [text for text, _ in found]
    assert texts[texts.index("vfs_read <-ksys_read") + 1] == "<stack trace>"
    assert any("(repeats: 4," in text for text in texts)
    assert texts.count("vfs_read <-ksys_read") < 5


def test_pids_limit_stacks_too(client: Process) -> None:
    client.echo(1, "options/func_stack_trace")
    client.echo(client.pid + 1, "set_ftrace_pid")
    client.echo("vfs_read", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    client.cat("tracing_on")
    assert events(client.cat("trace")) == []


def test_children_join_their_parents_list(client: Process) -> None:
    client.echo("do_exit", "set_ftrace_filter")
    client.echo(client.pid, "set_ftrace_pid")
    client.echo("function", "current_tracer")
    client.workload("fork", 3)
    assert events(client.cat("trace")) == []
    client.echo(1, "options/function-fork")
    client.workload("fork", 3)
    pids = set(re.findall(r"-(\d+) .*: do_exit <-", client.cat("trace")))
    assert len(pids) == 3
    assert str(client.pid) not in pids
    assert client.cat("set_ftrace_pid") == f"{client.pid}\n"  # they have left
