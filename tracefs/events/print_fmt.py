"""Print formats of events: C's printf with an expression for each argument.

A format such as ``"comm=%s prio=%d", REC->comm, REC->prio`` is turned, once, into a Python function
of an entry. Expressions are C's, over fields (``REC->name``) and variables of the kernel, with
casts, conditions and the helpers that formats use: ``__print_flags``, ``__print_symbolic``,
``__print_hex``, ``__get_str``, ``__get_dynamic_array``, ``__get_dynamic_array_len``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from struct import Struct
from typing import TYPE_CHECKING, Any

from tracefs.events.conversions import HELPERS, conversions

if TYPE_CHECKING:
    from tracefs.events.call import Field
    from tracefs.trace.entries import Context

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<char>'(?:[^'\\]|\\.)')
    | (?P<number>(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<op>->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:(),{}\[\].])
    )""",
    re.VERBOSE,
)
_BINARY = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)
_TYPE = re.compile(
    r"unsigned|signed|long|int|short|char|void|struct|const|enum|bool|(?:__)?[us](?:8|16|32|64)"
    r"|\w+_t"
)
_CODES = {1: "bB", 2: "hH", 4: "iI", 8: "qQ"}
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'", "r": "\r", "0": "\0"}


class FormatError(ValueError):
    """A format that is not understood."""


def compile_print_fmt(
    fmt: str, fields: Iterable[Field], variable: Callable[[str], int] = lambda name: 0
) -> Callable[[Context, bytes], str]:
    """The function that prints an entry, without its newline.

    ``variable`` gives the value of a variable of the kernel. FormatError if the format is not
    understood.
    """
    return _Compiler(fmt, {field.name: field for field in fields}, variable).function()


