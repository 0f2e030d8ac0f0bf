"""The allocator of page frames, against a model."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tracefs.machine.layout import PAGE_SIZE
from tracefs.machine.pages import PageAllocator

START = 0x100000
PAGES = 64


def allocator() -> tuple[PageAllocator, list[tuple[int, int]]]:
    """An allocator of 64 pages, and what it clears."""
    cleared: list[tuple[int, int]] = []
    return PageAllocator(
        START, START + PAGES * PAGE_SIZE, lambda pa, n: cleared.append((pa, n))
    ), cleared


class Model(RuleBasedStateMachine):
    """Runs never overlap, everything that is free can be had again, and dirty pages are cleared."""

    def __init__(self) -> None:
        super().__init__()
        self.pages, self.cleared = allocator()
        self.runs: dict[int, int] = {}
        self.dirty: set[int] = set()  # pages that were given out before

    def used(self) -> set[int]:
        return {
            page for pa, n in self.runs.items() for page in range(pa, pa + n * PAGE_SIZE, PAGE_SIZE)
        }

    @rule(n=st.integers(1, 12), zero=st.booleans())
    def alloc(self, n: int, zero: bool) -> None:
        self.cleared.clear()
        used = self.used()
        free = [START + i * PAGE_SIZE not in used for i in range(PAGES)]
        if not any(all(free[i : i + n]) for i in range(PAGES - n + 1)):
            with pytest.raises(OSError, match="memory") as refused:
                self.pages.alloc(n, zero=zero)
            assert refused.value.errno == errno.ENOMEM
            return
        pa = self.pages.alloc(n, zero=zero)
        new = set(range(pa, pa + n * PAGE_SIZE, PAGE_SIZE))
        assert not new & used
        assert min(new) >= START
        assert max(new) < START + PAGES * PAGE_SIZE
        clean = {page for a, size in self.cleared for page in range(a, a + size, PAGE_SIZE)}
        assert clean <= new
        if zero:
            assert clean >= new & self.dirty
        self.dirty |= new
        self.runs[pa] = n

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        pa = data.draw(st.sampled_from(sorted(self.runs)))
        n = self.runs.pop(pa)
        part = data.draw(st.integers(1, n))
        self.pages.release(pa, part)
        if part < n:
            self.runs[pa + part * PAGE_SIZE] = n - part

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def release_what_is_free(self, data: st.DataObject) -> None:
        pa = data.draw(st.sampled_from(sorted(self.runs)))
        end = pa + self.runs[pa] * PAGE_SIZE
        if end not in self.used():
            with pytest.raises(ValueError, match="not allocated"):
                self.pages.release(pa, self.runs[pa] + 1)

    @invariant()
    def counts(self) -> None:
        assert self.pages.free == (PAGES - len(self.used())) * PAGE_SIZE


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=40)


@given(st.lists(st.integers(1, 6), max_size=20), st.randoms(use_true_random=False))
def test_all_free_is_one_run_again(sizes: list[int], order: object) -> None:
    pages, _ = allocator()
    runs = []
    for n in sizes:
        try:
            runs.append((pages.alloc(n), n))
        except OSError:
            break
    order.shuffle(runs)  # type: ignore[attr-defined]
    for pa, n in runs:
        pages.release(pa, n)
    assert pages.alloc(PAGES) == START


def test_nonsense() -> None:
    pages, _ = allocator()
    with pytest.raises(ValueError, match="at least one"):
        pages.alloc(0)
    pa = pages.alloc(4)
    for bad, n in ((pa + 1, 1), (pa, 0), (pa, 5), (pa - PAGE_SIZE, 1)):
        with pytest.raises(ValueError, match="not allocated"):
            pages.release(bad, n)
    pages.release(pa, 4)
    with pytest.raises(ValueError, match="not allocated"):
        pages.release(pa, 4)
