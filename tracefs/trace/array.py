"""Trace arrays: a ring buffer with its tracer, options and settings. The top one and instances."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from tracefs.trace import clock, options, tracers
from tracefs.trace.backend import MaxTrace
from tracefs.trace.error_log import ErrorLog
from tracefs.trace.function_probes import FunctionProbes, register_commands
from tracefs.trace.snapshot import Snapshot
from tracefs.trace.tracers import NOP, offered

if TYPE_CHECKING:
    from tracefs.ftrace import FtraceOps
    from tracefs.release import Release
    from tracefs.ring import TraceBuffer
    from tracefs.trace.backend import Backend
    from tracefs.trace.entries import EntryType
    from tracefs.trace.options import Option, TracerOption
    from tracefs.trace.tracer import Tracer

DEFAULT_SIZE = 1408 * 1024
"""Bytes of buffer for each CPU, once tracing is used."""
SUBBUFFER = 4080
"""Bytes of data in a page of the ring buffer."""


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@dataclass
class LatencyState:
    """What a latency tracer keeps of an array while it runs."""

    saved_flags: int = 0
    """The array's options before it began."""
    functions: FtraceOps | None = None
    """What calls in between are traced with, while they are."""


class Part(Protocol):
    """What a layer above keeps for a trace array."""

    def __init__(self, tr: TraceArray) -> None: ...

    def option_changed(self, option: Option, on: bool) -> None:
        """A core option has changed."""

    def free(self) -> None:
        """The array is going away."""


class EventTypes(Protocol):
    """The types of entries that are declared outside of this layer: events."""

    def entry_type(self, number: int) -> EntryType | None:
        """What prints entries of that type."""


P = TypeVar("P", bound=Part)