class _Compiler:
    # Expressions become Python source, in which f_NAME are the fields used, unpacked in one go,
    # d is the entry, c the context, and k0, k1, ... are tables.

    def __init__(self, fmt: str, fields: dict[str, Field], variable: Callable[[str], int]) -> None:
        self._fmt = fmt
        self._fields = fields
        self._used: set[str] = set()
        self._names: dict[str, Any] = {**HELPERS, "variable": variable}
        self._tokens = _tokenize(fmt)
        self._at = 0

    def function(self) -> Callable[[Context, bytes], str]:
        pieces, formatters = conversions(self._string())
        arguments = []
        while self._accept(","):
            if self._peek():
                arguments.append(self._expression())
        if self._peek():
            raise self._error()
        if len(arguments) < len(formatters):
            raise FormatError(f"too few arguments: {self._fmt}")
        values = []
        for index, (formatter, argument) in enumerate(zip(formatters, arguments, strict=False)):
            self._names[f"p{index}"] = formatter
            values.append(f"p{index}(c, {argument}),")
        self._names["text"] = "%s".join(piece.replace("%", "%%") for piece in pieces)
        used = sorted(self._used, key=lambda name: self._fields[name].offset)
        parameters = ", ".join(["c", "d", *(f"f_{name}" for name in used)])
        body = eval(f"lambda {parameters}: text % ({' '.join(values)})", self._names)
        unpack = self._layout(used).unpack_from

        def printer(context: Context, data: bytes) -> str:
            return str(body(context, data, *unpack(data)))

        return printer

    def _layout(self, used: list[str]) -> Struct:
        codes, offset = "<", 0
        for name in used:
            field = self._fields[name]
            codes += f"{field.offset - offset}x" + _code(field)
            offset = field.offset + field.size
        return Struct(codes)

    # -- tokens -----------------------------------------------------------------------------

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _accept(self, token: str) -> bool:
        if self._peek() == token:
            self._at += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise self._error()

    def _error(self) -> FormatError:
        return FormatError(f"unexpected {self._peek()!r} in {self._fmt}")

    # -- expressions ------------------------------------------------------------------------

    def _expression(self) -> str:
        condition = self._binary(0)
        if not self._accept("?"):
            return condition
        yes = self._expression()
        self._expect(":")
        return f"({yes} if {condition} else {self._expression()})"

    def _binary(self, level: int) -> str:
        if level == len(_BINARY):
            return self._unary()
        left = self._binary(level + 1)
        while self._peek() in _BINARY[level]:
            operator = self._next()
            right = self._binary(level + 1)
            python = {"||": "or", "&&": "and", "/": "//"}.get(operator, operator)
            left = f"({left} {python} {right})"
            if level in (0, 1):
                left = f"int(bool{left})"
        return left

    def _unary(self) -> str:
        if self._accept("!"):
            return f"int(not {self._unary()})"
        if self._accept("~"):
            return f"(~{self._unary()})"
        if self._accept("-"):
            unsigned = "u" in self._peek().lower() and self._peek()[0].isdigit()
            value = self._unary()
            return f"((-{value}) & 0xFFFFFFFFFFFFFFFF)" if unsigned else f"(-{value})"
        if self._accept("+"):
            return self._unary()
        if self._peek() == "(" and self._is_type(self._at + 1):
            return self._cast()
        return self._postfix()

    def _is_type(self, at: int) -> bool:
        return at < len(self._tokens) and bool(_TYPE.fullmatch(self._tokens[at]))

    def _cast(self) -> str:
        self._expect("(")
        words = []
        while not self._accept(")"):
            words.append(self._next())
            if words[-1] == "":
                raise self._error()
        value = self._unary()
        bits = _cast_bits(words)
        return value if bits is None else f"cast({value}, {bits})"

    def _postfix(self) -> str:
        token = self._next()
        if token == "(":
            if self._tokens[self._at : self._at + 3] == ["REC", ")", "->"]:
                self._at += 3
                return self._field(self._next())
            value = self._expression()
            self._expect(")")
            return value
        if token[:1] == '"':
            self._at -= 1
            return repr(self._string())
        if token[:1] == "'":
            return str(ord(_unescape(token[1:-1])))
        if token[:1].isdigit():
            return str(_number(token))
        if token == "REC":
            self._expect("->")
            return self._field(self._next())
        if self._peek() == "(":
            return self._call(token)
        if token == "NULL":
            return "0"
        if re.fullmatch(r"[A-Za-z_]\w*", token):
            return f"variable({token!r})"
        self._at -= 1
        raise self._error()

    def _field(self, name: str) -> str:
        field = self._known(name)
        if field.dynamic:
            return f"dynamic(d, {self._value(name)})"
        if field.element is None:
            return self._value(name)
        if self._accept("["):
            size = field.size // field.element[1] if field.element[1] else 1
            code = "<" + _CODES[size][0 if field.signed else 1]
            index = self._expression()
            self._expect("]")
            return f"element(d, {code!r}, {field.offset} + {size} * {index})"
        if field.is_string:
            return f"cstring({self._value(name)})"
        return str(field.offset)

    def _known(self, name: str) -> Field:
        if name not in self._fields:
            raise FormatError(f"no field {name}: {self._fmt}")
        return self._fields[name]

    def _value(self, name: str) -> str:
        self._used.add(name)
        return f"f_{name}"

    def _call(self, name: str) -> str:
        self._expect("(")
        if name in ("__get_str", "__get_dynamic_array", "__get_dynamic_array_len"):
            field = self._next()
            self._known(field)
            self._expect(")")
            return f"{name}(d, {self._value(field)})"
        if name in ("__print_flags", "__print_symbolic"):
            arguments = [self._expression()]
            if name == "__print_flags":
                self._expect(",")
                arguments.append(repr(self._string()))
            table = self._table()
            self._expect(")")
            constant = f"k{len(self._names)}"
            self._names[constant] = table
            return f"{name}({', '.join(arguments)}, {constant})"
        if name not in HELPERS:
            raise FormatError(f"unknown function {name}: {self._fmt}")
        arguments = []
        while not self._accept(")"):
            arguments.append(self._expression())
            if not self._accept(","):
                self._expect(")")
                break
        return f"{name}(d, {', '.join(arguments)})"

    def _table(self) -> list[tuple[int, str]]:
        table = []
        while self._accept(","):
            self._expect("{")
            value = eval(self._expression(), dict(self._names))
            self._expect(",")
            table.append((value & 0xFFFFFFFFFFFFFFFF, self._string()))
            self._expect("}")
        return table

    def _string(self) -> str:
        if self._peek()[:1] != '"':
            raise self._error()
        text = ""
        while self._peek()[:1] == '"':
            text += _unescape(self._next()[1:-1])
        return text


def _tokenize(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FormatError(f"cannot read {text[at : at + 20]!r} in {text}")
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text)


def _number(token: str) -> int:
    digits = token.rstrip("uUlL")
    octal = digits[0] == "0" and digits.isdigit() and len(digits) > 1
    return int(digits, 8 if octal else 0)


def _cast_bits(words: list[str]) -> int | None:
    """The width of a type, negative if signed; None where a value stays as it is."""
    if "*" in words or "struct" in words:
        return 64
    for word in words:
        if match := re.fullmatch(r"(?:__)?([us])(8|16|32|64)", word):
            return int(match[2]) if match[1] == "u" else -int(match[2])
    signed = 1 if "unsigned" in words else -1
    if "char" in words:
        return 8 * signed
    if "short" in words:
        return 16 * signed
    if "long" in words:
        return 64 * signed
    if {"int", "unsigned", "pid_t"} & set(words):
        return 32 * signed
    return None


def _code(field: Field) -> str:
    if field.dynamic:
        return "I"
    codes = _CODES.get(field.size) if field.element is None else None
    return codes[0 if field.signed else 1] if codes else f"{field.size}s"
