"""The kernel log: the guest's printk ring, and lines that the host's part of the kernel adds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.machine import Memory


_ADDRESS = re.compile(r"\[<([0-9a-f]+)>\]")


class KernelLog:
    """What dmesg prints.

    The guest's records stand in its ``__log_buf``; the host's own lines (ftrace_bug, the machine's
    reports) are kept beside it and merged by time. ``symbol_at`` turns the addresses that the guest
    puts in ``[<>]`` into symbols.
    """

    def __init__(
        self,
        memory: Memory,
        symbol: Callable[[str], int],
        now: Callable[[], int],
        symbol_at: Callable[[int], str],
    ) -> None:
        self._memory = memory
        self._now = now
        self._symbol_at = symbol_at
        self._buffer = symbol("__log_buf")
        self._length = symbol("log_buf_len")
        self._end = symbol("log_end")
        self._host: list[tuple[int, str]] = []

    def print(self, text: str) -> None:
        """One line from the host's part of the kernel."""
        self._host.append((self._now(), text.rstrip("\n")))

    def text(self) -> bytes:
        """The whole log, oldest line first."""
        try:
            size = self._memory.u32(self._length)
            end = self._memory.u64(self._end)
            raw = self._memory.read(self._buffer, size)
        except OSError:  # a guest that died may have written its page tables
            size, end, raw = 1, 0, b""
        if end <= size:
            guest = raw[:end]
        else:
            guest = raw[end % size :] + raw[: end % size]
            guest = guest[guest.find(b"\n") + 1 :]
        said = guest.decode(errors="replace")
        said = _ADDRESS.sub(lambda found: self._symbol_at(int(found[1], 16)), said)
        lines = [(_stamp(line), line) for line in said.splitlines()]
        lines += [
            (ns, f"[{ns // 10**9:5d}.{ns // 1000 % 10**6:06d}] {text}") for ns, text in self._host
        ]
        lines.sort(key=lambda line: line[0])
        return "".join(f"{line}\n" for _, line in lines).encode()


def _stamp(line: str) -> int:
    """The time of a guest's line, "[    0.123456] text", in ns."""
    head = line[1:].partition("]")[0]
    try:
        return int(float(head) * 10**9)
    except ValueError:
        return 0
