"""Events of kprobes (kernel/trace/trace_kprobe.c)."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from struct import unpack_from
from typing import TYPE_CHECKING

from tracefs.events.backend import CallInfo, Fetch, FetchArg, FieldInfo
from tracefs.events.call import EventCall
from tracefs.events.kprobe_parser import KprobeText, parse_kprobe, split_symbol
from tracefs.events.probe_args import print_fmt
from tracefs.events.probe_error import ProbeError
from tracefs.events.probe_output import print_args

if TYPE_CHECKING:
    from tracefs.events.backend import GuestEvents, GuestProbe
    from tracefs.events.call import Field
    from tracefs.events.dynamic import DynEvent
    from tracefs.events.table import Events
    from tracefs.trace.entries import Context

_ULONG = "unsigned long"
_ENTRY = (FieldInfo(_ULONG, "__probe_ip", 8, 8, False),)
_RETURN = (
    FieldInfo(_ULONG, "__probe_func", 8, 8, False),
    FieldInfo(_ULONG, "__probe_ret_ip", 8, 8, False),
)


class KprobeEvent(EventCall):
    """An event that one or more probes record."""

    def __init__(
        self, guest: GuestEvents, info: CallInfo, common: list[Field], text: KprobeText
    ) -> None:
        super().__init__(guest, info, common)
        self.probes: list[TraceKprobe] = []
        self.enabled = False
        """True while a trace array wants the event."""
        self._text = text

    @property
    def returns(self) -> bool:
        """True if its probes are at functions' returns."""
        return self._text.returns

    def reg(self, on: bool) -> None:
        """Arm its probes, or disarm them."""
        self.enabled = on
        for probe in self.probes:
            probe.enable(on)

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        if self.returns:
            func, ip = unpack_from("<QQ", data, self.fields[0].offset)
            where = f"{context.symbol(ip, True)} <- {context.symbol(func, False)}"
            first = 2
        else:
            where = context.symbol(unpack_from("<Q", data, self.fields[0].offset)[0], True)
            first = 1
        args = print_args(self._text.args, self.fields[first:], context, data)
        return f"{self.name}: ({where}){args}\n"


class TraceKprobe:
    """A probe; DynEvent. Without a guest's side where it waits for a module."""

    def __init__(self, owner: Kprobes, event: KprobeEvent, text: KprobeText) -> None:
        self._owner = owner
        self.event = event
        self.text = text
        self.guest: GuestProbe | None = None
        self._hits = self._missed = 0

    def __str__(self) -> str:
        """Its line of kprobe_events."""
        text = self.text
        kind = "p"
        if text.returns:
            active = text.maxactive or (self._owner.guest.probes.maxactive if self.guest else 0)
            kind = f"r{active or ''}"
        args = "".join(f" {arg.name}={arg.text}" for arg in text.args)
        where = self.place or f"0x{self._owner.hashed(text.address)}"
        return f"{kind}:{text.group}/{text.event} {where}{args}\n"

    @property
    def place(self) -> str:
        """Symbol and offset; "": an address."""
        text = self.text
        return f"{text.symbol}+{text.offset}" if text.offset else text.symbol

    @property
    def profile(self) -> str:
        """Its line of kprobe_profile."""
        hits, missed = self._hits, self._missed
        if self.guest is not None:
            hits, missed = hits + self.guest.hits, missed + self.guest.missed
        return f"  {self.text.event:<44} {hits:15d} {missed:15d}\n"

    @property
    def busy(self) -> bool:
        """True while a trace array wants the event."""
        return self.event.enabled

    def matches(self, system: str | None, event: str, words: list[str]) -> bool:
        """As trace_kprobe_match."""
        text = self.text
        if event not in ("", text.event) or system not in (None, text.group):
            return False
        args = [f"{arg.name}={arg.text}" for arg in text.args]
        return not words or (words[0] == self.place and words[1:] == args[: len(words) - 1])

    def register(self) -> None:
        """Find its place and make the guest's side (ENOENT, EINVAL, EILSEQ, ENOMEM)."""
        guest, text = self._owner.guest.probes, self.text
        address = text.address
        if text.symbol:
            found = guest.address(text.symbol)
            if found is None:
                raise _error(errno.ENOENT)
            address = found + text.offset
        guest.check_traced(address)
        args, offset = [], 0
        for arg in text.args:
            args.append(FetchArg([self._resolve(step) for step in arg.code], offset, arg.dynamic))
            offset += arg.size
        if guest.offset(address) is None:
            raise _error(errno.ENOENT)
        guest.check_place(address)
        active = (text.maxactive or guest.maxactive) if text.returns else 0
        self.guest = guest.create(self.event.key, address, args, offset, active)
        if self.event.enabled:
            self.guest.arm()

    def _resolve(self, step: Fetch) -> Fetch:
        if not step.symbol:
            return step
        split = split_symbol(step.symbol)
        if split is None:
            raise _error(errno.EINVAL)
        address = self._owner.guest.probes.address(split[0])
        if address is None:
            raise _error(errno.ENOENT)
        return step._replace(value=address + split[1], symbol="")

    def unregister(self) -> None:
        """Give the guest's side back."""
        if self.guest is not None:
            self._hits, self._missed = (
                self._hits + self.guest.hits,
                self._missed + self.guest.missed,
            )
            if self.event.enabled:
                self.guest.disarm()
            self.guest.free()
            self.guest = None

    def enable(self, on: bool) -> None:
        """Arm it or not, if it has found its place."""
        if self.guest is None:
            return
        if on:
            self.guest.arm()
        else:
            self.guest.disarm()

    def free(self) -> None:
        """Remove it, and with its last probe the event (EBUSY)."""
        event = self.event
        if len(event.probes) == 1 and self.busy:
            raise _error(errno.EBUSY)
        self.unregister()
        event.probes.remove(self)
        if not event.probes:
            self._owner.events.remove(event)


