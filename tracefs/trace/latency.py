"""What the tracers of latencies share: they keep the trace of the longest in the snapshot.

The guest measures, and says when it has found a longer one (TraceArray._update_max). Functions in
between are recorded too, with option function-trace.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, ClassVar

from tracefs.release import Feature
from tracefs.trace.backend import MaxTrace
from tracefs.trace.options import FUNCTION, LATENCY_FORMAT, OVERWRITE, Option
from tracefs.trace.tracer import Tracer

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray
    from tracefs.trace.backend import Latency


class LatencyTracer(Tracer):
    """A tracer of latencies: a subclass says which of its family."""

    in_instances = True
    uses_max = True
    mode: ClassVar[int]
    """What the guest is asked to measure."""
    call: ClassVar[str]
    """The guest's function that records calls."""
    forced: ClassVar[tuple[Option, ...]] = (OVERWRITE, LATENCY_FORMAT)
    """Options that are set while the tracer runs."""

    def family(self, tr: TraceArray) -> Latency:
        """The guest's part."""
        raise NotImplementedError

    def mode_for(self, tr: TraceArray) -> int:
        """What the guest is asked to measure, in this release."""
        return self.mode

    def init(self, tr: TraceArray) -> None:
        """Begin to measure (EBUSY: the family serves another array)."""
        guest = self.family(tr)
        if guest.busy:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        tr.latency.saved_flags = tr.flags
        for option in self._forced(tr):
            tr.set_option(option, True)
        tr.max_latency, tr.max = 0, MaxTrace()
        guest.begin(tr.guest, self.mode_for(tr))
        if tr.has(FUNCTION):
            self._trace_functions(tr, True)
        guest.enabled = tr.on

    def reset(self, tr: TraceArray) -> None:
        """Measure no more, and give the options back."""
        guest = self.family(tr)
        guest.enabled = False
        self._trace_functions(tr, False)
        guest.end()
        for option in self._forced(tr):
            tr.set_option(option, bool(tr.latency.saved_flags & option.mask))

    def start(self, tr: TraceArray) -> None:
        """Measure again."""
        self.family(tr).enabled = True

    def stop(self, tr: TraceArray) -> None:
        """Measure nothing until `start`."""
        self.family(tr).enabled = False

    def flag_changed(self, tr: TraceArray, mask: int, on: bool) -> None:
        """function-trace has its effect at once; overwrite stays on (EINVAL)."""
        if mask == FUNCTION.mask:
            self._trace_functions(tr, on)
        elif mask == OVERWRITE.mask and not on:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    def _forced(self, tr: TraceArray) -> tuple[Option, ...]:
        # The kernels of 2008 had these ways already, and no options for them.
        return self.forced if tr.arrays.release.has(Feature.TRACEFS) else ()

    def _trace_functions(self, tr: TraceArray, on: bool) -> None:
        if on == tr.latency.functions:
            return
        ftrace, ops = tr.backend.ftrace, tr.guest.ops
        if on:
            tr.guest.set_function(self.call)
            try:
                ftrace.register(ops)
            except OSError:  # ftrace is off for good; latencies can be measured all the same
                tr.backend.log(f"failed to start {self.name} tracer")
                return
        else:
            with contextlib.suppress(OSError):
                ftrace.unregister(ops)
        tr.latency.functions = on
