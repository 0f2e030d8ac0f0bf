"""Names and thread groups of tasks, as the guest saved them while tracing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.image import Abi
    from tracefs.machine import Memory

PAGE_SIZE = 4096
COMM_LEN = 16
NO_CMDLINE_MAP = 0xFFFFFFFF
RECORD_CMDLINE, RECORD_TGID = 1, 2
DEFAULT_NUM = 128


class SavedCmdlines:
    """Cmdlines of tracefs.trace.backend; owns the guest's savedcmd and saved_tgids."""

    def __init__(self, memory: Memory, abi: Abi, symbol: Callable[[str], int]) -> None:
        self._memory = memory
        self._savedcmd = symbol("savedcmd")
        self._saved_tgids = symbol("saved_tgids")
        self._wanted = symbol("trace_record_taskinfo")
        offset = abi.offset
        self._map = offset("saved_cmdlines_buffer", "map_pid_to_cmdline")
        self._num = offset("saved_cmdlines_buffer", "cmdline_num")
        self._idx = offset("saved_cmdlines_buffer", "cmdline_idx")
        self._to_pid = offset("saved_cmdlines_buffer", "map_cmdline_to_pid")
        self._names = offset("saved_cmdlines_buffer", "saved_cmdlines")
        self._header = abi.size("saved_cmdlines_buffer")
        self._pid_max = abi.const("PID_MAP_SIZE")
        self._tgids_size = abi.size("saved_tgids")
        self._users = {RECORD_CMDLINE: 0, RECORD_TGID: 0}
        self._address = 0
        self._pages = 0
        self._tgids = 0
        self._size = 0
        self.resize(DEFAULT_NUM)

    @property
    def size(self) -> int:
        """How many names there is room for."""
        return self._size

    def resize(self, size: int) -> None:
        """Make room for at least ``size`` names, forgetting all (EINVAL, ENOMEM).

        As 6.1, whose table takes all of a power-of-two run of pages (so that 10 gives 6552).
        """
        if not 0 < size <= self._pid_max:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        entry = COMM_LEN + 4
        pages = -(-(self._header + size * entry) // PAGE_SIZE)
        pages = 1 << (pages - 1).bit_length()
        size = (pages * PAGE_SIZE - self._header) // entry
        memory = self._memory
        address = memory.alloc_pages(pages)
        memory.write(address + self._map, b"\xff" * (4 * self._pid_max))
        names = address + self._header
        to_pid = names + size * COMM_LEN
        memory.write(to_pid, b"\xff" * (4 * size))
        memory.put_u32(address + self._num, size)
        memory.put_u32(address + self._idx, 0)
        memory.put_word(address + self._to_pid, to_pid)
        memory.put_word(address + self._names, names)
        memory.put_word(self._savedcmd, address)
        if self._address:
            memory.free_pages(self._address, self._pages)
        self._address, self._pages, self._size = address, pages, size

    def comm(self, pid: int) -> bytes | None:
        """The saved name of a task, or None."""
        if pid == 0:
            return b"<idle>"
        index = self._memory.u32(self._address + self._map + 4 * (pid & (self._pid_max - 1)))
        if index == NO_CMDLINE_MAP or self._pid(index) != pid:
            return None
        return self._name(index)

    def comms(self) -> Iterator[tuple[int, bytes]]:
        """All saved (pid, name), in the order of their places."""
        places = self._memory.word(self._address + self._to_pid)
        pids = memoryview(self._memory.read(places, 4 * self._size)).cast("I")
        for index, pid in enumerate(pids):
            if pid not in (0, NO_CMDLINE_MAP):
                yield pid, self._name(index)

    def tgid(self, pid: int) -> int:
        """The saved thread group of a task, 0 if there is none."""
        return dict(self.tgids()).get(pid, 0)

    def tgids(self) -> Iterator[tuple[int, int]]:
        """All saved (pid, tgid), by pid."""
        if self._tgids:
            entries = memoryview(self._memory.read(self._tgids, self._tgids_size)).cast("Q")
            yield from sorted((e >> 32, e & 0xFFFFFFFF) for e in entries if e)

    def record(self, kind: int, on: bool) -> None:
        """One more, or one fewer, user of RECORD_CMDLINE or RECORD_TGID."""
        if on and kind == RECORD_TGID:
            self.make_room_for_tgids()
        self._users[kind] += 1 if on else -1
        self._memory.put_u32(self._wanted, sum(k for k, users in self._users.items() if users > 0))

    def make_room_for_tgids(self) -> None:
        """Allocate the table of thread groups, for good (ENOMEM)."""
        if not self._tgids:
            self._tgids = self._memory.alloc_pages(self._tgids_size // PAGE_SIZE)
            self._memory.put_word(self._saved_tgids, self._tgids)

    def _pid(self, index: int) -> int:
        return self._memory.u32(self._memory.word(self._address + self._to_pid) + 4 * index)

    def _name(self, index: int) -> bytes:
        at = self._memory.word(self._address + self._names) + COMM_LEN * index
        return self._memory.read(at, COMM_LEN).split(b"\0")[0]
