"""Filters: what is wrong with them, and that programs compute what expressions mean."""

from __future__ import annotations

import errno
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.control.fake_events import FakeEvents
from tracefs.events.backend import CallInfo, FieldInfo, Pred
from tracefs.events.call import EventCall, place
from tracefs.events.filter import FilterError, parse_filter

FIELDS = (
    FieldInfo("char[16]", "prev_comm", 16, 1, True),
    FieldInfo("pid_t", "prev_pid", 4, 4, True),
    FieldInfo("int", "prev_prio", 4, 4, True),
    FieldInfo("long", "prev_state", 8, 8, True),
    FieldInfo("unsigned char", "small", 1, 1, False),
    FieldInfo("__data_loc char[]", "name", 4, 4, True),
    FieldInfo("const char *", "filename", 8, 8, False),
)


class OneEvent(FakeEvents):
    """An event with FIELDS."""

    def fields(self, key: int) -> Any:
        return FIELDS


GUEST = OneEvent()
CALL = EventCall(GUEST, CallInfo(1, "sched", "x", 21, True), place(GUEST.common_fields(), 0))


def run(program: list[Pred], true: Callable[[Pred], bool]) -> bool:
    """What the guest does with a program."""
    at = 0
    while program[at].kind != "END":
        step = program[at]
        after = step.target if true(step) == step.branch else at + 1
        assert after > at
        at = after
    return bool(program[at].target)


def error(text: str) -> FilterError:
    """What is wrong with an expression."""
    with pytest.raises(FilterError) as caught:
        parse_filter(text, CALL)
    return caught.value


# Expression, errno, and what the file shows below it; answers of a real 6.1.
WRONG = [
    ("foo == 1", errno.EINVAL, "    ^\nparse_error: Field not found\n"),
    ("prev_pid", errno.EINVAL, "        ^\nparse_error: Invalid operator\n"),
    ("prev_pid = 1", errno.EINVAL, "          ^\nparse_error: Invalid operator\n"),
    (
        "prev_pid ==",
        errno.EINVAL,
        "           ^\nparse_error: Invalid value (did you forget quotes)?\n",
    ),
    (
        "prev_comm == bash",
        errno.EINVAL,
        "              ^\nparse_error: Invalid value (did you forget quotes)?\n",
    ),
    (
        "prev_pid == 1 &&",
        errno.EINVAL,
        "                ^\nparse_error: Meaningless filter expression\n",
    ),
    ("&& prev_pid == 1", errno.EPERM, "Error: (0)\n"),
    ("(prev_pid == 1", errno.ENOENT, "^\nparse_error: Too many '('\n"),
    ("prev_pid == 1)", errno.EPERM, "             ^\nparse_error: Too few '('\n"),
    (
        "prev_pid == 1 prev_prio == 2",
        errno.EPERM,
        "              ^\nparse_error: Too many terms in predicate expression\n",
    ),
    (
        "prev_pid == 1;",
        errno.EPERM,
        "             ^\nparse_error: Too many terms in predicate expression\n",
    ),
    (
        "prev_pid ~ 1",
        errno.EINVAL,
        "            ^\nparse_error: Illegal operation for field type\n",
    ),
    (
        'prev_comm == "unterminated',
        errno.ESRCH,
        "             ^\nparse_error: Missing matching quote\n",
    ),
    ("", errno.EINVAL, "Error: (0)\n"),
    ("!", errno.EINVAL, " ^\nparse_error: No filter found\n"),
    (
        "prev_pid == 99999999999999999999999",
        errno.EINVAL,
        "             ^\nparse_error: Illegal integer value\n",
    ),
    ("prev_pid == 08", errno.EINVAL, "             ^\nparse_error: Illegal integer value\n"),
    ("1", errno.EINVAL, " ^\nparse_error: Field not found\n"),
    ("common_comm == x", errno.EINVAL, "            ^\nparse_error: Field not found\n"),
    ("prev_pid.function == x", errno.EINVAL, "         ^\nparse_error: Invalid operator\n"),
]


@pytest.mark.parametrize(("text", "number", "shown"), WRONG, ids=[text for text, *_ in WRONG])
def test_errors(text: str, number: int, shown: str) -> None:
    wrong = error(text)
    assert wrong.errno == number
    assert wrong.describe(text) == f"{text}\n{shown}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("prev_pid == 0x10", "NUMBER"),
        ("prev_pid==-1", "NUMBER"),
        ("common_pid != 0", "NUMBER"),
        ("CPU == 0", "CPU"),
        ('comm == "x"', "COMM"),
        ("prev_comm != 'b a'", "STRING"),
        ('name ~ "a*"', "DYN_STRING"),
        ('filename == "x"', "PTR_STRING"),
        ('filename.ustring == "x"', "PTR_USTRING"),
        ("((((prev_pid == 1))))", "NUMBER"),
    ],
)
def test_values(text: str, kind: str) -> None:
    program = parse_filter(text, CALL)
    assert [step.kind for step in program] == [kind, "END", "END"]


