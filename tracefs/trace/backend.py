"""What trace arrays need from the layers around them.

The ring buffer and the ftrace core lie below and are used as they are (tracefs.ring,
tracefs.ftrace); what must go up or into the guest is behind the protocols here, so that tests use
a fake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from tracefs.ftrace import Ftrace, FtraceOps
    from tracefs.ftrace.hash import Hash
    from tracefs.image import Kallsyms
    from tracefs.ring import TraceBuffer


class Task(Protocol):
    """A client's task in the guest."""

    @property
    def pid(self) -> int:
        """Its process id."""


class GuestProbe(Protocol):
    """The guest's struct ftrace_func_probe: a command that runs when functions are called."""

    @property
    def ops(self) -> FtraceOps:
        """What its functions call; not registered."""

    counts: dict[int, int]
    """How often the command may still run, by call site; empty if it has no counts."""

    def free(self) -> None:
        """Release it; its ops is not registered any more."""


class MaxTrace(NamedTuple):
    """Whose latency a buffer shows, and what it was; times are in the buffer's clock."""

    cpu: int = 0
    latency: int = 0
    time_start: int = 0
    critical_start: int = 0
    """Where the section began and ended; 0: it has no such places."""
    critical_end: int = 0
    comm: str = ""
    pid: int = 0
    uid: int = 0
    nice: int = 0
    policy: int = 0
    rt_priority: int = 0

    @property
    def task(self) -> str:
        """The task, as headers print it."""
        return (
            f"{self.comm}-{self.pid} (uid:{self.uid} nice:{self.nice}"
            f" policy:{self.policy} rt_prio:{self.rt_priority})"
        )


class GuestArray(Protocol):
    """The guest's side of one trace array (struct trace_array and its buffer)."""

    @property
    def buffer(self) -> TraceBuffer:
        """Its ring buffer."""

    @property
    def ops(self) -> FtraceOps:
        """The ftrace ops of its function tracer, not registered."""

    max_latency: int
    """What latency tracers compare with, in the buffer's clock."""
    on_max: Callable[[MaxTrace, bool], None] | None
    """Called while the guest stands in a latency tracer that has found a maximum; True: the part of
    the maximum's CPU is it, not the whole buffer."""

    def set_flags(self, flags: int) -> None:
        """Store trace_flags (bits of tracefs.trace.options)."""

    def set_function(self, symbol: str) -> None:
        """Let the ops call this function of the guest, also while registered."""

    @property
    def pids(self) -> tuple[frozenset[int] | None, frozenset[int] | None]:
        """What set_pids has set, with the children that joined since and without who left."""

    def set_pids(self, only: Iterable[int] | None, never: Iterable[int] | None) -> None:
        """Limit function tracing to, or away from, tasks; None: no such limit."""

    @property
    def event_pids(self) -> tuple[frozenset[int] | None, frozenset[int] | None]:
        """The same lists for events."""

    def set_event_pids(self, only: Iterable[int] | None, never: Iterable[int] | None) -> None:
        """Limit events to, or away from, tasks; None: no such limit."""

    def create_probe(
        self, function: str, hit: Callable[[int], None] | None, about: object | None = None
    ) -> GuestProbe:
        """Make a probe that calls this function of the guest; ``hit``, with the CPU's number, is
        for a function that leaves the work to the host, ``about`` the guest's side of what else it
        has to do with."""

    def mark(self, data: bytes, task: Task) -> int:
        """tracing_mark_write in the calling task's context: bytes taken, or -errno."""

    def mark_raw(self, data: bytes, task: Task) -> int:
        """tracing_mark_raw_write in the calling task's context: bytes taken, or -errno."""

    def free(self) -> None:
        """Release guest memory and buffer pages; the array is not used again."""


class Graph(Protocol):
    """The guest's function graph tracer, of which there is one.

    Its attributes are what the tracer heeds; they hold while it runs or not.
    """

    @property
    def ops(self) -> FtraceOps:
        """Its ftrace ops, which share the top array's filter; not registered."""

    function: Hash
    """set_graph_function; empty: all functions."""
    notrace: Hash
    """set_graph_notrace."""
    max_depth: int
    """max_graph_depth, an unsigned int; 0: no limit."""
    thresh: int
    """tracing_thresh in ns; 0: none."""
    irqs: bool
    """Option funcgraph-irqs: what interrupts call is recorded."""
    sleep_time: bool
    """Option sleep-time: a function's time includes what its task slept."""

    def start(self, user: str = ...) -> None:
        """Give every task a stack of return addresses and begin (ENOMEM; EBUSY: another user has).

        The guest's functions USER_entry and USER_return are told; without one, the tracer's.
        """

    def stop(self) -> None:
        """Record no more; returns that are hooked will come all the same."""


