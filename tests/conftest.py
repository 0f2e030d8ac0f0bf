"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# Tests run beside others, on machines of any speed: no example has a deadline.
settings.register_profile("tracefs", deadline=None)
settings.load_profile("tracefs")


@pytest.fixture(scope="session", autouse=True)
def _state_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Daemons write their logs below pytest's directory, not into the home of whoever tests."""
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The directory that holds ``tracefs`` and ``tests``."""
    return Path(__file__).parent.parent
