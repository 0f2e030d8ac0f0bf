"""The guest's events (kernel_image/include/linux/trace_events.h)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tracefs.events.backend import CallInfo, FieldInfo
from tracefs.kernel.event_files import CALL, FILE, TRIGGER, GuestEventFile
from tracefs.kernel.guest_latency import IRQFLAGS, PREEMPT_TOGGLE
from tracefs.kernel.kprobes import GuestKprobes
from tracefs.kernel.slots import SlotPool

if TYPE_CHECKING:
    from tracefs.image import Abi
    from tracefs.kernel.backend import GuestBackend
    from tracefs.trace.array import TraceArray

FIELDS = "trace_event_fields"
HOOKS = {
    "irq_disable": IRQFLAGS,
    "irq_enable": IRQFLAGS,
    "preempt_disable": PREEMPT_TOGGLE,
    "preempt_enable": PREEMPT_TOGGLE,
}
"""Events that happen only while the guest's hooks are told to tell of them."""
PAGE_SIZE = 4096


class GuestEventTable:
    """GuestEvents: reads the descriptions, makes files and triggers; the machine's lock is held."""

    def __init__(self, backend: GuestBackend) -> None:
        self.backend = backend
        self.memory = backend.memory
        self.abi: Abi = backend.abi
        self.retired = backend.syscalls.retired
        self._users: dict[int, int] = {}
        """How many events use a probe."""
        self._made: dict[int, tuple[Callable[[bool], None], int]] = {}
        """What uses the events that the host has made, and how many pages they take."""
        self.slots = SlotPool(self.memory, max(self.abi.size(FILE), self.abi.size(TRIGGER)))

    def calls(self) -> Iterator[CallInfo]:
        """The events of the image."""
        word = self.memory.layout.bits // 8
        start, stop = map(self.backend.symbol, ("__start_ftrace_events", "__stop_ftrace_events"))
        for at in range(start, stop, word):
            key = self.memory.word(at)
            yield CallInfo(
                key,
                self._string(self._word(key, CALL, "system")),
                self._string(self._word(key, CALL, "name")),
                self.memory.u32(key + self.abi.offset(CALL, "type")),
                bool(self._word(key, CALL, "tp")),
            )

    def common_fields(self) -> Iterator[FieldInfo]:
        """The fields of struct trace_entry."""
        return self._fields(self.backend.symbol("ftrace_common_fields"))

    def fields(self, key: int) -> Iterator[FieldInfo]:
        """An event's own fields."""
        return self._fields(self._word(key, CALL, "fields"))

    def _fields(self, at: int) -> Iterator[FieldInfo]:
        while name := self._word(at, FIELDS, "name"):
            size, align, signed = (
                self.memory.u32(at + self.abi.offset(FIELDS, field))
                for field in ("size", "align", "is_signed")
            )
            kind = self._string(self._word(at, FIELDS, "type"))
            yield FieldInfo(kind, self._string(name), size, align, bool(signed))
            at += self.abi.size(FIELDS)

    def print_fmt(self, key: int) -> str:
        """An event's format."""
        return self._string(self._word(key, CALL, "print_fmt"))

    def variable(self, name: str) -> int:
        """The value of a constant or a variable of the guest."""
        if self.abi.has_const(name):
            return self.abi.const(name)
        address = self.backend.find(name)
        if not address or self.memory.is_executable(address):
            return address  # a place in the code is its own value
        return self.memory.word(address)

    def create_file(self, key: int, tr: TraceArray) -> GuestEventFile:
        """A struct trace_event_file."""
        from tracefs.kernel.backend import GuestTraceArray

        assert isinstance(tr.guest, GuestTraceArray)
        return GuestEventFile(self, key, tr.guest.address)

    def create_call(
        self,
        info: CallInfo,
        fields: Sequence[FieldInfo],
        print_fmt: str,
        reg: Callable[[bool], None],
    ) -> CallInfo:
        """A struct trace_event_call, behind it its fields and their texts."""
        size = self.abi.size(FIELDS)
        texts = [info.system, info.name, print_fmt]
        for field in fields:
            texts += [field.type, field.name]
        first = self.abi.size(CALL)
        at = first + size * (len(fields) + 1)
        data = b"".join(text.encode("latin-1") + b"\0" for text in texts)
        pages = -(-(at + len(data)) // PAGE_SIZE)
        key = self.memory.alloc_pages(pages)
        self.memory.write(key, bytes(at) + data)
        places = []
        for text in texts:
            places.append(key + at)
            at += len(text) + 1
        for name, address in zip(("system", "name", "print_fmt"), places, strict=False):
            self._put(key, CALL, name, address)
        self._put(key, CALL, "fields", key + first)
        self.memory.put_u32(key + self.abi.offset(CALL, "type"), info.type)
        for index, field in enumerate(fields):
            base = key + first + index * size
            self._put(base, FIELDS, "type", places[3 + 2 * index])
            self._put(base, FIELDS, "name", places[4 + 2 * index])
            for part, value in (
                ("size", field.size),
                ("align", field.align),
                ("is_signed", int(field.signed)),
            ):
                self.memory.put_u32(base + self.abi.offset(FIELDS, part), value)
        self._made[key] = reg, pages
        return info._replace(key=key)

    def free_call(self, key: int) -> None:
        """Release one that was made."""
        _, pages = self._made.pop(key)
        self.retired.pages(self.memory, key, pages)

    @cached_property
    def probes(self) -> GuestKprobes:
        """Probes at instructions."""
        return GuestKprobes(self.backend)

    def recordable(self, key: int) -> bool:
        """True for events, False for what tracers write."""
        return key in self._made or bool(self._word(key, CALL, "tp"))

    def reg(self, key: int, on: bool) -> None:
        """One more (or one fewer) event wants its probe, which may be that of others, too."""
        if key in self._made:
            self._made[key][0](on)
            return
        probe = self._word(key, CALL, "probe")
        before = self._users.get(probe, 0)
        self._users[probe] = before + (1 if on else -1)
        if bool(before) == bool(self._users[probe]):
            return
        if hooks := HOOKS.get(self._string(self._word(key, CALL, "name"))):
            self.backend.preemptirq.watch(hooks, on)
        cpu = self.backend.syscalls.current_cpu
        cpu.call(self.backend.symbol("trace_event_reg"), key, int(on))

    def _word(self, base: int, struct: str, field: str) -> int:
        return self.memory.word(base + self.abi.offset(struct, field))

    def _put(self, base: int, struct: str, field: str, value: int) -> None:
        self.memory.put_word(base + self.abi.offset(struct, field), value)

    def _string(self, address: int) -> str:
        return self.memory.cstring(address, 16384)
