"""Arguments of probes (kernel/trace/trace_probe.c): ``name=+8(%di):u32`` as a program and a field.

An argument becomes a list of `Fetch`, which the guest runs when the probe is hit.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.events.backend import Fetch, FieldInfo
from tracefs.events.probe_error import ProbeError

if TYPE_CHECKING:
    from tracefs.events.backend import GuestProbes

MAX_EVENT_SIZE = 3072
MAX_STACK = 16384 // 8
MAX_ARGSTR_LEN, MAX_ARG_NAME_LEN, MAX_ARRAY_LEN = 63, 32, 64
FETCH_INSN_MAX = 16
RESERVED = frozenset(
    (
        "common_type",
        "common_flags",
        "common_preempt_count",
        "common_pid",
        "common_tgid",
        "__probe_ip",
        "__probe_ret_ip",
        "__probe_func",
    )
)
NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NUMBER = re.compile(r"(-?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]*)|([1-9][0-9]*))\n?", re.ASCII)
_LEADING = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*|", re.ASCII)


@dataclass(frozen=True, slots=True)
class FetchType:
    """A type: what its field is declared as, its size, and its conversion."""

    name: str
    field: str
    size: int
    signed: bool
    format: str

    @property
    def is_string(self) -> bool:
        """True for what is stored behind the fixed part of an entry."""
        return self.field.startswith("__data_loc")


def _types() -> dict[str, FetchType]:
    types = [
        FetchType(name, "__data_loc char[]", 4, True, '\\"%s\\"') for name in ("string", "ustring")
    ]
    for size in (1, 2, 4, 8):
        bits, length = 8 * size, "L" if size == 8 else ""
        types += [
            FetchType(f"u{bits}", f"u{bits}", size, False, f"%{length}u"),
            FetchType(f"s{bits}", f"s{bits}", size, True, f"%{length}d"),
            FetchType(f"x{bits}", f"u{bits}", size, False, f"0x%{length}x"),
        ]
    types.append(FetchType("symbol", "u64", 8, False, "%pS"))
    return {kind.name: kind for kind in types}


TYPES = _types()
DEFAULT_TYPE = "x64"


@dataclass(frozen=True, slots=True)
class ProbeArg:
    """An argument. ``text`` is its body as written, ``count`` is not 0 for an array."""

    name: str
    text: str
    type: FetchType
    count: int
    code: tuple[Fetch, ...]

    @property
    def size(self) -> int:
        """Bytes in the entry's fixed part."""
        return self.type.size * (self.count or 1)

    @property
    def dynamic(self) -> bool:
        """True if something of it is stored behind the fixed part."""
        return self.type.is_string

    @property
    def field(self) -> FieldInfo:
        """Its field; probes' entries are packed."""
        declared = self.type.field
        if self.count:
            declared += f"[{self.count}]" if self.type.is_string else "[]"
        return FieldInfo(declared, self.name, self.size, 1, self.type.signed)

    def same_type(self, other: ProbeArg) -> bool:
        """True if entries of both could be one event's."""
        mine = (self.name, self.type, self.count)
        return mine == (other.name, other.type, other.count)


def print_fmt(args: Sequence[ProbeArg], *, returns: bool) -> str:
    """The print format of an event with these arguments."""
    text = '"(%lx <- %lx)' if returns else '"(%lx)'
    values = ["REC->__probe_func", "REC->__probe_ret_ip"] if returns else ["REC->__probe_ip"]
    for arg in args:
        get = "__get_str({})" if arg.type.is_string else "REC->{}"
        if arg.count:
            text += f" {arg.name}={{{','.join([arg.type.format] * arg.count)}}}"
            values += [get.format(f"{arg.name}[{i}]") for i in range(arg.count)]
        else:
            text += f" {arg.name}={arg.type.format}"
            values.append(get.format(arg.name))
    return f'{text}", {", ".join(values)}'


def parse_number(text: str, low: int = 0, high: int = (1 << 64) - 1) -> int | None:
    """A number in C's notation (kstrtoul and kstrtol with base 0); None: it is none, or outside."""
    match = _NUMBER.fullmatch(text.removeprefix("+"))
    if match is None or (match[1] and text.startswith("+")):
        return None
    sign, hexadecimal, octal, decimal = match.groups()
    if hexadecimal is not None:
        value = int(hexadecimal, 16)
    else:
        value = int(octal or "0", 8) if decimal is None else int(decimal)
    value = -value if sign else value
    return value if low <= value <= high else None


def parse_long(text: str) -> int | None:
    """A signed number in C's notation."""
    return parse_number(text, -(1 << 63), (1 << 63) - 1)


