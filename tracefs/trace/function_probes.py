"""Function probes: commands in set_ftrace_filter that run when a function is called.

``FUNC:traceoff``, ``FUNC:stacktrace:3`` and so on, as in kernel/trace/trace_functions.c. Each
command, counted and not, is one ops of its trace array for all its functions; what it does happens
in the guest, or here for what is rare.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tracefs.ftrace.glob import Match, parse_regex
from tracefs.trace.dump import ftrace_dump
from tracefs.trace.function_hash import FunctionHash

if TYPE_CHECKING:
    from tracefs.ftrace import FilterEdit, Ftrace, FtraceOps
    from tracefs.image import Kallsyms
    from tracefs.trace.array import TraceArray

HOST = "ftrace_host_probe"
LONG_BITS = 64
ULONG_MAX = (1 << LONG_BITS) - 1


class Subject(Protocol):
    """What a command is about, where that is a parameter of it: an event. Equal if the same."""

    @property
    def name(self) -> str:
        """As it stands in the parameters: ``sched:sched_switch``."""

    @property
    def guest(self) -> object:
        """The guest's side of it."""

    def attach(self) -> None:
        """A probe is about it from now on (ENOMEM)."""

    def detach(self) -> None:
        """One probe fewer is about it."""


@dataclass(frozen=True, slots=True)
class ProbeOps:
    """What a command does (struct ftrace_probe_ops).

    ``function`` is the guest's; ``action`` is what the host does if that is `HOST`, with the array
    and the CPU. ``subject`` takes what the command is about from its parameters, and returns what
    is left of them.
    """

    name: str
    function: str
    counts: bool = False
    action: Callable[[TraceArray, int], None] | None = None
    subject: Callable[[TraceArray, bytes | None], tuple[Subject, bytes | None]] | None = None


def _snapshot(tr: TraceArray, cpu: int) -> None:
    tr.snapshot.trigger(cpu)


def _dump(tr: TraceArray, cpu: int) -> None:
    ftrace_dump(tr.arrays.top)


def _cpudump(tr: TraceArray, cpu: int) -> None:
    ftrace_dump(tr.arrays.top, cpu)


# By command: without and with a parameter.
OPS: dict[str, tuple[ProbeOps, ProbeOps]] = {
    "traceon": (
        ProbeOps("traceon", "ftrace_traceon"),
        ProbeOps("traceon", "ftrace_traceon_count", counts=True),
    ),
    "traceoff": (
        ProbeOps("traceoff", "ftrace_traceoff"),
        ProbeOps("traceoff", "ftrace_traceoff_count", counts=True),
    ),
    "stacktrace": (
        ProbeOps("stacktrace", "ftrace_stacktrace"),
        ProbeOps("stacktrace", "ftrace_stacktrace_count", counts=True),
    ),
    "snapshot": (
        ProbeOps("snapshot", HOST, action=_snapshot),
        ProbeOps("snapshot", HOST, counts=True, action=_snapshot),
    ),
    "dump": 2 * (ProbeOps("dump", HOST, counts=True, action=_dump),),
    "cpudump": 2 * (ProbeOps("cpudump", HOST, action=_cpudump),),
}
ONCE = ("dump", "cpudump")
"""Commands that take no count: theirs is 1."""


class Probe:
    """One command of a trace array, with the functions that it is for."""

    def __init__(self, tr: TraceArray, probe_ops: ProbeOps, subject: Subject | None) -> None:
        self.probe_ops = probe_ops
        self.subject = subject
        action = probe_ops.action
        hit = None if action is None else (lambda cpu: action(tr, cpu))
        self.guest = tr.guest.create_probe(probe_ops.function, hit, subject and subject.guest)
        self.functions = FunctionHash(tr.buffer.layout.word)

    def lines(self, kallsyms: Kallsyms) -> Iterator[bytes]:
        """The probe's part of set_ftrace_filter."""
        counts = self.guest.counts
        name = self.probe_ops.name.encode()
        if self.subject is not None:
            name += b":" + self.subject.name.encode()
        for ip in self.functions:
            count = b"count=%d" % counts[ip] if self.probe_ops.counts else b"unlimited"
            yield b"%b:%b:%b\n" % (kallsyms.name(ip).encode("latin-1"), name, count)


