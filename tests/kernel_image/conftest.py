"""Kernels for the tests of the image."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernel_image.guest import Guest


@pytest.fixture(scope="module")
def guest() -> Iterator[Guest]:
    """A live kernel, shared by a module's tests."""
    it = Guest()
    with it.machine.lock:
        yield it
    it.machine.close()