@dataclass(frozen=True, slots=True)
class ArgParser:
    """Parses the arguments of one probe; ``entry``: it is at a function's entry."""

    guest: GuestProbes
    returns: bool
    entry: bool

    def parse(self, words: Sequence[str]) -> list[ProbeArg]:
        """Arguments, from word 2 of the command on (ProbeError)."""
        args: list[ProbeArg] = []
        for index, text in enumerate(words):
            try:
                args.append(self._arg(text, index, args))
                if sum(arg.size for arg in args) > MAX_EVENT_SIZE:
                    at = text.find("=") + 1
                    raise ProbeError("EVENT_TOO_BIG", at, number=errno.E2BIG)
            except ProbeError as error:
                error.word = index + 2
                raise
        return args

    def _arg(self, text: str, index: int, others: Sequence[ProbeArg]) -> ProbeArg:
        name, equals, body = text.partition("=")
        if not equals:
            name, body = f"arg{index + 1}", text
        elif len(name) > MAX_ARG_NAME_LEN:
            raise ProbeError("ARG_NAME_TOO_LONG")
        elif not name:
            raise ProbeError("NO_ARG_NAME")
        if not NAME.fullmatch(name):
            raise ProbeError("BAD_ARG_NAME")
        if name in RESERVED or any(arg.name == name for arg in others):
            raise ProbeError("USED_ARG_NAME")
        return self._body(name, body, len(text) - len(body))

    def _body(self, name: str, body: str, at: int) -> ProbeArg:
        if len(body) > MAX_ARGSTR_LEN:
            raise ProbeError("ARG_TOO_LONG", at)
        if not body:
            raise ProbeError("NO_ARG_BODY", at)
        fetch, colon, wanted = body.partition(":")
        type_at = at + len(fetch) + 1 if colon else at
        wanted, count = _array(wanted, at + len(fetch) + 1)
        literal = fetch in ("$comm", "$COMM") or fetch.startswith('\\"')
        if literal and (count or (colon and wanted != "string")):
            raise ProbeError("")
        kind = find_type("string" if literal else wanted if colon else DEFAULT_TYPE)
        if kind is None:
            raise ProbeError("BAD_TYPE", type_at)
        code = _Code(self, at)
        code.parse(fetch, at)
        code.store(kind, count, wanted if colon else "", type_at)
        return ProbeArg(name, body, kind, count, tuple(code.steps))


def find_type(name: str) -> FetchType | None:
    """The type of that name; ``bWIDTH@OFFSET/SIZE`` is that of its container."""
    if name.startswith("b"):
        _, slash, size = name.partition("/")
        bits = parse_number(size) if slash else None
        return TYPES[f"u{bits}"] if bits in (8, 16, 32, 64) else None
    return TYPES.get(name)


def _array(wanted: str, at: int) -> tuple[str, int]:
    """The type and how many of it: 0, no array. ``at`` is where the type begins."""
    name, bracket, rest = wanted.partition("[")
    if not bracket:
        return name, 0
    number_at = at + len(name) + 1
    number, close, behind = rest.partition("]")
    if not close:
        raise ProbeError("ARRAY_NO_CLOSE", number_at + len(rest))
    if behind:
        raise ProbeError("BAD_ARRAY_SUFFIX", number_at + len(number) + 1)
    count = parse_number(number, high=(1 << 32) - 1)
    if not count:
        raise ProbeError("BAD_ARRAY_NUM", number_at)
    if count > MAX_ARRAY_LEN:
        raise ProbeError("ARRAY_TOO_BIG", number_at)
    return name, count