class TraceArray:
    """One trace array. ``name`` is "" at the top. Methods raise OSError with the kernel's errno."""

    def __init__(self, arrays: TraceArrays, name: str, size: int, flags: int) -> None:
        self.arrays = arrays
        self.name = name
        self.backend: Backend = arrays.backend
        self.guest = self.backend.create_array(name, size)
        self.tracer: Tracer = NOP
        self.clock = clock.LOCAL
        self.flags = 0
        self.cpumask = (1 << self.backend.cpus) - 1
        self.buffer_percent = 50
        self.cpu = 0
        """The CPU in the latency header: the one that the tracer was started on."""
        self.time_start = 0
        """The time in the buffer's clock at which it was last emptied."""
        self.users = 0
        """Open files of an instance, which keep it from being removed."""
        self.readers = [0] * self.backend.cpus
        """Open ``trace`` files, by CPU; its buffer keeps its size while there are any."""
        self.pipe_cpus: set[int] = set()
        """CPUs whose events an open pipe consumes."""
        self.pipes = 0
        """Open pipes; the tracer cannot change while there are any."""
        self.errors = ErrorLog(self.backend.now)
        self.snapshot = Snapshot(self)
        self.max = MaxTrace()
        """What the snapshot holds, if a latency tracer has filled it."""
        self.guest.on_max = self._update_max
        self.latency = LatencyState()
        self.function_probes = FunctionProbes(self)
        self._tracer_flags: dict[str, int] = {}
        self._parts: dict[type[Part], Part] = {}
        self._set_flags(flags)

    def use(self, count: int) -> None:
        """So many more files of it are open, or, negative, fewer."""
        self.users += count

    @property
    def is_top(self) -> bool:
        """True for the top level."""
        return not self.name

    @property
    def buffer(self) -> TraceBuffer:
        """Its ring buffer."""
        return self.guest.buffer

    @property
    def data(self) -> MaxTrace:
        """Whose the trace is, for the latency header."""
        return MaxTrace(self.cpu, time_start=self.time_start)

    @property
    def since(self) -> int:
        """Entries before this time are left over from other uses of the buffer's pages."""
        return 0

    def counts(self) -> tuple[int, int]:
        """How many entries there are, and how many there were."""
        entries = self.buffer.entries()
        return entries, entries + self.buffer.overruns()

    def part(self, kind: type[P]) -> P:
        """What a layer above keeps for this array, made when first asked for."""
        found = self._parts.get(kind)
        if found is None:
            found = self._parts[kind] = kind(self)
        return cast(P, found)

    # -- the buffer -------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        """True while the ring buffer accepts records (``tracing_on``)."""
        return self.buffer.recording

    @on.setter
    def on(self, value: bool) -> None:
        if value == self.on:
            return
        self.buffer.recording = value
        if value:
            self.tracer.start(self)
        else:
            self.tracer.stop(self)

    def clear(self, cpu: int | None = None) -> None:
        """Empty the buffer, of one CPU or of all."""
        self.buffer.reset(cpu)
        self.time_start = self.buffer.now()

    def size(self, cpu: int) -> int:
        """Bytes of data that the buffer of a CPU has room for."""
        return self.buffer.size(cpu)

    def resize(self, size: int, cpu: int | None = None) -> None:
        """Make room for at least ``size`` bytes, on one CPU or each (EBUSY: being read; ENOMEM)."""
        if any(self.readers if cpu is None else self.readers[cpu : cpu + 1]):
            raise _error(errno.EBUSY)
        self.arrays.expanded = True
        self.buffer.resize(size, cpu)

    def expand(self) -> None:
        """Give the buffer its full size at the first use of tracing."""
        if not self.arrays.expanded:
            self.resize(DEFAULT_SIZE)

    def pause(self) -> None:
        """Record nothing until as many calls of `resume`."""
        self.buffer.record_disable()

    def resume(self) -> None:
        """Undo one `pause`."""
        self.buffer.record_enable()

    def set_clock(self, name: str) -> None:
        """Use another trace clock; what was recorded is dropped (EINVAL: unknown)."""
        found = clock.find(name)
        if found is None:
            raise _error(errno.EINVAL)
        self.clock = found
        self.buffer.clock = clock.CLOCKS.index(found)
        self.clear()
        self.snapshot.clear()

    def set_cpumask(self, mask: int) -> None:
        """Record on these CPUs only."""
        for cpu in range(self.backend.cpus):
            bit = 1 << cpu
            if self.cpumask & bit and not mask & bit:
                self.buffer.record_disable(cpu)
            elif mask & bit and not self.cpumask & bit:
                self.buffer.record_enable(cpu)
        self.cpumask = mask

    # -- the tracer -------------------------------------------------------------------------

    def tracers(self) -> Iterator[Tracer]:
        """The tracers that this array can use."""
        tracers = offered(self.arrays.release)
        return (tracer for tracer in tracers if self.is_top or tracer.in_instances)

    def set_tracer(self, name: str) -> None:
        """Change the tracer (EINVAL: unknown, or not for instances; EBUSY: a pipe is open)."""
        self.expand()
        new = tracers.find(name)
        if new is self.tracer:
            return
        if new is None or new not in self.tracers():
            raise _error(errno.EINVAL)
        if self.pipes:
            raise _error(errno.EBUSY)
        old, self.tracer = self.tracer, NOP
        old.reset(self)
        if new.uses_max:
            self.snapshot.allocate()
        elif old.uses_max:
            self.snapshot.deallocate()
        self.clear()
        new.init(self)
        self.tracer = new

    @property
    def max_latency(self) -> int:
        """The longest latency seen, in ns; latency tracers compare with it."""
        return self.guest.max_latency

    @max_latency.setter
    def max_latency(self, value: int) -> None:
        self.guest.max_latency = value

    def _update_max(self, found: MaxTrace, single: bool) -> None:
        # A CPU that stands inside a write keeps its part where it is: the next maximum will do.
        with contextlib.suppress(OSError):
            self.snapshot.take_max(found.cpu if single else None)
            self.max_latency, self.max = found.latency, found

    # -- options ----------------------------------------------------------------------------

    def has(self, option: Option) -> bool:
        """True if the core option is set."""
        return bool(self.flags & option.mask)

    def set_option(self, option: Option, on: bool) -> None:
        """Set or clear a core option, with its effects (EINVAL: the tracer refuses)."""
        if self.has(option) == on:
            return
        self.tracer.flag_changed(self, option.mask, on)
        self._set_flags(self.flags | option.mask if on else self.flags & ~option.mask)
        for part in self._parts.values():
            part.option_changed(option, on)

    def _set_flags(self, flags: int) -> None:
        self.flags = flags
        self.guest.set_flags(flags)
        self.buffer.overwrite = self.has(options.OVERWRITE)

    def tracer_flags(self, tracer: Tracer) -> int:
        """The options set for a tracer in this array."""
        return self._tracer_flags.get(tracer.name, tracer.default_flags)

    def set_tracer_option(self, tracer: Tracer, option: TracerOption, on: bool) -> None:
        """Set or clear an option of a tracer (EINVAL: it refuses)."""
        tracer.set_flag(self, option, on)
        flags = self.tracer_flags(tracer)
        self._tracer_flags[tracer.name] = flags | option.mask if on else flags & ~option.mask

    def set_option_by_name(self, text: str) -> None:
        """``name`` or ``noname`` of a core option or of one of the current tracer's (EINVAL)."""
        on = not text.startswith("no")
        name = text if on else text[2:]
        core = options.find(name)
        if core is not None:
            self.set_option(core, on)
            return
        for option in self.tracer.options:
            if option.name == name:
                self.set_tracer_option(self.tracer, option, on)
                return
        raise _error(errno.EINVAL)

    # -- function filters -------------------------------------------------------------------

    def settle(self) -> None:
        """Commit the filters whose files are closed but not yet released; see FilterHandle."""
        self.arrays.settle()

    # -- tasks ------------------------------------------------------------------------------

    @property
    def pids(self) -> frozenset[int] | None:
        """Tasks that function tracing is limited to; None: all."""
        return self.guest.pids[0]

    @property
    def no_pids(self) -> frozenset[int] | None:
        """Tasks that function tracing leaves out; None: no such list."""
        return self.guest.pids[1]

    def set_pids(self, pids: frozenset[int] | None) -> None:
        """Limit function tracing to these tasks (None: all)."""
        self.guest.set_pids(pids, self.no_pids)

    def set_no_pids(self, pids: frozenset[int] | None) -> None:
        """Leave these tasks out of function tracing (None: nobody)."""
        self.guest.set_pids(self.pids, pids)

    def free(self) -> None:
        """Stop tracing and release everything."""
        tracer, self.tracer = self.tracer, NOP
        tracer.reset(self)
        self.function_probes.clear()
        for part in self._parts.values():
            part.free()
        self.snapshot.free()
        self.guest.free()