class Kprobes:
    """The kprobes of a kernel; DynKind."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.guest = events.guest
        events.dynamic.kinds.append(self)

    @property
    def all(self) -> Iterator[TraceKprobe]:
        """All there are, in the order in which they were made."""
        return (probe for probe in self.events.dynamic.all if isinstance(probe, TraceKprobe))

    def owns(self, event: DynEvent) -> bool:
        """True for a probe."""
        return isinstance(event, TraceKprobe)

    def hashed(self, address: int) -> str:
        """An address as %p has it."""
        return self.guest.probes.hashed(address)

    def create(self, command: str) -> TraceKprobe | None:
        """Make a probe of a line of kprobe_events."""
        words = command.split()
        try:
            text = parse_kprobe(words, self.guest.probes)
            return None if text is None else self._create(text)
        except ProbeError as error:
            if error.text:
                errors = self.events.arrays.top.errors
                at = error.position(words)
                errors.log("trace_kprobe", error.text, " ".join(words), at)
            raise

    def _create(self, text: KprobeText) -> TraceKprobe:
        event = self._event(text.group, text.event)
        if event is None:
            if self.events.find(text.group, text.event) is not None:
                raise ProbeError("EVENT_EXIST", number=errno.EEXIST)
            fields = [*(_RETURN if text.returns else _ENTRY), *(arg.field for arg in text.args)]
            fmt = print_fmt(text.args, returns=text.returns)
            made = self.events.create(
                text.group,
                text.event,
                fields,
                fmt,
                lambda guest, info, common: KprobeEvent(guest, info, common, text),
            )
            assert isinstance(made, KprobeEvent)
            event = made
        else:
            self._check_sibling(event, text)
        probe = TraceKprobe(self, event, text)
        event.probes.append(probe)
        try:
            self._register(probe)
        except OSError:
            event.probes.remove(probe)
            if not event.probes:
                self.events.remove(event)
            raise
        return probe

    def _register(self, probe: TraceKprobe) -> None:
        try:
            probe.register()
        except OSError as error:
            number = error.errno or errno.EINVAL
            module, text = probe.text.module, probe.text
            loaded = not module or self.guest.probes.has_module(module)
            if number == errno.ENOENT and not (text.symbol and loaded):
                return  # it waits for its module
            kinds = {errno.EILSEQ: "BAD_INSN_BNDRY", errno.ENOENT: "BAD_PROBE_ADDR"}
            kind = kinds.get(number, "" if number == errno.ENOMEM else "FAIL_REG_PROBE")
            raise ProbeError(kind, 0, 1, number) from None

    def _event(self, group: str, name: str) -> KprobeEvent | None:
        call = self.events.find(group, name)
        return call if isinstance(call, KprobeEvent) else None

    def _check_sibling(self, event: KprobeEvent, text: KprobeText) -> None:
        first = event.probes[0].text
        if first.returns != text.returns:
            raise ProbeError("DIFF_PROBE_TYPE", number=errno.EEXIST)
        if len(first.args) != len(text.args):
            at = min(len(first.args), len(text.args))
            raise ProbeError("DIFF_ARG_TYPE", 0, at + 2, errno.EEXIST)
        for index, (old, new) in enumerate(zip(first.args, text.args, strict=True)):
            if not old.same_type(new):
                raise ProbeError("DIFF_ARG_TYPE", 0, index + 2, errno.EEXIST)
        for probe in event.probes:
            other = probe.text
            place = (other.symbol, other.address, other.offset)
            if place == (text.symbol, text.address, text.offset) and other.args == text.args:
                raise ProbeError("SAME_PROBE", number=errno.EEXIST)

    def module_coming(self, name: str) -> None:
        """A module's sites can be traced: its probes find their places."""
        for probe in self.all:
            if probe.text.module == name:
                probe.unregister()
                try:
                    probe.register()
                except OSError:
                    probe.guest = None

    def module_going(self, name: str) -> None:
        """A module's code will be gone."""
        for probe in self.all:
            if probe.guest is not None and probe.guest.module == name:
                probe.unregister()


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
