"""A kernel that was told at boot what to trace."""

from __future__ import annotations

from collections.abc import Callable

from tests.kernel.client import Client
from tracefs.kernel.boot import System

Boot = Callable[..., System]


def client(boot: Boot, append: str) -> Client:
    """A client of a system with that command line."""
    return Client(boot(append=append).service)


def test_a_tracer_from_the_start(boot: Boot) -> None:
    top = client(boot, "ftrace_filter=vfs_*,do_filp_open ftrace_notrace=vfs_read ftrace=function")
    assert top.cat("current_tracer") == "function\n"
    filtered = top.cat("set_ftrace_filter").split()
    assert {"vfs_open", "do_filp_open"} <= set(filtered)
    assert top.cat("set_ftrace_notrace") == "vfs_read\n"
    functions = {line.function for line in top.trace()}
    assert functions
    assert functions <= set(filtered) - {"vfs_read"}


def test_each_parameter_sets_its_file(boot: Boot) -> None:
    append = (
        "trace_buf_size=100K trace_clock=global trace_options=sym-addr,nooverwrite"
        " ftrace_graph_filter=vfs_read,vfs_write ftrace_graph_notrace=do_sys_openat2"
        " ftrace_graph_max_depth=3 tracing_thresh=20 ftrace_dump_on_oops=orig_cpu alloc_snapshot"
    )
    top = client(boot, append)
    assert top.cat("buffer_size_kb") == "103\n"
    assert "[global]" in top.cat("trace_clock")
    assert {"sym-addr", "nooverwrite"} <= set(top.cat("trace_options").split())
    assert top.cat("set_graph_function") == "vfs_read\nvfs_write\n"
    assert top.cat("set_graph_notrace") == "do_sys_openat2\n"
    assert top.cat("max_graph_depth") == "3\n"
    assert top.cat("tracing_thresh") == "20\n"
    assert top.cat(".machine/proc/sys/kernel/ftrace_dump_on_oops") == "2\n"
    assert "* Snapshot is allocated *" in top.cat("snapshot")
    assert top.cat(".machine/proc/cmdline") == f"{append}\n"


def test_what_is_wrong_is_in_the_log(boot: Boot) -> None:
    top = client(boot, "ftrace=nosuch trace_buf_size=big trace_options=sym-addr,x foo bar=1")
    log = top.cat(".machine/dmesg")
    assert "ftrace=nosuch: Invalid argument" in log
    assert "trace_buf_size=big: not a size" in log
    assert "trace_options=sym-addr,x: Invalid argument" in log
    assert 'Unknown kernel command line parameters "foo bar"' in log
    assert top.cat("current_tracer") == "nop\n"
    assert "sym-addr" in top.cat("trace_options").split()


def test_events_in_the_kernel_log(boot: Boot) -> None:
    top = client(boot, "tp_printk trace_event=sched:sched_process_fork,sched:sched_process_exit")
    switch = ".machine/proc/sys/kernel/tracepoint_printk"
    top.workload("fork", 1)
    top.echo("0", switch)
    top.workload("fork", 1)
    recorded = [
        line.partition(": ")[2] for line in top.cat("trace").splitlines() if "fork:" in line
    ]
    log = [line.partition("] ")[2] for line in top.cat(".machine/dmesg").splitlines()]
    printed = [line for line in log if line.startswith("sched_process_fork: comm=")]
    assert len(recorded) > len(printed) > 0
    assert printed == recorded[: len(printed)]
    plain = client(boot, "trace_event=sched:sched_process_fork")
    plain.echo("1", switch)
    assert plain.cat(switch) == "0\n"
    plain.workload("fork", 1)
    assert "sched_process_fork:" not in plain.cat(".machine/dmesg")
