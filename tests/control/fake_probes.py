"""Probes without a guest."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from tracefs.arch import X86_64
from tracefs.events.backend import FetchArg, GuestProbe

SYMBOLS = {"vfs_read": 0x1000, "do_exit": 0x2000, "twice": 0x3000}


class FakeProbe:
    """A probe that is never hit."""

    module: str | None = None
    hits = 0
    missed = 0

    def __init__(self, address: int, args: Sequence[FetchArg]) -> None:
        self.address = address
        self.args = args
        self.armed = False
        self.freed = False

    def arm(self) -> None:
        self.armed = True

    def disarm(self) -> None:
        self.armed = False

    def free(self) -> None:
        assert not self.armed
        self.freed = True


class FakeProbes:
    """A few functions of 0x100 bytes, whose instructions have 5."""

    def __init__(self) -> None:
        self.made: list[FakeProbe] = []

    registers = X86_64.registers
    arguments = X86_64.arguments
    maxactive = 10

    def count(self, name: str) -> int:
        return 2 if name == "twice" else int(name in SYMBOLS)

    def address(self, symbol: str) -> int | None:
        return SYMBOLS.get(symbol)

    def has_module(self, name: str) -> bool:
        return False

    def offset(self, address: int) -> int | None:
        return next((address - at for at in SYMBOLS.values() if 0 <= address - at < 0x100), None)

    def check_traced(self, address: int) -> None:
        pass

    def check_place(self, address: int) -> None:
        if address % 0x100 % 5:
            raise OSError(errno.EILSEQ, os.strerror(errno.EILSEQ))

    def hashed(self, address: int) -> str:
        return f"{address:016x}"

    def create(
        self, key: int, address: int, args: Sequence[FetchArg], size: int, maxactive: int
    ) -> GuestProbe:
        self.made.append(FakeProbe(address, args))
        return self.made[-1]
