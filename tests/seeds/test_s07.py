"""S7: the way of waiting for NMIs was cleaned up, and behaves as before."""

from __future__ import annotations

import pytest

from tests.seeds.test_s09 import explored, explorer
from tracefs.explore.search import Failure


def test_before_and_after_the_clean_up() -> None:
    # What it became passes in test_s09; here is what it was.
    with explorer(replace={"wait_for_nmi": "wait_for_nmi_uncounted"}) as one:
        before = explored(one)
    assert before.orders > 10**7
    assert before.arrivals > 300


def test_mutant_the_loop_was_cleaned_away() -> None:
    with explorer(replace={"wait_for_nmi": "wait_for_nmi_once"}) as one, pytest.raises(Failure):
        explored(one)