class Returns(Protocol):
    """The guest's return tracer, of which there is one (kernels of 2008)."""

    @property
    def ops(self) -> FtraceOps:
        """Its ftrace ops, which share the top array's filter; not registered."""

    def start(self) -> None:
        """Begin to record."""

    def stop(self) -> None:
        """Record no more; returns that are hooked will come all the same."""


class Profile(NamedTuple):
    """What the function profiler knows of a function: how often, and how long in all, in ns."""

    ip: int
    hits: int
    time: int
    time_squared: int


class Profiler(Protocol):
    """The guest's function profiler."""

    enabled: bool
    """Whether it counts; setting it forgets what there was, and registers nothing."""
    graph_time: bool
    """Option graph-time: a function's time includes what it calls."""

    def records(self, cpu: int) -> list[Profile]:
        """The functions that were called on a CPU."""


class StackTracer(Protocol):
    """The guest's stack tracer."""

    @property
    def ops(self) -> FtraceOps:
        """Its ftrace ops; not registered."""

    max_size: int
    """How deep the deepest stack was, in bytes; only deeper ones are kept."""

    def entries(self) -> list[tuple[int, int]]:
        """That stack, innermost first: addresses, and how deep each stands."""


class Latency(Protocol):
    """The guest's part of a family of latency tracers, which serves one array at a time."""

    @property
    def busy(self) -> bool:
        """True between `begin` and `end`."""

    enabled: bool
    """Whether it measures, between `begin` and `end`."""

    def begin(self, array: GuestArray, mode: int) -> None:
        """Be ready to measure for an array; ``mode`` is the family's."""

    def end(self) -> None:
        """Undo `begin`."""


class SchedSwitch(Protocol):
    """The guest's tracer of wake-ups and context switches."""

    enabled: bool
    """Whether it records, between `begin` and `end`."""

    def begin(self, array: GuestArray) -> None:
        """Be ready to record for an array."""

    def end(self) -> None:
        """Undo `begin`."""


class Cmdlines(Protocol):
    """What the guest has saved about tasks (saved_cmdlines, tgid_map)."""

    def comm(self, pid: int) -> bytes | None:
        """The saved name of a task, or None."""

    def comms(self) -> Iterable[tuple[int, bytes]]:
        """All saved (pid, name), in the order in which they were saved."""

    def tgid(self, pid: int) -> int:
        """The saved thread group of a task, 0 if there is none."""

    def tgids(self) -> Iterable[tuple[int, int]]:
        """All saved (pid, tgid), by pid."""

    @property
    def size(self) -> int:
        """How many names there is room for."""

    def resize(self, size: int) -> None:
        """Make room for at least so many names, forgetting all (EINVAL, ENOMEM)."""


class Backend(Protocol):
    """The kernel below all trace arrays."""

    @property
    def cpus(self) -> int:
        """How many CPUs there are."""

    @property
    def uname(self) -> str:
        """The release as uname(2) gives it, for the latency header."""

    @property
    def kallsyms(self) -> Kallsyms:
        """Symbols of addresses."""

    @property
    def ftrace(self) -> Ftrace:
        """The ftrace core."""

    @property
    def cmdlines(self) -> Cmdlines:
        """Names of tasks."""

    @property
    def graph(self) -> Graph:
        """The function graph tracer."""

    @property
    def returns(self) -> Returns:
        """The return tracer."""

    @property
    def stack_tracer(self) -> StackTracer:
        """The stack tracer."""

    @property
    def profiler(self) -> Profiler:
        """The function profiler."""

    @property
    def irqsoff(self) -> Latency:
        """Sections with interrupts (mode 2) or preemption (4) off."""

    @property
    def wakeup(self) -> Latency:
        """Tasks that wait from their wake-up until they run: any, real-time (1), deadline (2)."""

    @property
    def sched_switch(self) -> SchedSwitch:
        """Wake-ups and context switches."""

    def create_array(self, name: str, size: int) -> GuestArray:
        """Make the guest's side of an array with ``size`` bytes a CPU ("" is the top; ENOMEM)."""

    def log(self, text: str) -> None:
        """One line into the kernel log."""

    def record_cmdlines(self, on: bool) -> None:
        """One more (or one less) user of saved_cmdlines: names are saved while there is any."""

    def cstring(self, address: int) -> str | None:
        """A string of the guest's memory; None where there is no memory."""

    def printk_formats(self) -> Iterable[int]:
        """The addresses of the formats of trace_printk, in the kernel and, kept for good, in
        modules."""

    def record_tgids(self, on: bool) -> None:
        """The same for thread groups (ENOMEM)."""

    def now(self) -> int:
        """The kernel's time (local_clock), in ns."""

    def save_cmdline(self, cpu: int | None) -> None:
        """Save the name of the task on a CPU (None: of the calling task)."""

    def current_cpu(self) -> int:
        """The CPU that the calling task runs on."""
