"""Lines of kprobe_events (kernel/trace/trace_kprobe.c): what a new probe is to be.

``p[:[GROUP/][EVENT]] [MODULE:]SYMBOL[+OFFSET] [ARGUMENT...]``, or an address; ``r[MAXACTIVE]`` in
place of p, or ``%return`` behind the symbol, for a function's returns.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.events.probe_args import NAME, ArgParser, ProbeArg, parse_long, parse_number
from tracefs.events.probe_error import ProbeError

if TYPE_CHECKING:
    from tracefs.events.backend import GuestProbes

GROUP = "kprobes"
MAX_EVENT_NAME_LEN = 64
MAXACTIVE_MAX = 4096
UINT_MAX = (1 << 32) - 1
_SYSTEM = re.compile(r"[A-Za-z_-][\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class KprobeText:
    """A probe as it was written. ``symbol`` is "" where it is at an ``address``."""

    group: str
    event: str
    symbol: str
    address: int
    offset: int
    returns: bool
    maxactive: int
    args: tuple[ProbeArg, ...]

    @property
    def module(self) -> str:
        """The module that the symbol is to be looked for in; "": anywhere."""
        return self.symbol.partition(":")[0] if ":" in self.symbol else ""


def split_symbol(text: str) -> tuple[str, int] | None:
    """``SYMBOL+OFFSET`` or ``SYMBOL-OFFSET``; None: the offset is no number."""
    match = re.search(r"[+-]", text)
    if match is None:
        return text, 0
    offset = parse_long(text[match.start() :])
    return None if offset is None else (text[: match.start()], offset)


def parse_kprobe(words: Sequence[str], guest: GuestProbes) -> KprobeText | None:
    """A new probe; None: it is not about one (ProbeError; its numbers are the kernel's)."""
    what, event, name = words[0][1:].partition(":")
    if words[0][:1] not in ("p", "r") or len(words) < 2:
        return None
    returns = words[0][0] == "r"
    maxactive = _maxactive(what, returns)
    place = words[1]
    address = parse_number(place)
    symbol, offset, entry = "", 0, False
    if address is None:
        if "/" in place and ":" in place:
            return None
        symbol, percent, suffix = place.partition("%")
        if percent and suffix != "return":
            raise ProbeError("BAD_ADDR_SUFFIX", len(symbol), 1)
        returns = returns or bool(percent)
        symbol, offset, entry = _place(symbol, returns, guest)
    group, event_name = _event(name, len(what) + 2) if event else (GROUP, "")
    if not event_name:
        where = f"{symbol}_{offset}" if symbol else f"0x{address:x}"
        event_name = f"{'r' if returns else 'p'}_{where}"[: MAX_EVENT_NAME_LEN - 1]
        event_name = event_name.replace(":", "_").replace(".", "_")
    args = ArgParser(guest, returns, entry).parse(words[2:])
    return KprobeText(
        group, event_name, symbol, address or 0, offset, returns, maxactive, tuple(args)
    )


def _maxactive(text: str, returns: bool) -> int:
    if not text[:1].isdigit():
        return 0
    if not returns:
        raise ProbeError("MAXACT_NO_KPROBE", 1)
    value = parse_number(text, high=UINT_MAX)
    if not value or len(text) > MAX_EVENT_NAME_LEN - 1:
        raise ProbeError("BAD_MAXACT", 1)
    if value > MAXACTIVE_MAX:
        raise ProbeError("MAXACT_TOO_BIG", 1)
    return value


def _place(text: str, returns: bool, guest: GuestProbes) -> tuple[str, int, bool]:
    """Symbol, offset, and whether that is a function's entry."""
    split = split_symbol(text)
    if split is None or not 0 <= split[1] <= UINT_MAX:
        raise ProbeError("BAD_PROBE_ADDR", 0, 1)
    symbol, offset = split
    address = guest.address(symbol)
    found = guest.offset(address + offset) if address is not None else None
    if found and returns:
        raise ProbeError("BAD_RETPROBE", 0, 1)
    if ":" not in symbol:
        count = guest.count(symbol)
        if count > 1:
            raise ProbeError("NON_UNIQ_SYMBOL", 0, 1, errno.EADDRNOTAVAIL)
        if not count:
            raise ProbeError("BAD_PROBE_ADDR", 0, 1, errno.ENOENT)
    return symbol, offset, found == 0


def _event(text: str, at: int) -> tuple[str, str]:
    """Group and event; "" for an event that is to be named after its place."""
    group = GROUP
    match = re.search("/", text) or re.search(r"\.", text)
    if match is not None:
        group = text[: match.start()]
        if not group:
            raise ProbeError("NO_GROUP_NAME", at)
        if len(group) + 1 > MAX_EVENT_NAME_LEN:
            raise ProbeError("GROUP_TOO_LONG", at)
        if not _SYSTEM.fullmatch(group):
            raise ProbeError("BAD_GROUP_NAME", at)
        text, at = text[match.end() :], at + match.end()
    if not text:
        if match is None:
            raise ProbeError("NO_EVENT_NAME", at)
        return group, ""
    if len(text) >= MAX_EVENT_NAME_LEN:
        raise ProbeError("EVENT_TOO_LONG", at)
    if not NAME.fullmatch(text):
        raise ProbeError("BAD_EVENT_NAME", at)
    return group, text
