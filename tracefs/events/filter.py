"""Filters of events: an expression over an entry's fields, as a program for the guest.

``prev_pid == 0 && (next_comm ~ "ba*" || !(next_prio > 100))``: comparisons with numbers and quoted
strings, ``&`` for common bits, ``~`` for globs, joined by ``&&`` and ``||``. What is wrong with an
expression is reported as 6.1 does (kernel/trace/trace_events_filter.c).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tracefs.events.backend import Pred
from tracefs.ftrace.glob import Match, parse_regex

if TYPE_CHECKING:
    from tracefs.events.call import EventCall, Field

MAX_STRING = 256
MAX_NUMBER = 24
NO_ERROR = "Error"
BAD_SUBSYSTEM = "Couldn't find or set field in one of a subsystem's events"
SPACE = " \t\n\v\f\r\xa0"
_OPERATORS = {
    "~": "GLOB",
    "!=": "NE",
    "==": "EQ",
    "<=": "LE",
    "<": "LT",
    ">=": "GE",
    ">": "GT",
    "&": "BAND",
}


class FilterError(OSError):
    """An expression that cannot be used: why, and where. ``text`` is "" if 6.1 says nothing."""

    def __init__(self, number: int, text: str = "", position: int = 0) -> None:
        super().__init__(number, os.strerror(number))
        self.text = text
        self.position = position

    def describe(self, expression: str) -> str:
        """What the filter's file shows of it, without the last newline."""
        if not self.text:
            return f"{expression}\nError: (0)\n"
        position = min(self.position, len(expression))
        width = position + 1 if position else 0
        return f"{expression}\n{'^':>{width}}\nparse_error: {self.text}\n"


class _Value(NamedTuple):
    """What a predicate compares: where it is, and how."""

    kind: str
    string: bool
    offset: int = 0
    size: int = 0
    signed: bool = True


_GENERIC = {
    "CPU": _Value("CPU", False),
    "cpu": _Value("CPU", False),
    "COMM": _Value("COMM", True),
    "comm": _Value("COMM", True),
}


@dataclass(frozen=True)
class Not:
    """The contrary."""

    node: Node


@dataclass(frozen=True)
class And:
    """Both."""

    left: Node
    right: Node


@dataclass(frozen=True)
class Or:
    """One of them."""

    left: Node
    right: Node


Node = Pred | Not | And | Or


def parse_filter(text: str, call: EventCall) -> list[Pred]:
    """The program of an expression over an event's fields (FilterError)."""
    _balance(text)
    return compile_filter(_parse(text, call))


def compile_filter(node: Node) -> list[Pred]:
    """A program of an expression: predicates that jump, forward only, then the two results."""
    steps: list[tuple[Pred, _Label]] = []
    no = _Label()
    work: list[_Label | tuple[Node, bool, _Label]] = [(node, False, no)]
    while work:
        item = work.pop()
        if isinstance(item, _Label):
            item.place = len(steps)
            continue
        # Go to `label` if the node comes out as `outcome`, else on behind it.
        node, outcome, label = item
        if isinstance(node, Pred):
            steps.append((node._replace(branch=outcome), label))
        elif isinstance(node, Not):
            work.append((node.node, not outcome, label))
        elif isinstance(node, Or) == outcome:
            work += [(node.right, outcome, label), (node.left, outcome, label)]
        else:
            behind = _Label()
            work += [behind, (node.right, outcome, label), (node.left, not outcome, behind)]
    no.place = len(steps) + 1
    program = [pred._replace(target=label.place) for pred, label in steps]
    return [*program, Pred("END", 1), Pred("END", 0)]


class _Label:
    place = 0


def _balance(text: str) -> None:
    """Look for what is not closed, before anything else is looked at."""
    quote, quoted_at = "", 0
    opened: list[int] = []
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote, quoted_at = char, at
        elif char == "(":
            opened.append(at)
        elif char == ")":
            if not opened:
                raise FilterError(errno.EPERM, "Too few '('", at)
            opened.pop()
    if quote:
        raise FilterError(errno.ESRCH, "Missing matching quote", quoted_at)
    if opened:
        raise FilterError(errno.ENOENT, "Too many '('", opened[-1])
    if not text.strip(SPACE + "()"):
        raise FilterError(errno.EINVAL)


@dataclass
class _Group:
    """What stands in parentheses, as far as it is read."""

    inverted: bool = False
    either: Node | None = None
    """What stands before the last ``||``."""
    both: Node | None = None
    """What stands before the last ``&&``, behind that."""

    def close(self, node: Node) -> Node:
        """The whole group, of which ``node`` is the last; it can take more alternatives."""
        node = node if self.both is None else And(self.both, node)
        node = node if self.either is None else Or(self.either, node)
        self.both = self.either = None
        return node