class TraceArrays:
    """The top trace array and the instances."""

    def __init__(self, backend: Backend, release: Release) -> None:
        self.backend = backend
        self.release = release
        self.expanded = False
        """True once tracing was used: buffers have their full size from then on."""
        self.unsettled: list[Callable[[], None]] = []
        """Commits that wait for the release of a filter file."""
        self.events: EventTypes | None = None
        """The events there are; set by the layer above."""
        self._instances: dict[str, TraceArray] = {}
        self._printk_used = False
        self.top = TraceArray(self, "", 1, options.DEFAULT_FLAGS)
        register_commands(self._owner, backend.ftrace)

    def settle(self) -> None:
        """Do what waits in `unsettled`."""
        waiting, self.unsettled = self.unsettled, []
        for commit in waiting:
            commit()

    def trace_printk_init_buffers(self) -> None:
        """Somebody in the kernel uses trace_printk: the top buffer is in use from now on."""
        if not self._printk_used:
            self._printk_used = True
            self.top.expand()
            self.backend.record_cmdlines(True)

    def all(self) -> Iterator[TraceArray]:
        """The top one and the instances."""
        yield self.top
        yield from self._instances.values()

    def names(self) -> list[str]:
        """The instances' names."""
        return list(self._instances)

    def find(self, name: str) -> TraceArray | None:
        """The instance of that name."""
        return self._instances.get(name)

    def _owner(self, ops: FtraceOps) -> TraceArray | None:
        """The array whose function tracer has that ops."""
        return next((tr for tr in self.all() if tr.guest.ops is ops), None)

    def create(self, name: str) -> None:
        """Make an instance (EEXIST, ENOMEM)."""
        if name in self._instances:
            raise _error(errno.EEXIST)
        flags = self.top.flags & options.INHERITED_FLAGS
        self._instances[name] = TraceArray(self, name, DEFAULT_SIZE, flags)

    def remove(self, name: str) -> None:
        """Remove an instance (ENOENT; EBUSY while files of it are open)."""
        tr = self._instances.get(name)
        if tr is None:
            raise _error(errno.ENOENT)
        if tr.users:
            raise _error(errno.EBUSY)
        del self._instances[name]
        tr.free()
