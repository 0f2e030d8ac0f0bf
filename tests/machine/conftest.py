"""Guests for the tests of the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.machine.guests import Guest


@pytest.fixture
def make_guest() -> Iterator[Callable[..., Guest]]:
    """Makes guests that are closed after the test."""
    made: list[Guest] = []

    def make(*args: Any, **options: Any) -> Guest:
        made.append(Guest(*args, **options))
        return made[-1]

    yield make
    for guest in made:
        guest.machine.close()


@pytest.fixture
def guest(make_guest: Callable[..., Guest]) -> Guest:
    """One CPU, live."""
    return make_guest()
