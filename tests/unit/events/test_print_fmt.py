"""Print formats: C's printf and expressions over an entry's fields."""

from __future__ import annotations

import ctypes
import struct

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tracefs.events.backend import FieldInfo
from tracefs.events.call import place
from tracefs.events.print_fmt import FormatError, compile_print_fmt

FIELDS = place(
    [
        FieldInfo("char[8]", "comm", 8, 1, True),
        FieldInfo("int", "small", 4, 4, True),
        FieldInfo("unsigned long", "big", 8, 8, False),
        FieldInfo("unsigned long[3]", "args", 24, 8, False),
        FieldInfo("__data_loc char[]", "name", 4, 4, True),
        FieldInfo("__data_loc u8[]", "bytes", 4, 4, False),
        FieldInfo("bool", "flag", 1, 1, False),
    ],
    8,
)


class Symbols:
    """A printer's context: every address is `here`."""

    flags = 0
    word = 8

    def symbol(self, address: int, offset: bool | None = None) -> str:
        raise NotImplementedError

    def time(self, ts: int) -> str:
        raise NotImplementedError

    def cstring(self, address: int) -> str:
        raise NotImplementedError

    def ksym(self, address: int, offset: bool) -> str:
        return f"here_{address:x}" + "+0x1/0x2" * offset

    def comm(self, pid: int) -> str:
        return f"task{pid}"

    def pointer(self, value: int) -> str:
        return f"{value:016x}"


def entry(small: int = -3, big: int = 2**64 - 1, flag: int = 1) -> bytes:
    """An entry of FIELDS, with the dynamic ones behind it."""
    fixed = struct.pack("<8x8si4xQ3QIIB7x", b"bash", small, big, 1, 2, 0xFFF, 0, 0, flag)
    size = len(fixed)
    words = struct.pack("<II", 6 << 16 | size, 3 << 16 | size + 6)
    at = FIELDS[4].offset
    return fixed[:at] + words + fixed[at + 8 :] + b"hello\0" + b"\x01\x02\xff"


def shown(fmt: str, data: bytes | None = None) -> str:
    """What the format makes of an entry."""
    variable = {"answer": 42}.get
    printer = compile_print_fmt(fmt, FIELDS, lambda name: variable(name, 0))
    return printer(Symbols(), entry() if data is None else data)


@pytest.mark.parametrize(
    ("fmt", "text"),
    [
        ('"plain 100%%"', "plain 100%"),
        ('"comm=%s n=%d", REC->comm, REC->small', "comm=bash n=-3"),
        ('"%u %x", REC->small, REC->small', "4294967293 fffffffd"),
        ('"%lu %ld %lx", REC->big, REC->big, REC->big', f"{2**64 - 1} -1 {2**64 - 1:x}"),
        ('"%llu %Lu", REC->big, (unsigned long long)REC->big', f"{2**64 - 1} {2**64 - 1}"),
        ('"%hd|%hhu", 65535, 257', "-1|1"),
        ('"%03d|%-5d|%5s|%#x|%08x", 7, 7, REC->comm, 16, 255', "007|7    | bash|0x10|000000ff"),
        ('"%lx", REC->args[2]', "fff"),
        ('"%d %c", REC->comm[0], REC->comm[3]', "98 h"),
        ('"%lu", ((u64)(REC)->small << 32) | (REC)->flag', f"{(2**64 - 3 << 32) % 2**64 | 1}"),
        ('"%s %s", __get_str(name), REC->flag ? "yes" : "no"', "hello yes"),
        ('"%s", __print_hex(__get_dynamic_array(bytes), 3)', "01 02 ff"),
        ('"%d", __get_dynamic_array_len(bytes)', "3"),
        ('"%s", __print_flags(5, "|", { 1, "A" }, { 2, "B" }, { 4, "C" })', "A|C"),
        ('"%s", __print_flags(9, "|", { 1UL << 0, "A" })', "A|0x8"),
        ('"%s", __print_flags(0, "|", { 1, "A" })', ""),
        ('"%s", __print_symbolic(2, { 1, "one" }, { 2, "two" })', "two"),
        ('"%s", __print_symbolic(REC->big, { -1UL, "all" })', "all"),
        ('"%s", __print_symbolic(7, { 1, "one" })', "0x7"),
        ('"%ps %pS", (void *)REC->big, REC->args[0]', f"here_{2**64 - 1:x} here_1+0x1/0x2"),
        ('"%p", REC->args[1]', "0000000000000002"),
        ('"%d", REC->big == -1UL && !(REC->small > 0)', "1"),
        ('"%d %d", (1 + 2) * 3 - 8 / 2, 1 << 4 | 3 & ~1', "5 18"),
        ('"%d", ((unsigned int) ((REC->big) >> 20))', f"{(2**64 - 1 >> 20 & 2**32 - 1) - 2**32}"),
        ('"%s", ( unsigned long)(((( gfp_t)0x40u) | (( gfp_t)0x80u))) == 0xc0 ? "ok" : "no"', "ok"),
        ('"%d", (u8)257 + (s8)255', "0"),
        ('"%lu" " and " "%c", answer, \'x\'', "42 and x"),
        ('"a\\tb\\n"', "a\tb\n"),
        ('"%d", (2 > 1) ? (1 > 2) ? 1 : 2 : 3', "2"),
    ],
)
def test_formats(fmt: str, text: str) -> None:
    assert shown(fmt) == text


@pytest.mark.parametrize(
    "fmt",
    ["", "REC->comm", '"%d"', '"%d", REC->nosuch', '"%d", f(1)', '"%d", (1', '"x", 1 2', '"@", @'],
)
def test_damaged_formats_are_refused(fmt: str) -> None:
    with pytest.raises(FormatError):
        shown(fmt)


def test_places() -> None:
    assert [field.offset for field in FIELDS] == [8, 16, 24, 32, 56, 60, 64]
    assert str(FIELDS[3]) == "\tfield:unsigned long args[3];\toffset:32;\tsize:24;\tsigned:0;\n"


LIBC = ctypes.CDLL(None)
LENGTHS = {"hh": 8, "h": 16, "": 32, "l": 64, "ll": 64}


@given(
    st.sampled_from(["", "-", "0", "+", " ", "-+"]),
    st.sampled_from(["", "3", "12"]),
    st.sampled_from(["", ".4"]),
    st.sampled_from(sorted(LENGTHS)),
    st.sampled_from("diuxX"),
    st.integers(-(2**63), 2**64 - 1),
)
def test_numbers_as_libc_prints_them(
    flags: str, width: str, precision: str, length: str, kind: str, value: int
) -> None:
    assume(not (precision and "0" in flags))  # which the kernel pads with zeros all the same
    conversion = f"%{flags}{width}{precision}{length}{kind}"
    out = ctypes.create_string_buffer(128)
    number = ctypes.c_uint64(value & 2**64 - 1)
    LIBC.snprintf(out, 128, conversion.encode(), number)
    assert shown(f'"{conversion}", {value & 2**64 - 1}ULL') == out.value.decode()
