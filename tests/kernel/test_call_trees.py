"""Graph: whatever is called, interrupted or switched from, entries and exits balance and nest."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernel.test_function_graph import (
    ENTRY,
    HARDIRQ,
    Call,
    check_balance,
    check_nesting,
    check_stacks,
)
from tests.seeds.conftest import Era
from tracefs.ring import Event
from tracefs.ring import Iterator as RingIterator

FIELDS = {8: ("<Qi", "<QiIQQ"), 4: ("<Ii", "<IiIQQ")}
DEPTH = 6
Node = tuple[str, int]


def tree(seed: int) -> list[Node]:
    """What the workload `tree` calls: the functions in order, and how deep each is."""
    state = seed

    def random() -> int:
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return state >> 16

    def node(name: str, left: int) -> Iterator[Node]:
        yield name, DEPTH - left
        drawn = random()
        for _ in range((drawn >> 4) % 4 if left else 0):
            yield from node("abc"[random() % 3], left - 1)

    return list(node("a", DEPTH))


def decoded(era: Era) -> list[Call]:
    """What the buffer holds, in time order; nothing was lost."""
    top = era.system.kernel.traces.top
    assert not top.buffer.overruns()
    entry, leave = FIELDS[top.buffer.layout.word]
    calls = []
    for event in RingIterator(top.buffer):
        assert isinstance(event, Event)
        kind, flags, _, pid = struct.unpack_from("<HBBi", event.data)
        fields = struct.unpack_from(entry if kind == ENTRY else leave, event.data, 8)
        calls.append(Call(event.ts, event.cpu, kind, flags, pid, *fields))
    return calls


def shown(era: Era, calls: list[Call]) -> list[Node]:
    """The tree that a trace has of the workload's functions."""
    name, found, stack = era.system.kallsyms.name, [], 0
    for call in calls:
        function = name(call.func)
        if function.startswith("workload_tree_"):
            stack += 1 if call.kind == ENTRY else -1
            if call.kind == ENTRY:
                found.append((function[-1], stack - 1))
    assert stack == 0
    return found


@pytest.fixture(scope="module")
def eras() -> Iterator[Callable[[str, int | None], Era]]:
    """Systems by release and seed, each booted once."""
    made: dict[tuple[str, int | None], Era] = {}

    def get(release: str, seed: int | None) -> Era:
        if (release, seed) not in made:
            made[release, seed] = Era(release, seed=seed)
            made[release, seed].echo(8192, "buffer_size_kb")
        return made[release, seed]

    yield get
    for era in made.values():
        era.system.service.close()


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("release", ["6.1", "2.6.29"])
@given(trees=st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=3), nmi=st.booleans())
@settings(max_examples=8, deadline=None)
def test_trees(
    eras: Callable[[str, int | None], Era],
    release: str,
    seed: int | None,
    trees: list[int],
    nmi: bool,
) -> None:
    era = eras(release, seed)
    sums = [era.workload("tree", 1, each) for each in trees]
    era.echo("function_graph", "current_tracer")
    traced = []
    for each in trees:
        if nmi:
            era.echo("", ".machine/nmi")
        traced.append(era.workload("tree", 1, each))
    switch = "tracing_on" if release == "6.1" else "tracing_enabled"
    era.echo(0, switch)
    calls = decoded(era)
    era.echo(1, switch)
    era.echo("nop", "current_tracer")
    assert traced == sums
    assert shown(era, calls) == [node for each in trees for node in tree(each)]
    # Elsewhere interrupts also come within the tracer: what they call is recorded before the entry
    # that they interrupt, or at its depth, which is lowered before the second time is taken.
    outside = seed is None
    if outside:
        check_stacks(calls)
    check_nesting(calls, deeper=outside)
    check_balance(calls, late=50)


def test_the_trees_are_interrupted_and_switched(
    eras: Callable[[str, int | None], Era],
) -> None:
    """Else the property above would say little."""
    era = eras("6.1", 3)
    seed = next(i for i in count() if len(tree(i)) > 100)
    era.echo("function_graph", "current_tracer")
    era.workload("tree", 1, seed)
    calls = decoded(era)
    era.echo("nop", "current_tracer")
    assert any(call.flags & HARDIRQ for call in calls)
    assert len({call.pid for call in calls}) > 1
