"""The table of sites and its pages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracefs.ftrace.hash import Hash, OpsHash
from tracefs.ftrace.names import parse_index
from tracefs.ftrace.records import Records


def ips(count: int, start: int = 0x1000) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.arange(start, start + 16 * count, 16, dtype=np.uint64)


@pytest.mark.parametrize(
    ("count", "pages", "groups"),
    [(1, 1, 1), (256, 1, 1), (257, 2, 1), (845, 4, 1), (38252, 150, 4), (40521, 159, 6)],
)
def test_pages_are_filled_powers_of_two(count: int, pages: int, groups: int) -> None:
    records = Records()
    records.add(None, ips(count))
    assert (records.number_of_pages, records.number_of_groups) == (pages, groups)
    assert sum(page.index for page in records.pages) == count


def test_order() -> None:
    records = Records()
    records.add(None, ips(3)[::-1])
    records.add("b", ips(2, 0x9000)[::-1])
    records.add("a", ips(2, 0x5000))
    expected = [0x1000, 0x1010, 0x1020, 0x9000, 0x9010, 0x5000, 0x5010]
    assert records.ips.tolist() == expected
    assert records.of_module("b").tolist() == [False] * 3 + [True] * 2 + [False] * 2
    wanted = np.array([0x5010, 0x1000, 0x7777], np.uint64)
    assert records.find(wanted).tolist() == [6, 0]
    assert records.location(0x8000, 0x9100) == 0x9000
    assert records.location(0x9011, 0x9FFF) == 0


def test_zero_entries_are_no_sites() -> None:
    records = Records()
    records.add(None, np.concatenate((np.zeros(300, np.uint64), ips(200))))
    assert len(records) == 200
    assert (records.number_of_pages, records.number_of_groups) == (2, 1)


def test_dropping() -> None:
    records = Records()
    records.add(None, ips(600))
    records.add("m", ips(10, 0x90000))
    generation = records.generation
    records.record(600).arch = "kept"
    assert records.record(600).arch == "kept"
    records.drop(records.of_module("m"))
    assert len(records) == 600
    assert records.number_of_groups == 2
    assert records.generation > generation
    gone = np.zeros(600, np.bool_)
    gone[512:] = True  # the whole second page group
    records.drop(gone)
    assert (records.number_of_pages, records.number_of_groups) == (2, 1)
    records.add("m", ips(10, 0x90000))
    assert records.record(512).arch is None


def test_hashes_are_values() -> None:
    records = Records()
    records.add(None, ips(5))
    some = Hash().add(ips(2))
    more = some.add(ips(3))
    assert (len(some), len(more)) == (2, 3)
    assert more.remove(ips(1)).mask(records).tolist() == [False, True, True, False, False]
    assert 0x1000 in some
    assert 0x1001 not in some
    assert Hash().empty
    assert not Hash().with_pending(True).empty


@given(st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 30), max_size=9)), max_size=9))
def test_a_hash_is_a_set(steps: list[tuple[bool, list[int]]]) -> None:
    value, reference = Hash(), set[int]()
    for add, numbers in steps:
        chosen = np.array(numbers, np.uint64)
        value = value.add(chosen) if add else value.remove(chosen)
        reference = reference | set(numbers) if add else reference - set(numbers)
        assert value.ips.tolist() == sorted(reference)
        assert value.empty == (not reference)
        assert all((n in value) == (n in reference) for n in range(31))


def test_what_an_ops_hash_holds() -> None:
    records = Records()
    records.add(None, ips(4))
    chosen = OpsHash()
    assert chosen.contains(records).all()
    chosen.notrace = Hash(ips(1))
    assert chosen.contains(records).tolist() == [False, True, True, True]
    chosen.filter = Hash(ips(2))
    assert chosen.contains(records).tolist() == [False, True, False, False]
    chosen.filter = Hash().with_pending(True)
    assert not chosen.contains(records).any()
    for ip in records.ips.tolist():
        assert not chosen.contains_ip(ip)


def test_forgetting_keeps_a_filter() -> None:
    value = Hash(ips(2)).forget(ips(2))
    assert not value.empty
    assert value.ips.tolist() == [0]
    assert value.forget(ips(3)) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"1", 1), (b"1x", 1), (b"0x1f", 31), (b"0x", 0), (b"010", 8), (b"09", 0), (b"9" * 30, None)],
)
def test_numbers(text: bytes, value: int | None) -> None:
    if value is None:
        assert -(1 << 63) <= parse_index(text) < 1 << 63
    else:
        assert parse_index(text) == value
