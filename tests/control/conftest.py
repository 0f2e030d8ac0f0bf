"""The tree over a kernel without a machine, seen from the top and from an instance."""

from __future__ import annotations

import pytest

from tests.control.client import Client
from tests.control.fake import FakeConsumer, FakeIterator, FakeKernel, FakeReader
from tracefs.control import Tree
from tracefs.trace.array import TraceArray


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    """A kernel whose ring buffers are lists."""
    monkeypatch.setattr("tracefs.control.trace.RingIterator", FakeIterator)
    monkeypatch.setattr("tracefs.control.trace_pipe.Consumer", FakeConsumer)
    monkeypatch.setattr("tracefs.control.trace_pipe.CpuReader", FakeReader)
    return FakeKernel()


@pytest.fixture
def tree(kernel: FakeKernel) -> Tree:
    """Its tree, with one instance ``i``."""
    tree = Tree(kernel)
    tree.resolve("/instances").mkdir("i")
    return tree


@pytest.fixture(params=["", "/instances/i"], ids=["top", "instance"])
def here(request: pytest.FixtureRequest, tree: Tree) -> Client:
    """A client in the top directory, and one in an instance's."""
    return Client(tree, request.param)


@pytest.fixture
def top(tree: Tree) -> Client:
    """A client in the top directory."""
    return Client(tree)


@pytest.fixture
def tr(here: Client, kernel: FakeKernel) -> TraceArray:
    """The trace array that ``here`` is about."""
    found = kernel.traces.find("i") if here.root else kernel.traces.top
    assert found is not None
    return found
