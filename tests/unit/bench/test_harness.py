"""bench.harness: what a figure is held to, and how it is shown."""

from __future__ import annotations

import pytest

from bench.harness import Row, side_by_side, table


@pytest.mark.parametrize(
    ("row", "within"),
    [
        (Row("no bound", 5, "s"), None),
        (Row("limit", 5, "s", limit=5), True),
        (Row("limit", 5.1, "s", limit=5), False),
        (Row("ratio", 3, "s", "other", 2, limit=1.5), True),
        (Row("ratio", 3, "s", "other", 1.9, limit=1.5), False),
        (Row("at least", 8, "M", at_least=8), True),
        (Row("at least", 7.9, "M", at_least=8), False),
    ],
)
def test_bounds(row: Row, within: bool | None) -> None:
    assert row.within is within


def test_table() -> None:
    rows = [
        Row("open", 150, "us", "bare", 100, 1.5),
        Row("mount", 0.9, "s", limit=0.7),
        Row("rate", 9, "M/s", at_least=8),
    ]
    assert table(rows).splitlines() == [
        "what   value       yardstick  ratio   bound",
        "open     150  us   bare: 100   1.50  <= 1.5  ok",
        "mount    0.9  s                      <= 0.7  MISSED",
        "rate       9  M/s                      >= 8  ok",
    ]


def test_side_by_side_takes_turns() -> None:
    calls: list[str] = []
    best = side_by_side(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=2, times=2
    )
    assert calls == ["a", "a", "b", "b"] * 2
    assert set(best) == {"a", "b"}
