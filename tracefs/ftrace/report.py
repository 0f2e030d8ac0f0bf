"""ftrace_bug: what the kernel prints when a call site is not as it should be."""

from __future__ import annotations

import errno
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from tracefs.ftrace.records import RecFlag, Record

if TYPE_CHECKING:
    from tracefs.arch import PatchError
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


def ftrace_bug_of_2008(
    error: PatchError,
    *,
    kallsyms: Kallsyms,
    code: bytes | None,
    width: int,
    printk: Callable[[str], object],
) -> None:
    """The report of 2.6.28 and 2.6.29: what went wrong where, and the bytes found (S15)."""
    cause = _CAUSES.get(error.errno or 0, "ftrace faulted on unknown error ")
    printk(f"{cause}[<{error.ip:0{width}x}>] {kallsyms.format(error.ip)}")
    if error.errno == errno.EINVAL and code is not None:
        printk(f" actual: {code.hex(':')}")


def ftrace_bug(
    error: PatchError,
    record: Record,
    bug: Bug,
    *,
    kallsyms: Kallsyms,
    code: bytes | None,
    width: int,
    tramp: tuple[int, int] | None,
    expected_call: int,
    printk: Callable[[str], object],
) -> None:
    """Print the report of 6.1, one ``printk`` a line.

    ``code`` is what stands at ``error.at`` (None: nothing can be read), ``width`` the digits of an
    address, ``tramp`` the (trampoline, function) that the site calls now, if it calls one,
    ``expected_call`` what it should be calling (expected tramp).
    """
    printk("------------[ ftrace bug ]------------")
    printk(_CAUSES.get(error.errno or 0, "ftrace faulted on unknown error "))
    printk(f"[<{error.ip:0{width}x}>] {kallsyms.format(error.ip)}")
    if error.at != error.ip:
        printk(f"by a trampoline at [<{error.at:0{width}x}>] {kallsyms.format(error.at)}")
    if error.errno == errno.EINVAL:
        _found_and_expected(error, code, width, printk)
    if bug.value:
        printk(bug.value)
    line = f"ftrace record flags: {record.flags:x}"
    printk(line)
    line = f" ({record.count}){' R' if record.flags & RecFlag.REGS else '  '}"
    if record.flags & RecFlag.TRAMP_EN:
        if tramp is None:
            line += "\ttramp: ERROR!"
        else:
            line += f"\ttramp: {kallsyms.format(tramp[0])} ({kallsyms.format(tramp[1])})"
    printk(line)
    printk(f" expected tramp: {expected_call:x}")


def bad_module(
    module: str,
    error: PatchError,
    *,
    code: bytes | None,
    width: int,
    printk: Callable[[str], object],
) -> None:
    """Say why a module is refused: what is where its trampoline should be (S1)."""
    printk(f"{module}: no trampoline at [<{error.at:0{width}x}>], its functions cannot be traced")
    _found_and_expected(error, code, width, printk)


def _found_and_expected(
    error: PatchError, code: bytes | None, width: int, printk: Callable[[str], object]
) -> None:
    actual = f"[FAULT] {error.at:0{width}x}" if code is None else code.hex(":")
    printk(f" actual:   {actual}")
    if error.expected is not None:
        printk(f" expected: {error.expected.hex(':')}")