def _parse(text: str, call: EventCall) -> Node:
    groups = [_Group()]
    at, inverted, found = 0, False, False
    while True:
        at = _span(text, at, SPACE.__contains__)
        if at == len(text):
            why = "Meaningless filter expression" if found else "No filter found"
            raise FilterError(errno.EINVAL, why, at)
        if text[at] == "(":
            groups.append(_Group(inverted))
            at, inverted = at + 1, False
            continue
        if text[at] == "!" and text[at + 1 : at + 2] not in ("=", "~"):
            at, inverted = at + 1, not inverted
            continue
        node: Node
        node, at = _predicate(text, at, call)
        node = Not(node) if inverted else node
        inverted, found = False, True
        while True:
            at = _span(text, at, SPACE.__contains__)
            group = groups[-1]
            if at == len(text):
                return group.close(node)
            if text.startswith("&&", at):
                group.both = node if group.both is None else And(group.both, node)
            elif text.startswith("||", at):
                group.either = group.close(node)
            elif text[at] == ")":
                groups.pop()
                node = group.close(node)
                node = Not(node) if group.inverted else node
                at += 1
                continue
            else:
                raise FilterError(errno.EPERM, "Too many terms in predicate expression", at)
            at += 2
            break


def _predicate(text: str, start: int, call: EventCall) -> tuple[Pred, int]:
    """A comparison that begins at ``start``, and where it ends."""

    def error(why: str, at: int) -> FilterError:
        return FilterError(errno.EINVAL, why, at + 1)  # 6.1 counts from behind the first character

    at = _span(text, start, lambda char: char.isalnum() or char == "_")
    if at == start:
        raise FilterError(errno.EPERM)
    value = _find(call, text[start:at])
    if value is None:
        raise error("Field not found", at)
    if text.startswith(".ustring", at):
        at += len(".ustring")
        if value.kind == "PTR_STRING":
            value = value._replace(kind="PTR_USTRING")
    at = _span(text, at, SPACE.__contains__)
    symbol = next((symbol for symbol in _OPERATORS if text.startswith(symbol, at)), None)
    if symbol is None:
        raise error("Invalid operator", at)
    op = _OPERATORS[symbol]
    at = _span(text, at + len(symbol), SPACE.__contains__)
    first = text[at : at + 1]
    if first and first in "'\"":
        if op not in ("GLOB", "NE", "EQ"):
            raise error("Illegal operation for field type", at)
        if not value.string:
            raise error("Expecting numeric field", at)
        end = text.index(first, at + 1)
        if end - at - 1 >= MAX_STRING:
            raise error("Operand too long", end)
        return _string(value, op, text[at + 1 : end]), end + 1
    if not first or not (first.isdigit() or first == "-"):
        raise error("Invalid value (did you forget quotes)?", at)
    if value.string:
        raise error("Expecting string field", at)
    if op == "GLOB":
        raise error("Illegal operation for field type", at)
    end = _span(text, at + (first == "-"), str.isalnum)
    if end - at >= MAX_NUMBER:
        raise error("Operand too long", end)
    number = _number(text[at:end], value.signed)
    if number is None:
        raise error("Illegal integer value", at)
    pred = Pred(
        value.kind,
        0,
        op=op,
        offset=value.offset,
        size=value.size,
        signed=value.signed,
        value=_wrap(number, value),
    )
    return pred, end


def _span(text: str, at: int, belongs: Callable[[str], bool]) -> int:
    while at < len(text) and belongs(text[at]):
        at += 1
    return at


def _find(call: EventCall, name: str) -> _Value | None:
    own = next((field for field in call.fields if field.name == name), None)
    if own is None and name in _GENERIC:
        return _GENERIC[name]
    field = own or call.field(name)
    return None if field is None else _value(field)


def _value(field: Field) -> _Value:
    if field.is_string:
        kind = "DYN_STRING" if field.dynamic else "STRING"
        return _Value(kind, True, field.offset, field.size)
    if field.is_pointer_to_string:
        return _Value("PTR_STRING", True, field.offset, field.size)
    return _Value("NUMBER", False, field.offset, field.size, field.signed)


def _string(value: _Value, op: str, pattern: str) -> Pred:
    match, negate = Match.FULL, op == "NE"
    search = pattern.encode("latin-1")
    if op == "GLOB":
        glob = parse_regex(search)
        search, negate = glob.search, glob.inverted
        match = Match.FULL if glob.type is Match.INDEX else glob.type
    return Pred(
        value.kind,
        0,
        offset=value.offset,
        size=value.size,
        match=match.name,
        pattern=search,
        negate=negate,
    )


def _wrap(number: int, value: _Value) -> int:
    """The number as the field's type has it."""
    bits = 8 * (value.size or 4)
    number &= (1 << bits) - 1
    return number - (number >> bits - 1 << bits) if value.signed else number


def _number(text: str, signed: bool) -> int | None:
    """A C number of 64 bits; None if it is none."""
    digits = text.removeprefix("-")
    octal = digits[:1] == "0" and digits.isdigit()
    try:
        value = int(digits, 8 if octal else 0)
    except ValueError:
        return None
    if "_" in text or (text[:1] == "-" and not signed):
        return None
    value = -value if text[:1] == "-" else value
    low, high = (-(1 << 63), (1 << 63) - 1) if signed else (0, (1 << 64) - 1)
    return value if low <= value <= high else None
