"""trace_pipe_raw and snapshot_raw: binary pages, at the top and of an instance."""

from __future__ import annotations

import errno
import os

import pytest

from tests.kernel.client import Client, Process, refused
from tests.machine.ring.decoder import Seen, decode

PAGE = 4096
MARK = 16  # of a marker's text, behind the common header and the address


@pytest.fixture(params=["top", "instance"])
def here(request: pytest.FixtureRequest, client: Process) -> Client:
    """The top directory, with a buffer of full size, or an instance's."""
    if request.param == "top":
        client.echo(1408, "buffer_size_kb")
        return client
    client.service.mkdir("/instances/i", 0o755, client.caller)
    return client.instance("i")


def pages(here: Client, name: str, size: int = PAGE) -> list[bytes]:
    """What non-blocking reads give of a file of all CPUs, until EAGAIN."""
    found = []
    for cpu in range(2):
        with here.open(f"per_cpu/cpu{cpu}/{name}", os.O_RDONLY | os.O_NONBLOCK) as file:
            page = b""
            while True:
                try:
                    piece = file.read(size)
                except BlockingIOError:
                    break
                page += piece
                if len(page) == PAGE:
                    found.append(page)
                    page = b""
            assert not page
    return found


def missed(page: bytes) -> int:
    """Events that the page says were lost before it."""
    commit = int.from_bytes(page[8:16], "little")
    if not commit >> 31:
        return 0
    assert commit >> 30 & 1
    end = 16 + (commit & 0xFFFFF)
    return int.from_bytes(page[end : end + 8], "little")


def texts(found: list[bytes]) -> list[str]:
    """The markers on pages, in the order of their times."""
    events: list[Seen] = sorted(event for page in found for event in decode(page, 8))
    return [event.data[MARK:].partition(b"\n")[0].decode() for event in events]


def mark(here: Client, count: int) -> list[str]:
    """Write so many markers."""
    words = [f"marker of number {n:04}" for n in range(count)]
    with here.open("trace_marker", os.O_WRONLY) as file:
        for word in words:
            file.write(word.encode())
    return words


@pytest.mark.parametrize("size", [PAGE, 100, 33])
def test_every_event_is_on_a_page_once(here: Client, size: int) -> None:
    words = mark(here, 300)
    found = []
    for cpu in range(2):
        with here.open(f"per_cpu/cpu{cpu}/trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK) as file:
            # The first read decides how many events a page gets; the rest of it comes after.
            page = b""
            while True:
                try:
                    page += file.read(size if not page else PAGE - len(page))
                except BlockingIOError:
                    break
                if not page:
                    break  # no event is as small as that
                if len(page) == PAGE:
                    found.append(page)
                    page = b""
    if size > 33:
        assert texts(found) == words
        assert "entries: 0\n" in here.cat("per_cpu/cpu0/stats")
    else:
        assert not found


def test_lost_events_are_counted_on_the_page(here: Client) -> None:
    here.echo(8, "buffer_size_kb")
    words = mark(here, 1000)
    found = pages(here, "trace_pipe_raw")
    seen = texts(found)
    assert seen == [word for word in words if word in set(seen)]
    assert len(seen) + sum(map(missed, found)) == len(words)
    assert mark(here, 3) == texts(pages(here, "trace_pipe_raw"))


def test_a_page_is_read_in_pieces(here: Client) -> None:
    words = mark(here, 200)
    assert texts(pages(here, "trace_pipe_raw", 1000)) != []
    assert mark(here, 5) == words[:5]
    assert texts(pages(here, "trace_pipe_raw", 512)) == words[:5]


def test_the_snapshots_pages(here: Client) -> None:
    words = mark(here, 50)
    assert pages(here, "snapshot_raw") == []
    here.echo(1, "snapshot")
    mark(here, 10)
    assert texts(pages(here, "snapshot_raw")) == words
    assert texts(pages(here, "trace_pipe_raw")) == words[:10]
    here.echo("irqsoff", "current_tracer")
    with refused(errno.EBUSY):
        here.open("per_cpu/cpu0/snapshot_raw")
    here.echo("nop", "current_tracer")


def test_poll_waits_for_a_part_of_the_buffer(here: Client) -> None:
    here.echo(40, "buffer_size_kb")
    here.echo(30, "buffer_percent")
    told: list[int] = []
    files = [here.open(f"per_cpu/cpu{cpu}/trace_pipe_raw") for cpu in range(2)]
    for file in files:
        assert not file.poll(lambda: told.append(1)) & 1
    mark(here, 20)
    assert not told
    mark(here, 800)
    assert told
    assert any(file.poll() & 1 for file in files)
    for file in files:
        file.close()
