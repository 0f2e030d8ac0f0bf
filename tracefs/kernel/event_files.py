"""Events in trace arrays, and their triggers, as the guest has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tracefs.events.backend import GuestFile, GuestTrigger, Pred
from tracefs.kernel.event_filters import GuestFilter

if TYPE_CHECKING:
    from tracefs.kernel.guest_events import GuestEventTable

CALL, FILE, TRIGGER = "trace_event_call", "trace_event_file", "event_trigger_data"


class GuestEventFile:
    """GuestFile: a struct trace_event_file, in its event's list while linked."""

    def __init__(self, owner: GuestEventTable, key: int, array: int) -> None:
        self._owner = owner
        self._memory = owner.memory
        self._key = key
        self._array = array
        self._filter: GuestFilter | None = None
        self.address = owner.slots.alloc()
        self._put("call", key)
        self._put("tr", array)

    def _at(self, field: str) -> int:
        return self.address + self._owner.abi.offset(FILE, field)

    def _put(self, field: str, value: int) -> None:
        self._memory.put_word(self._at(field), value)

    @property
    def flags(self) -> int:
        """EVENT_FILE_FL_*."""
        return self._memory.u32(self._at("flags"))

    @flags.setter
    def flags(self, value: int) -> None:
        self._memory.put_u32(self._at("flags"), value)

    def link(self) -> None:
        """Put it into its event's list; the first there attaches the probe.

        What tracers write has no probe: of that only markers can have triggers.
        """
        if not self._has_probe:
            self._memory.put_word(self._marker, self.address)
            return
        head = self._head
        first = self._memory.word(head)
        if not first:
            self._owner.reg(self._key, True)
        self._put("next", first)
        self._memory.put_word(head, self.address)

    def unlink(self) -> None:
        """Take it out; the last one detaches the probe. Who stands in it still finds the way on."""
        if not self._has_probe:
            self._memory.put_word(self._marker, 0)
            return
        at = self._head
        while (here := self._memory.word(at)) != self.address:
            at = here + self._owner.abi.offset(FILE, "next")
        self._memory.put_word(at, self._memory.word(self._at("next")))
        if not self._memory.word(self._head):
            self._owner.reg(self._key, False)

    @property
    def _has_probe(self) -> bool:
        return self._owner.recordable(self._key)

    @property
    def _marker(self) -> int:
        return self._array + self._owner.abi.offset("trace_array", "trace_marker_file")

    @property
    def _head(self) -> int:
        return self._key + self._owner.abi.offset(CALL, "files")

    def set_filter(self, program: Sequence[Pred] | None) -> None:
        """Replace the filter."""
        old, self._filter = self._filter, None
        if program is not None:
            self._filter = GuestFilter(self._memory, self._owner.abi, program)
        self._put("filter", self._filter.address if self._filter else 0)
        if old is not None:
            self._owner.retired.later(old.free)

    def set_triggers(self, triggers: Sequence[GuestTrigger]) -> None:
        """Chain them, last first, so that whoever walks the list meets whole ones."""
        following = 0
        for trigger in reversed(triggers):
            assert isinstance(trigger, GuestEventTrigger)
            trigger.put("next", following)
            following = trigger.address
        self._put("triggers", following)

    def create_trigger(
        self,
        function: str,
        count: int,
        *,
        program: Sequence[Pred] | None = None,
        other: GuestFile | None = None,
        post: bool = False,
        hit: Callable[[int], None] | None = None,
    ) -> GuestEventTrigger:
        """A struct event_trigger_data of this file."""
        trigger = GuestEventTrigger(self._owner, self.address, function, count, program)
        if other is not None:
            assert isinstance(other, GuestEventFile)
            trigger.put("private", other.address)
        trigger.put("post", int(post))
        if hit is not None:
            self._owner.backend.probes.hits[trigger.address] = hit
        return trigger

    def free(self) -> None:
        """Release it when nobody can stand in it."""
        self.set_filter(None)
        self._owner.retired.later(lambda: self._owner.slots.free(self.address))


class GuestEventTrigger:
    """GuestTrigger: a struct event_trigger_data."""

    def __init__(
        self,
        owner: GuestEventTable,
        file: int,
        function: str,
        count: int,
        program: Sequence[Pred] | None,
    ) -> None:
        self._owner = owner
        self._filter: GuestFilter | None = None
        if program is not None:
            self._filter = GuestFilter(owner.memory, owner.abi, program)
        self.address = owner.slots.alloc()
        self.put("func", owner.backend.symbol(function))
        self.put("file", file)
        self.put("count", count)
        self.put("filter", self._filter.address if self._filter else 0)

    def put(self, field: str, value: int) -> None:
        """Set a field; numbers wrap as in C."""
        word = self._owner.memory.layout.bits
        at = self.address + self._owner.abi.offset(TRIGGER, field)
        self._owner.memory.put_word(at, value & (1 << word) - 1)

    @property
    def count(self) -> int:
        """How often it may still run."""
        bits = self._owner.memory.layout.bits
        value = self._owner.memory.word(self.address + self._owner.abi.offset(TRIGGER, "count"))
        return value - (value >> bits - 1 << bits)

    def free(self) -> None:
        """Release it when nobody can stand in it."""
        self._owner.backend.probes.hits.pop(self.address, None)
        self._owner.retired.later(self._free)

    def _free(self) -> None:
        self._owner.slots.free(self.address)
        if self._filter is not None:
            self._filter.free()
