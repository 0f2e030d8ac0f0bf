"""The fifo between strace and the guest."""

from __future__ import annotations

import fcntl
import logging
import os
import select
import termios
import threading
from typing import TYPE_CHECKING

from tracefs.bridge.lines import Parser
from tracefs.bridge.replay import Replay
from tracefs.machine import GuestCrash

if TYPE_CHECKING:
    from tracefs.kernel.boot import System

log = logging.getLogger(__name__)

CHUNK = 4096
"""How much the thread takes at a time, in bytes: others shall not wait long for the machine."""


class Bridge:
    """Puts what strace writes into the fifo ``path`` through to the guest.

    A process that asks something of the mount makes it catch up first. A thread empties the fifo
    meanwhile. When strace ends, or a line brings the bridge down, the mount goes on without.
    """

    def __init__(self, system: System, path: str) -> None:
        self._machine = system.machine
        self._settle = system.syscalls.settle
        self._wake = system.syscalls.between_turns
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._parser = Parser()
        with self._machine.lock:
            self._replay: Replay | None = Replay(system.syscalls, system.clients, system.memory)
            system.clients.catch_up = self.catch_up
        threading.Thread(target=self._follow, name="bridge", daemon=True).start()

    def catch_up(self) -> None:
        """Put through what is in the fifo now; the machine's lock is held."""
        self._take(_waiting(self._fd))

    def _take(self, size: int) -> bool:
        """Put through the next bytes; False at the end."""
        try:
            data = os.read(self._fd, size) if size else b""
        except BlockingIOError:
            return True
        replay = self._replay
        if replay is None or self._machine.closing or self._machine.dead:
            return bool(data)
        try:
            for line in self._parser.feed(data):
                replay.put(line)
        except GuestCrash:
            self._replay = None
            raise
        except Exception:
            # The fifo must go on being emptied, or the command would stand still.
            log.exception("the bridge is down")
            self._replay = None
        return bool(data)

    def _follow(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        going = True
        while going:
            poll.poll()
            with self._machine.lock:
                try:
                    going = self._take(CHUNK)
                    self._settle()
                except GuestCrash:
                    going = True
                self._wake()


def _waiting(fd: int) -> int:
    """How many bytes can be read."""
    return int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"), "little")
