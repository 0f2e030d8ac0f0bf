"""Numbers, words and masks from user space."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracefs.control.parse import (
    format_cpumask,
    parse_cpumask,
    parse_long,
    parse_switch,
    parse_ulong,
    strip,
    word,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1\n", 1),
        ("010", 10),
        ("+7", 7),
        ("1\0junk", 1),
        ("18446744073709551615", (1 << 64) - 1),
    ],
)
def test_numbers(text: str, value: int) -> None:
    assert parse_ulong(text) == value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", errno.EINVAL),
        ("\n", errno.EINVAL),
        (" 1", errno.EINVAL),
        ("1 ", errno.EINVAL),
        ("1\n\n", errno.EINVAL),
        ("0x1", errno.EINVAL),
        ("-1", errno.EINVAL),
        ("++1", errno.EINVAL),
        ("18446744073709551616", errno.ERANGE),
        ("9" * 10000, errno.ERANGE),
        ("9" * 30 + "x", errno.ERANGE),
    ],
)
def test_what_is_no_number(text: str, number: int) -> None:
    with pytest.raises(OSError, match=rf"\[Errno {number}\]"):
        parse_ulong(text)


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_signed_numbers(value: int) -> None:
    assert parse_long(f"{value}\n") == value


def test_signed_range() -> None:
    for bad in (1 << 63, -(1 << 63) - 1):
        with pytest.raises(OSError, match=rf"\[Errno {errno.ERANGE}\]"):
            parse_long(str(bad))


def test_switch() -> None:
    assert parse_switch("1") is True
    assert parse_switch("0\n") is False
    with pytest.raises(OSError, match=rf"\[Errno {errno.EINVAL}\]"):
        parse_switch("2")


def test_words() -> None:
    assert strip(" nop \n") == "nop"
    assert strip("nop\0function") == "nop"
    assert word("x" * 63, 64) == "x" * 63
    with pytest.raises(OSError, match=rf"\[Errno {errno.EINVAL}\]"):
        word("x" * 64, 64)


@given(st.integers(1, 70), st.data())
def test_masks(cpus: int, data: st.DataObject) -> None:
    mask = data.draw(st.integers(0, (1 << cpus) - 1))
    assert parse_cpumask(format_cpumask(mask, cpus) + "\n", cpus) == mask


def test_mask_text() -> None:
    assert format_cpumask(3, 2) == "3"
    assert format_cpumask(3, 8) == "03"
    assert format_cpumask(1, 33) == "0,00000001"
    assert parse_cpumask("1,0", 33) == 1 << 32
