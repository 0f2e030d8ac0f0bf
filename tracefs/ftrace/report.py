"""ftrace_bug: what the kernel prints when a call site is not as it should be."""

from __future__ import annotations

import errno
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from tracefs.ftrace.records import RecFlag, Record

if TYPE_CHECKING:
    from tracefs.arch import PatchError
    from tracefs.ftrace.functions import Functions
    from tracefs.image import Kallsyms


class Bug(Enum):
    """What was being done (enum ftrace_bug_type); the value is the line that says so."""

    UNKNOWN = ""
    INIT = "Initializing ftrace call sites"
    NOP = "Setting ftrace call site to NOP"
    CALL = "Setting ftrace call site to call ftrace function"
    UPDATE = "Updating ftrace call site to call a different ftrace function"


_CAUSES = {
    errno.EFAULT: "ftrace faulted on modifying ",
    errno.EINVAL: "ftrace failed to modify ",
    errno.EPERM: "ftrace faulted on writing ",
}


class Reporter:
    """Tells the log of call sites that are not as they should be, one ``printk`` a line.

    What it says is 6.1's, or, if ``terse``, what 2.6.28 and 2.6.29 had to say (S15).
    """

    def __init__(
        self,
        functions: Functions,
        kallsyms: Kallsyms,
        word_size: int,
        printk: Callable[[str], object],
        terse: bool,
    ) -> None:
        self.terse = terse
        self._functions = functions
        self._name = kallsyms.format
        self._width = 2 * word_size
        self._printk = printk

    def ftrace_bug(
        self, error: PatchError, record: Record, bug: Bug, tramp: int | None, expected_call: int
    ) -> None:
        """A site could not be changed.

        ``tramp`` is what the trampoline that it calls now calls, if it calls one, and
        ``expected_call`` what the site should be calling (expected tramp).
        """
        printk = self._printk
        cause = _CAUSES.get(error.errno or 0, "ftrace faulted on unknown error ")
        if self.terse:
            printk(cause + self._place(error.ip))
            code = self._code(error)
            if error.errno == errno.EINVAL and code is not None:
                printk(f" actual: {code.hex(':')}")
            return
        printk("------------[ ftrace bug ]------------")
        printk(cause)
        printk(self._place(error.ip))
        if error.at != error.ip:
            printk(f"by a trampoline at {self._place(error.at)}")
        if error.errno == errno.EINVAL:
            self._found_and_expected(error)
        if bug.value:
            printk(bug.value)
        printk(f"ftrace record flags: {record.flags:x}")
        line = f" ({record.count}){' R' if record.flags & RecFlag.REGS else '  '}"
        if record.flags & RecFlag.TRAMP_EN:
            if tramp is None:
                line += "\ttramp: ERROR!"
            else:
                line += f"\ttramp: {self._name(expected_call)} ({self._name(tramp)})"
        printk(line)
        printk(f" expected tramp: {expected_call:x}")

    def bad_module(self, module: str, error: PatchError) -> None:
        """Why a module is refused: what is where its trampoline should be (S1)."""
        place = f"[<{error.at:0{self._width}x}>]"
        self._printk(f"{module}: no trampoline at {place}, its functions cannot be traced")
        self._found_and_expected(error)

    def _place(self, address: int) -> str:
        return f"[<{address:0{self._width}x}>] {self._name(address)}"

    def _code(self, error: PatchError) -> bytes | None:
        """What stands there (None: nothing can be read)."""
        return self._functions.code(error.at, len(error.expected or b""))

    def _found_and_expected(self, error: PatchError) -> None:
        code = self._code(error)
        actual = f"[FAULT] {error.at:0{self._width}x}" if code is None else code.hex(":")
        self._printk(f" actual:   {actual}")
        if error.expected is not None:
            self._printk(f" expected: {error.expected.hex(':')}")
