"""``kprobe_events``, ``kprobe_profile`` and ``dynamic_events``: events that are made by writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from tracefs.control.handle import SeqHandle, Task
from tracefs.control.tables import TOP
from tracefs.events import Events, Kprobes
from tracefs.events.dynamic import DynKind
from tracefs.trace.array import TraceArray


def _events(tr: TraceArray) -> Events:
    assert isinstance(tr.arrays.events, Events)
    return tr.arrays.events


@TOP.handle("dynamic_events")
class DynamicEvents(SeqHandle[TraceArray]):
    """Events that were made by writing here, or to kprobe_events; > removes all

    A line makes one, -:[GROUP/]EVENT removes it, ! before the line that made it, too.
    """

    kind: ClassVar[type[DynKind] | None] = None

    def __init__(self, scope: TraceArray, flags: int, task: Task) -> None:
        super().__init__(scope, flags, task)
        self._dynamic = _events(scope).dynamic
        self._kind = next(
            (kind for kind in self._dynamic.kinds if self.kind and isinstance(kind, self.kind)),
            None,
        )
        if self.truncating:
            self._dynamic.remove_all(self._kind)

    def records(self) -> Iterable[str]:
        return map(str, self._dynamic.of(self._kind))

    def write(self, data: bytes, offset: int, task: Task) -> int:
        return self._dynamic.write(data, self._kind)


@TOP.handle("kprobe_events")
class KprobeEvents(DynamicEvents):
    r"""Probes at functions and instructions, which record events; > removes all

    Create/append/remove: a line each
      p[:[<group>/][<event>]] <place> [<args>]
      r[maxactive][:[<group>/][<event>]] <place> [<args>]
      -:[<group>/][<event>]
    place: [<module>:]<symbol>[+<offset>], or an address
    place (kretprobe): [<module>:]<symbol>[+<offset>]%return, or after r without the suffix
    args: [<name>=]<fetcharg>[:<type>]
    fetcharg: %<register>, $arg<N>, $retval, $stack, $stack<N>, $comm,
      @<address>, @<symbol>[+|-<offset>], +|-[u]<offset>(<fetcharg>), \<imm-value>, \"<imm-string>"
    type: s8/16/32/64, u8/16/32/64, x8/16/32/64, string, ustring, symbol, b<width>@<offset>/<size>,
      <type>\[<array-size>\]
    """

    kind = Kprobes


@TOP.seq("kprobe_profile")
def kprobe_profile(tr: TraceArray) -> Iterator[str]:
    """Each probe's event, its hits, and those that could not be recorded"""
    dynamic = _events(tr).dynamic
    return (
        probe.profile for kind in dynamic.kinds if isinstance(kind, Kprobes) for probe in kind.all
    )