class FunctionProbes:
    """The probes of one trace array, the newest first. Raises OSError with the kernel's errno."""

    def __init__(self, tr: TraceArray) -> None:
        self._tr = tr
        self._ftrace = tr.backend.ftrace
        self._probes: list[Probe] = []

    def lines(self) -> bytes:
        """What set_ftrace_filter shows of them."""
        kallsyms = self._tr.backend.kallsyms
        return b"".join(line for probe in self._probes for line in probe.lines(kallsyms))

    def command(self, func: bytes, name: str, param: bytes | None) -> None:
        """Add a command to the functions that ``func`` names, or (``!``) take it away."""
        subject = None
        if (find := OPS[name][0].subject) is not None:
            subject, param = find(self._tr, param)
        probe_ops = OPS[name][param is not None]
        if func[:1] == b"!":
            self._remove(func[1:], probe_ops, subject)
            return
        count = 1 if name in ONCE else _count(param)
        if name == "snapshot":
            self._tr.snapshot.allocate()
        self._add(func, probe_ops, subject, count)

    def clear(self) -> None:
        """Take all away."""
        for probe in list(self._probes):
            self._free(probe)

    def _find(self, probe_ops: ProbeOps, subject: Subject | None) -> Probe | None:
        for probe in self._probes:
            if probe.probe_ops is probe_ops and probe.subject == subject:
                return probe
        return None

    def _add(self, func: bytes, probe_ops: ProbeOps, subject: Subject | None, count: int) -> None:
        ips, _ = self._ftrace.match(func)
        if not len(ips):
            raise _error(errno.EINVAL)
        probe = self._find(probe_ops, subject)
        if probe is None:
            if subject is not None:
                subject.attach()
            probe = Probe(self._tr, probe_ops, subject)
            self._probes.insert(0, probe)
        new = probe.functions.add(ips.tolist())
        if probe_ops.counts:
            probe.guest.counts = probe.guest.counts | dict.fromkeys(new, count)
        ops = probe.guest.ops
        try:
            self._ftrace.commit_hash(ops, False, ops.hash.filter.add(ips))
            if not ops.enabled:
                self._ftrace.register(ops)
        except OSError:
            self._free(probe)
            raise

    def _remove(self, pattern: bytes, probe_ops: ProbeOps, subject: Subject | None) -> None:
        import numpy as np  # takes 0.1 s: not at the mount's start

        probe = self._find(probe_ops, subject)
        if probe is None:
            raise _error(errno.ENODEV)
        gone = set(probe.functions)
        if pattern not in (b"", b"*"):
            glob = parse_regex(pattern)
            named = glob.type is not Match.INDEX and not glob.inverted
            gone &= set(self._ftrace.select(glob).tolist() if named else [])
        if not gone:
            raise _error(errno.EINVAL)
        probe.functions.remove(gone)
        if not len(probe.functions):
            self._free(probe)
            return
        ops = probe.guest.ops
        left = ops.hash.filter.remove(np.array(sorted(gone), np.uint64))
        self._ftrace.commit_hash(ops, False, left)
        if probe_ops.counts:
            counts = probe.guest.counts
            probe.guest.counts = {ip: counts[ip] for ip in probe.functions}

    def _free(self, probe: Probe) -> None:
        self._probes.remove(probe)
        if probe.guest.ops.enabled:
            with contextlib.suppress(OSError):  # ftrace may have been turned off for good
                self._ftrace.unregister(probe.guest.ops)
        probe.guest.free()
        if probe.subject is not None:
            probe.subject.detach()


def _count(param: bytes | None) -> int:
    """The number up to the next colon, as an unsigned long made signed; none: -1, unlimited."""
    digits = (param or b"").partition(b":")[0]
    if not digits:
        return -1
    text = digits.decode("latin-1").removeprefix("+")
    try:
        octal = text[:1] == "0" and text.isdigit()
        value = int(text, 8 if octal else 0) if text.isalnum() else -1
    except ValueError:
        value = -1
    if value < 0:
        raise _error(errno.EINVAL)
    if value > ULONG_MAX:
        raise _error(errno.ERANGE)
    return value - (value >> LONG_BITS - 1 << LONG_BITS)


def register_commands(find: Callable[[FtraceOps], TraceArray | None], ftrace: Ftrace) -> None:
    """Tell the filter files of these commands; ``find`` knows whose ops it is."""

    def run(
        edit: FilterEdit, func: bytes, command: bytes, param: bytes | None, enable: bool
    ) -> None:
        tr = find(edit.ops)
        if tr is None:
            raise _error(errno.ENODEV)
        if not enable:
            raise _error(errno.EINVAL)
        tr.function_probes.command(func, command.decode(), param)

    def lines(ops: FtraceOps) -> bytes:
        tr = find(ops)
        return b"" if tr is None else tr.function_probes.lines()

    for name in OPS:
        ftrace.commands[name.encode()] = run
    ftrace.probe_lines = lines


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
