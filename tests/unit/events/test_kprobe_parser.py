"""Lines of kprobe_events: what they mean, and what error_log says of those that mean nothing."""

from __future__ import annotations

import errno
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.control.fake_probes import FakeProbes
from tracefs.events.kprobe_parser import KprobeText, parse_kprobe
from tracefs.events.probe_args import parse_number, print_fmt
from tracefs.events.probe_error import ERRORS, ProbeError

LONG = "12345678901234567890123456789012345678901234567890123456789012345"
WRONG = [
    ("p^100 vfs_read", "MAXACT_NO_KPROBE"),
    ("r^1a111 vfs_read", "BAD_MAXACT"),
    ("r^0 vfs_read", "BAD_MAXACT"),
    ("r^100000 vfs_read", "MAXACT_TOO_BIG"),
    ("p ^non_exist_func", "BAD_PROBE_ADDR"),
    ("p ^hoge-fuga", "BAD_PROBE_ADDR"),
    ("p ^hoge+1000-1000", "BAD_PROBE_ADDR"),
    ("p ^vfs_read-1", "BAD_PROBE_ADDR"),
    ("p ^twice", "NON_UNIQ_SYMBOL"),
    ("r ^vfs_read+10", "BAD_RETPROBE"),
    ("p ^vfs_read+10%return", "BAD_RETPROBE"),
    ("p vfs_read^%hoge", "BAD_ADDR_SUFFIX"),
    ("p:^/bar vfs_read", "NO_GROUP_NAME"),
    (f"p:^{LONG}/bar vfs_read", "GROUP_TOO_LONG"),
    ("p:^foo.1/bar vfs_read", "BAD_GROUP_NAME"),
    ("p:^ vfs_read", "NO_EVENT_NAME"),
    (f"p:foo/^{LONG} vfs_read", "EVENT_TOO_LONG"),
    ("p:foo/^bar.1 vfs_read", "BAD_EVENT_NAME"),
    ("p vfs_read ^$retval", "RETVAL_ON_PROBE"),
    ("p vfs_read ^$stack10000", "BAD_STACK_NUM"),
    ("p vfs_read ^$arg10000", "BAD_ARG_NUM"),
    ("p vfs_read ^$arg0", "BAD_ARG_NUM"),
    ("p vfs_read+10 ^$arg1", "BAD_VAR"),
    ("r vfs_read ^$arg1", "BAD_VAR"),
    ("p vfs_read ^$none_var", "BAD_VAR"),
    ("p vfs_read ^%none_reg", "BAD_REG_NAME"),
    ("p vfs_read ^@12345678abcde", "BAD_MEM_ADDR"),
    ("p vfs_read ^@+10", "FILE_ON_KPROBE"),
    (r"p vfs_read arg1=\^x", "BAD_IMM"),
    (r"p vfs_read arg1=\"abcd^", "IMMSTR_NO_CLOSE"),
    ("p vfs_read ^+0@0)", "DEREF_NEED_BRACE"),
    ("p vfs_read ^+0ab1(@0)", "BAD_DEREF_OFFS"),
    ("p vfs_read ^+(%di)", "BAD_DEREF_OFFS"),
    ("p vfs_read +0(+0(@0^)", "DEREF_OPEN_BRACE"),
    ("p vfs_read +0(^$comm)", "COMM_CANT_DEREF"),
    ("p vfs_read ^&1", "BAD_FETCH_ARG"),
    ("p vfs_read a=%di b=+0(^a)", "BAD_FETCH_ARG"),
    ("p vfs_read +0(^" + "+0(" * 13 + "@0" + ")" * 14, "TOO_MANY_OPS"),
    ("p vfs_read +0(@11):u8[10^", "ARRAY_NO_CLOSE"),
    ("p vfs_read +0(@11):u8[10]^a", "BAD_ARRAY_SUFFIX"),
    ("p vfs_read +0(@11):u8[^10a]", "BAD_ARRAY_NUM"),
    ("p vfs_read +0(@11):u8[^0]", "BAD_ARRAY_NUM"),
    ("p vfs_read +0(@11):u8[^256]", "ARRAY_TOO_BIG"),
    ("p vfs_read @11:^unknown_type", "BAD_TYPE"),
    ("p vfs_read $stack0:^string", "BAD_STRING"),
    ("p vfs_read @11:^b10@a/16", "BAD_BITFIELD"),
    ("p vfs_read %di:^b9@0/8", "BAD_BITFIELD"),
    ("p vfs_read ^arg123456789012345678901234567890=@11", "ARG_NAME_TOO_LONG"),
    ("p vfs_read ^=@11", "NO_ARG_NAME"),
    ("p vfs_read ^var.1=@11", "BAD_ARG_NAME"),
    ("p vfs_read var1=@11 ^var1=@12", "USED_ARG_NAME"),
    ("p vfs_read ^common_pid=%di", "USED_ARG_NAME"),
    ("p vfs_read ^" + "+1234567(" * 6 + "@1234" + ")" * 6, "ARG_TOO_LONG"),
    ("p vfs_read arg1=^", "NO_ARG_BODY"),
]