class _Code:
    """The program of one argument, as it grows."""

    def __init__(self, parser: ArgParser, at: int) -> None:
        self._parser = parser
        self._at = at
        self.steps: list[Fetch] = []

    def _add(self, step: Fetch, at: int) -> None:
        # The kernel's array has room for so many; a symbol takes two places of it.
        used = sum(2 if old.symbol else 1 for old in self.steps)
        if self.steps and used + bool(step.symbol) >= FETCH_INSN_MAX - 1:
            raise ProbeError("TOO_MANY_OPS", at)
        self.steps.append(step)

    def parse(self, text: str, at: int) -> None:
        """What is to be fetched; ``at`` is where the text stands."""
        if text.startswith("$"):
            self._variable(text[1:], at)
        elif text.startswith("%"):
            place = self._parser.guest.registers.get(text[1:])
            if place is None:
                raise ProbeError("BAD_REG_NAME", at)
            self._add(Fetch("REG", param=place), at)
        elif text.startswith("@"):
            self._memory(text[1:], at)
        elif text[:1] in ("+", "-"):
            self._dereference(text, at)
        elif text.startswith("\\"):
            self._immediate(text[1:], at + 1)
        else:
            raise ProbeError("BAD_FETCH_ARG", at)

    def _variable(self, name: str, at: int) -> None:
        if name == "retval":
            if not self._parser.returns:
                raise ProbeError("RETVAL_ON_PROBE", at)
            self._add(Fetch("REG", param=self._parser.guest.registers["ax"]), at)
        elif name in ("comm", "COMM"):
            self._add(Fetch("COMM"), at)
        elif name == "stack":
            self._add(Fetch("STACKP"), at)
        elif match := re.fullmatch(r"stack([0-9]+)", name):
            if int(match[1]) > MAX_STACK:
                raise ProbeError("BAD_STACK_NUM", at)
            self._add(Fetch("STACK", param=int(match[1])), at)
        elif (match := re.fullmatch(r"arg\+?([0-9]+)", name)) and self._is_entry:
            if not 0 < int(match[1]) <= MAX_STACK:
                raise ProbeError("BAD_ARG_NUM", at)
            self._add(self._argument(int(match[1])), at)
        else:
            raise ProbeError("BAD_VAR", at)

    @property
    def _is_entry(self) -> bool:
        return self._parser.entry and not self._parser.returns

    def _argument(self, number: int) -> Fetch:
        guest = self._parser.guest
        if number <= len(guest.arguments):
            return Fetch("REG", param=guest.registers[guest.arguments[number - 1]])
        return Fetch("STACK", param=number - len(guest.arguments))

    def _memory(self, place: str, at: int) -> None:
        if place[:1].isdigit():
            address = parse_number(place)
            if address is None:
                raise ProbeError("BAD_MEM_ADDR", at)
            self._add(Fetch("IMM", value=address), at)
        elif place.startswith("+"):
            raise ProbeError("FILE_ON_KPROBE", at)
        else:
            self._add(Fetch("IMM", symbol=place or " "), at)
        self._add(Fetch("DEREF"), at)

    def _dereference(self, text: str, at: int) -> None:
        op = "DEREF"
        if text[1:2] == "u":
            op, text = "UDEREF", text[0] + text[2:]
        text = text.removeprefix("+")
        number, brace, inner = text.partition("(")
        if not brace:
            raise ProbeError("DEREF_NEED_BRACE", at)
        offset = parse_long(number)
        if offset is None or number.startswith("+"):
            raise ProbeError("BAD_DEREF_OFFS", at)
        at += len(number) + 1 + (not number.startswith("-"))
        inside, brace, _ = inner.rpartition(")")
        if not brace:
            raise ProbeError("DEREF_OPEN_BRACE", at + len(inner))
        self.parse(inside, at)
        if self.steps[-1].op == "COMM" or self.steps[-1].data is not None:
            raise ProbeError("COMM_CANT_DEREF", at)
        self._add(Fetch(op, value=offset), at)

    def _immediate(self, text: str, at: int) -> None:
        if text.startswith('"'):
            body = text[1:]
            if not body.endswith('"'):
                raise ProbeError("IMMSTR_NO_CLOSE", at + 1 + len(body))
            self._add(Fetch("IMM", data=body[:-1].encode("latin-1") + b"\0"), at)
            return
        value = parse_long(text[1:] if text[:1] == "+" else text) if text[:1] in "+-" else None
        if text[:1].isdigit():
            value = parse_number(text)
        if value is None:
            raise ProbeError("BAD_IMM", at)
        self._add(Fetch("IMM", value=value), at)

    def store(self, kind: FetchType, count: int, wanted: str, type_at: int) -> None:
        """How the value gets into the entry: ``count`` of them, as the type ``wanted`` says."""
        last = self.steps[-1]
        if kind.is_string:
            if last.op not in ("DEREF", "UDEREF", "IMM", "COMM"):
                raise ProbeError("BAD_STRING", type_at)
            user = kind.name == "ustring" or last.op == "UDEREF"
            op, keeps = "ST_USTRING" if user else "ST_STRING", last.op in ("IMM", "COMM") or count
        else:
            op, keeps = {"DEREF": ("ST_MEM", 0), "UDEREF": ("ST_UMEM", 0)}.get(
                last.op, ("ST_RAW", 1)
            )
        if keeps:
            self._add(Fetch(op, size=kind.size), self._at)
        else:
            self.steps[-1] = last._replace(op=op, size=kind.size)
        if wanted.startswith("b"):
            self._add(_bitfield(wanted, kind, type_at), self._at)
        if count:
            if op not in ("ST_MEM", "ST_STRING", "ST_USTRING"):
                raise ProbeError("BAD_STRING", type_at)
            self._add(Fetch("LP_ARRAY", param=count), self._at)
        self.steps.append(Fetch("END"))


def _bitfield(wanted: str, kind: FetchType, at: int) -> Fetch:
    width_text, at_sign, rest = wanted[1:].partition("@")
    offset_text, slash, _ = rest.partition("/")
    width, offset = _leading(width_text), _leading(offset_text)
    if not (width and at_sign and slash) or offset is None:
        raise ProbeError("BAD_BITFIELD", at)
    bits = 8 * kind.size
    if width + offset > bits:
        raise ProbeError("BAD_BITFIELD", at)
    return Fetch("MOD_BF", size=kind.size, lshift=bits - width - offset, rshift=bits - width)


def _leading(text: str) -> int | None:
    """All of the text as a number (simple_strtoul, then what must follow)."""
    match = _LEADING.match(text)
    if match is None or not match[0] or match[0] != text:
        return None
    return parse_number(text)
