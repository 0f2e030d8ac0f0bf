"""Workloads give one checksum each, however the machine schedules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernel_image.guest import Guest
from tracefs.kernel.syscalls import Task

WANT = [
    ("calls", 500, 0, 1857946115),
    ("deep", 100, 50, 625058530),
    ("sort", 10, 0, 1392135803),
    ("string", 100, 0, 1819325802),
    ("random", 200, 5, None),
    ("slab", 1500, 0, 135724668),
    ("irqsoff", 10, 0, 1113281093),
    ("fork", 12, 0, 1815873024),
    ("pipe", 30, 0, 1430201869),
    ("vfs", 20, 0, 280998016),
    ("tree", 20, 5, 1335304353),
    ("sleep", 3, 2000, 33),
]


@pytest.fixture(scope="module")
def task(guest: Guest) -> Iterator[Task]:
    """init would not see the children that the workloads wait for: it reaps them at once."""
    it = guest.clone(4000)
    yield it
    guest.end(it)


@pytest.mark.parametrize(("name", "count", "arg", "want"), WANT, ids=[w[0] for w in WANT])
def test_checksum(
    guest: Guest, task: Task, name: str, count: int, arg: int, want: int | None
) -> None:
    got = guest.workload(task, name, count, arg)
    assert got == guest.workload(task, name, count, arg)
    assert want is None or got == want


def test_unknown_and_unreadable_names(guest: Guest) -> None:
    assert guest.workload(guest.init, "nonesuch", 1) == -2
    assert guest.workload(guest.init, "x" * 40, 1) == -36
    assert guest.call(guest.init, 1001, 0, 1, 0) == -14


@pytest.mark.parametrize("seed", [1, 7])
def test_with_interrupts_at_any_instruction(seed: int) -> None:
    guest = Guest(seed)
    with guest.machine.lock:
        task = guest.clone(4000)
        for name, count, arg, want in WANT[:-1]:
            got = guest.workload(task, name, count, arg)
            assert want is None or got == want, name
    guest.machine.close()
