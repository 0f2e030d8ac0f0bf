"""The kernel's printf on binary arguments, against Python's own."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracefs.trace.printf import bstr_printf


def symbol(address: int, letter: str) -> str:
    return f"f+0x{address:x}" if letter == "S" else "f"


def pad(data: bytes, to: int) -> bytes:
    return data + bytes(-len(data) % to)


@pytest.mark.parametrize(
    ("fmt", "data", "text"),
    [
        ("plain\n", b"", "plain\n"),
        ("100%% %d|%5u|%-5d|%+d", struct.pack("<4i", -3, 7, 8, 9), "100% -3|    7|8    |+9"),
        (
            "%x %#x %08X %o %#o",
            struct.pack("<5I", 255, 255, 0xABC, 8, 8),
            "ff 0xff 00000ABC 10 010",
        ),
        ("%s=%d", b"name\0" + bytes(3) + struct.pack("<i", 5), "name=5"),
        ("%10s|%-4s|", b"right\0le\0", "     right|le  |"),
        ("%c%hhd%hd", b"A" + struct.pack("<b", -1) + struct.pack("<h", -2), "A-1-2"),
        ("%lx %llu", struct.pack("<QQ", 1 << 40, (1 << 64) - 1), f"{1 << 40:x} {(1 << 64) - 1}"),
        ("%d %ld", struct.pack("<iq", 1, -1), "1 -1"),
        ("%*d|%.*s", struct.pack("<iii", 4, 7, 2) + b"ab\0", "   7|ab"),
        ("%-*d|", struct.pack("<ii", 4, 7), "7   |"),
        ("%pS %ps %px", struct.pack("<3Q", 16, 16, 16), "f+0x10 f 0000000000000010"),
        ("%d %d", struct.pack("<i", 1), "1 "),
        ("%s", b"no end", ""),
    ],
)
def test_conversions(fmt: str, data: bytes, text: str) -> None:
    assert bstr_printf(fmt, data, symbol) == text


def test_a_pointer_is_an_identity() -> None:
    one, same, other, null = (
        bstr_printf("%p", struct.pack("<Q", p), symbol) for p in (0x1000, 0x1000, 0x2000, 0)
    )
    assert one == same != other
    assert len(one) == 16
    assert one != f"{0x1000:016x}"
    assert null == "0" * 16


def test_words_of_32_bits() -> None:
    assert bstr_printf("%lx %px", struct.pack("<II", 5, 16), symbol, word=4) == "5 00000010"


_INTEGERS = {"d": (4, True), "u": (4, False), "x": (4, False), "ld": (8, True), "llx": (8, False)}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(_INTEGERS)),
            st.sampled_from(["", "0", "-", "+"]),
            st.integers(0, 12),
            st.integers(0, (1 << 64) - 1),
        )
    )
)
def test_integers(items: list[tuple[str, str, int, int]]) -> None:
    fmt, data, expected = "", b"", ""
    for kind, flags, width, number in items:
        size, signed = _INTEGERS[kind]
        value = number % (1 << 8 * size)
        if signed and value >> (8 * size - 1):
            value -= 1 << 8 * size
        spec = f"{flags}{width or ''}"
        fmt += f"<%{spec}{kind}>"
        data += value.to_bytes(size, "little", signed=signed)
        expected += f"<%{spec}{kind[-1]}>" % value
    assert bstr_printf(fmt, data, symbol) == expected
