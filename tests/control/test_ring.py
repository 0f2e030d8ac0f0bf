"""trace and trace_pipe over the real ring buffer, written by a guest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.control.client import Client
from tests.control.fake import FakeKernel
from tests.machine.ring.guest import RingGuest, build
from tracefs.control import Tree
from tracefs.image import Image, Kallsyms

ROUNDS = 2000
CALLS = 7  # traced calls in a round


@pytest.fixture(scope="module")
def guest() -> Iterator[RingGuest]:
    guest = RingGuest(2)
    guest.patch("trampoline")
    yield guest
    guest.close()


@pytest.fixture
def client(guest: RingGuest) -> Client:
    """A client of a tree whose top buffer the guest writes."""
    kernel = FakeKernel()
    kernel.backend.kallsyms = Kallsyms(Image.load(build(64)))
    buffer = guest.buffer()
    buffer.resize(1 << 20)
    array: Any = kernel.traces.top.guest
    array.buffer = buffer
    private = guest.symbols["test_ops"] + guest.abi.offset("ftrace_ops", "private")
    guest.memory.put_u64(private, guest.trace_array(buffer))
    return Client(Tree(kernel))


def body(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_trace_and_trace_pipe_show_the_same(client: Client, guest: RingGuest) -> None:
    for cpu in range(2):
        guest.call("workload", ROUNDS, cpu=cpu)
    text = client.cat("trace")
    lines = body(text)
    assert f"entries-written: {len(lines)}/{len(lines)} " in text
    assert len(lines) == 2 * ROUNDS * CALLS
    assert client.cat("trace", 1000) == text
    first = [line.split(": ")[1] for line in lines[: CALLS + 1]]
    assert first == [
        "top <-workload",
        "mid <-top",
        "leaf <-mid",
        "leaf <-mid",
        "leaf <-mid",
        "string <-top",
        "leaf <-top",
        "top <-workload",
    ]
    pipe = client.open("trace_pipe")
    out = b""
    while pipe.handle.ready():
        out += pipe.read(65536)
    assert out.decode().splitlines() == lines
    assert body(client.cat("trace")) == []


def test_a_reader_that_adds_lines_comes_to_an_end(client: Client, guest: RingGuest) -> None:
    guest.call("workload", ROUNDS)
    file = client.open("trace")
    total, reads = b"", 0
    while data := file.read(65536):
        total, reads = total + data, reads + 1
        guest.call("workload", 10)
    assert total.count(b"\n") >= 12 + CALLS * ROUNDS
    total += b"".join(file.readall())
    assert total.count(b"\n") == 12 + CALLS * (ROUNDS + 10 * reads)
    assert file.read(65536) == b""


def test_a_cpu_alone(client: Client, guest: RingGuest) -> None:
    guest.call("workload", 10, cpu=1)
    assert body(client.cat("per_cpu/cpu0/trace")) == []
    assert len(body(client.cat("per_cpu/cpu1/trace"))) == 10 * CALLS
    assert f"entries: {10 * CALLS}\n" in client.cat("per_cpu/cpu1/stats")


def test_overrun(client: Client, guest: RingGuest) -> None:
    client.echo("8", "buffer_size_kb")
    guest.call("workload", ROUNDS)
    lines = body(client.cat("trace"))
    assert 0 < len(lines) < 1000
    pipe = client.open("per_cpu/cpu0/trace_pipe")
    lost = ROUNDS * CALLS - len(lines)
    assert pipe.read(65536).startswith(b"CPU:0 [LOST %d EVENTS]\n" % lost)


def test_raw_pages(client: Client, guest: RingGuest) -> None:
    guest.call("workload", ROUNDS)
    raw = client.open("per_cpu/cpu0/trace_pipe_raw")
    page = raw.read(4096)
    assert len(page) == 4096
    assert int.from_bytes(page[8:12], "little") & 0xFFFFF == 4080 // 28 * 28
