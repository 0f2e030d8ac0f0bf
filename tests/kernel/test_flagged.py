"""Filters of 2008 against a model that is written as the kernel's loop was, by characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.seeds.conftest import Era

NEGATION = {"2.6.28": False, "tip-return": True, "2.6.29": True}
NAMES = ("vfs_read", "vfs_write", "vfs_open", "ksys_read", "fput", "__fdget_pos", "kmem_cache_free")
PIECES = st.sampled_from(["", "vfs_", "_read", "read", "r", "v", "f", "kmem", "_", "e", "no such"])
WORDS = st.one_of(
    st.sampled_from(NAMES),
    st.builds(
        "{}{}{}{}{}".format,
        PIECES,
        st.sampled_from(["", "*"]),
        PIECES,
        st.sampled_from(["", "*"]),
        PIECES,
    ).filter(str.strip),
)
STEPS = st.lists(
    st.tuples(
        st.booleans(),  # set_ftrace_notrace
        st.booleans(),  # O_APPEND
        st.lists(st.tuples(st.booleans(), WORDS), max_size=3),
    ),
    max_size=4,
)


def matches(word: str, name: str) -> bool:
    """FULL, FRONT_ONLY, END_ONLY or MIDDLE_ONLY, as the asterisks come."""
    kind, search = "full", word
    for i, char in enumerate(word):
        if char != "*":
            continue
        if i == 0:
            kind, search = "end", word[1:]
        elif kind == "end":
            kind, search = "middle", word[1:i]
            break
        else:
            kind, search = "front", word[:i]
            break
    if kind == "full":
        return name == search
    if kind == "front":
        return name[: len(search)] == search
    at = name.find(search)
    if kind == "middle":
        return at >= 0
    return at >= 0 and name[at + len(search) :] == "" and name[at:] != ""


@dataclass
class Model:
    """What is flagged, and whether a word of the filter came since it was emptied."""

    names: list[str]
    negation: bool
    flagged: dict[bool, set[str]] = field(default_factory=lambda: {False: set(), True: set()})
    filtered: bool = False

    def open(self, notrace: bool, append: bool) -> None:
        """For writing."""
        if not append:
            self.flagged[notrace].clear()
            self.filtered = self.filtered and notrace

    def word(self, notrace: bool, text: str) -> None:
        """Written and ended by white space."""
        inverted = self.negation and text[0] == "!"
        found = {name for name in self.names if matches(text[inverted:], name)}
        if inverted:
            self.flagged[notrace] -= found
        else:
            self.flagged[notrace] |= found
        self.filtered = self.filtered or not notrace

    def traced(self) -> set[str]:
        """By a tracer that begins now."""
        chosen = self.flagged[False] if self.filtered else set(self.names)
        return chosen - self.flagged[True]


@pytest.fixture(scope="module", params=list(NEGATION))
def old(request: pytest.FixtureRequest) -> Iterator[Era]:
    """One kernel for all examples."""
    made = Era(request.param)
    yield made
    made.system.service.close()


def called(old: Era) -> set[str]:
    """The functions whose sites are calls, by their bytes."""
    lines = (line.split() for line in old.cat(".machine/records").splitlines())
    return {fields[7] for fields in lines if fields[1] == "e8"}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_filters_do_what_the_loop_did(old: Era, steps: list[tuple[bool, bool, list]]) -> None:  # type: ignore[type-arg]
    names = old.cat("available_filter_functions").split()
    model = Model(names, NEGATION[old.system.release.name])
    old.echo("nop", "current_tracer")
    for name in ("set_ftrace_filter", "set_ftrace_notrace"):
        old.echo("", name)
    for notrace, append, words in steps:
        model.open(notrace, append)
        texts = []
        for inverted, text in words:
            for word in f"{'!' * inverted}{text}".split():
                model.word(notrace, word)
                texts.append(word)
        old.echo(" ".join(texts), "set_ftrace_notrace" if notrace else "set_ftrace_filter", append)
    for notrace, file in ((False, "set_ftrace_filter"), (True, "set_ftrace_notrace")):
        assert old.cat(file).split() == [n for n in names if n in model.flagged[notrace]]
    old.echo("function", "current_tracer")
    assert called(old) == model.traced()