def test_numbers_are_of_the_fields_type() -> None:
    def value(text: str) -> int:
        return parse_filter(text, CALL)[0].value

    assert value("prev_pid == 0xffffffff") == value("prev_pid == -1") == -1
    assert value("small == 257") == 1
    assert error("small == -1").text == "Illegal integer value"
    assert value("prev_state == 0777") == 0o777


@pytest.mark.parametrize(
    ("pattern", "match", "search", "negate"),
    [
        ("bash", "FULL", b"bash", False),
        ("ba*", "FRONT_ONLY", b"ba", False),
        ("*sh", "END_ONLY", b"sh", False),
        ("*as*", "MIDDLE_ONLY", b"as", False),
        ("b*h", "GLOB", b"b*h", False),
        ("!ba*", "FRONT_ONLY", b"ba", True),
        ("1x", "FULL", b"1x", False),
    ],
)
def test_globs(pattern: str, match: str, search: bytes, negate: bool) -> None:
    step = parse_filter(f'prev_comm ~ "{pattern}"', CALL)[0]
    assert (step.match, step.pattern, step.negate) == (match, search, negate)
    assert fnmatchcase("bash", pattern.removeprefix("!")) == (pattern != "1x")


Expression = tuple[str, Callable[[int], bool]]


def _numbers() -> st.SearchStrategy[Expression]:
    def make(bit: int, space: str) -> Expression:
        return f"prev_pid{space}&{space}{1 << bit}", lambda pid: bool(pid >> bit & 1)

    return st.builds(make, st.integers(0, 4), st.sampled_from(["", " "]))


def _joined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    def join(left: Expression, right: Expression, operator: str) -> Expression:
        a, b = left[1], right[1]
        if operator == "&&":
            return f"({left[0]}) && ({right[0]})", lambda pid: a(pid) and b(pid)
        return f"({left[0]})||({right[0]})", lambda pid: a(pid) or b(pid)

    def negate(it: Expression) -> Expression:
        return f"!({it[0]})", lambda pid: not it[1](pid)

    return st.one_of(
        st.builds(join, inner, inner, st.sampled_from(["&&", "||"])), st.builds(negate, inner)
    )


@given(st.recursive(_numbers(), _joined, max_leaves=12))
def test_programs_mean_what_expressions_say(expression: Expression) -> None:
    text, meaning = expression
    program = parse_filter(text, CALL)
    for pid in range(32):
        assert run(program, lambda step, pid=pid: bool(pid & step.value)) == meaning(pid)  # type: ignore[misc]


@given(st.lists(st.sampled_from(["&&", "||"]), max_size=6), st.lists(st.booleans(), min_size=7))
def test_and_binds_closer_than_or(operators: list[str], inverted: list[bool]) -> None:
    terms = [f"{'!' * invert}prev_pid & {1 << bit}" for bit, invert in enumerate(inverted[:7])]
    terms = terms[: len(operators) + 1]
    text = terms[0]
    python = "not pid & 1" if inverted[0] else "pid & 1"
    for bit, (operator, term) in enumerate(zip(operators, terms[1:], strict=True), 1):
        text += f" {operator} {term}"
        word = "and" if operator == "&&" else "or"
        python += f" {word} {'not ' * inverted[bit]}(pid & {1 << bit})"
    program = parse_filter(text, CALL)
    for pid in range(0, 128, 3):
        expected = bool(eval(python, {"pid": pid}))
        assert run(program, lambda step, pid=pid: bool(pid & step.value)) == expected  # type: ignore[misc]


@given(st.text(alphabet="()!&|=<>~ 01ap'\"prev_pid.", max_size=30))
def test_anything_is_a_program_or_an_error(text: str) -> None:
    try:
        program = parse_filter(text, CALL)
    except FilterError:
        return
    assert [step.kind for step in program[-2:]] == ["END", "END"]


def test_depth_is_no_problem() -> None:
    text = "(" * 1300 + "prev_pid==1" + ")" * 1300
    assert len(parse_filter(text, CALL)) == 3
    text = "&&(".join(["prev_pid&1"] * 290) + ")" * 289
    assert len(parse_filter(text, CALL)) == 292