def parse(line: str) -> KprobeText:
    """A probe that is right."""
    found = parse_kprobe(line.split(), FakeProbes())
    assert found is not None
    return found


@pytest.mark.parametrize(("line", "kind"), WRONG)
def test_what_is_wrong_and_where(line: str, kind: str) -> None:
    words = line.replace("^", "").split()
    with pytest.raises(ProbeError) as caught:
        parse_kprobe(words, FakeProbes())
    assert (caught.value.kind, caught.value.position(words)) == (kind, line.index("^"))
    assert caught.value.text == ERRORS[kind]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("p nosuch", errno.ENOENT),
        ("p twice", errno.EADDRNOTAVAIL),
        ("p vfs_read $comm:u8", errno.EINVAL),
        ("p vfs_read-1", errno.EINVAL),
    ],
)
def test_errno(line: str, number: int) -> None:
    with pytest.raises(ProbeError) as caught:
        parse(line)
    assert caught.value.errno == number


@pytest.mark.parametrize("line", ["x vfs_read", "p", "p:t", "p /bin/sh:0x10"])
def test_not_a_kprobe(line: str) -> None:
    assert parse_kprobe(line.split(), FakeProbes()) is None


@pytest.mark.parametrize(
    ("line", "group", "event"),
    [
        ("p vfs_read", "kprobes", "p_vfs_read_0"),
        ("p:t/ vfs_read", "t", "p_vfs_read_0"),
        ("p:grp/ev vfs_read", "grp", "ev"),
        ("p:grp.ev vfs_read", "grp", "ev"),
        ("r vfs_read", "kprobes", "r_vfs_read_0"),
        ("p vfs_read%return", "kprobes", "r_vfs_read_0"),
        ("p vfs_read+0x10", "kprobes", "p_vfs_read_16"),
        ("p mod:func", "kprobes", "p_mod_func_0"),
        ("p 0x1000", "kprobes", "p_0x1000"),
    ],
)
def test_names(line: str, group: str, event: str) -> None:
    text = parse(line)
    assert (text.group, text.event) == (group, event)


def test_formats() -> None:
    text = parse("p vfs_read %di $arg2:s32 n=+0(%si):string a=+8(%dx):u8[2] f=%ax:b4@2/32")
    assert print_fmt(text.args, returns=False) == (
        '"(%lx) arg1=0x%Lx arg2=%d n=\\"%s\\" a={%u,%u} f=%u", REC->__probe_ip, REC->arg1,'
        " REC->arg2, __get_str(n), REC->a[0], REC->a[1], REC->f"
    )
    assert [(arg.field.type, arg.field.size) for arg in text.args] == [
        ("u64", 8),
        ("s32", 4),
        ("__data_loc char[]", 4),
        ("u8[]", 2),
        ("u32", 4),
    ]
    assert [step.op for step in text.args[3].code] == ["REG", "ST_MEM", "LP_ARRAY", "END"]
    assert text.args[4].code[2][2:4] == (26, 28)


def trees() -> st.SearchStrategy[str]:
    """Fetch arguments that are right."""
    leaves = st.sampled_from(["%di", "$stack", "$stack3", "$arg1", "$arg9", "@0x10", r"\-4", r"\7"])
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            "{}{}({})".format, st.sampled_from("+-"), st.integers(0, 99), inner
        ),
        max_leaves=5,
    ).filter(lambda text: len(text) <= 63 and text.count("(") < 8)


@given(trees())
def test_each_dereference_is_a_load(text: str) -> None:
    (arg,) = parse(f"p vfs_read {text}").args
    loads = text.count("(") + text.count("@")
    stored = arg.code[-2]
    found = sum(step.op == "DEREF" for step in arg.code) + (stored.op == "ST_MEM")
    assert found == loads
    assert (stored.op == "ST_RAW") == (loads == 0)
    offsets = [int(number) for number in re.findall(r"([+-]\d+)\(", text)][::-1]
    got = [step.value for step in arg.code if step.op in ("DEREF", "ST_MEM")]
    assert got[text.count("@") :] == offsets


@given(st.text(alphabet='pr:/ vfs_read%$@+-(),=[]\\"u8x0123stack', max_size=40))
def test_any_line_is_understood_or_refused(line: str) -> None:
    words, place = line.split(), 0
    try:
        if words:
            parse_kprobe(words, FakeProbes())
    except ProbeError as error:
        place = error.position(words)
    assert 0 <= place <= sum(len(word) + 1 for word in words)


@given(st.integers(0, (1 << 64) - 1), st.sampled_from(["{:d}", "{:#x}", "0{:o}", "+{:d}"]))
def test_numbers(value: int, form: str) -> None:
    assert parse_number(form.format(value)) == value


@pytest.mark.parametrize(
    "text", ["", "x", "08", "0x", "1 ", "1\n\n", "--1", "+-1", "18446744073709551616", "-1"]
)
def test_no_numbers(text: str) -> None:
    assert parse_number(text) is None
