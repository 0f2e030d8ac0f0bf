"""What can be made to go wrong: bugs of the past, and faults at call sites."""

from __future__ import annotations

import errno

from tracefs.control.handle import error
from tracefs.control.machine.table import MACHINE
from tracefs.control.parse import strip
from tracefs.control.scope import MachineScope


@MACHINE.file("bugs", mode=0o600)
def bugs(machine: MachineScope) -> str:
    """Bugs that the kernel can have, * those it has: write NAME to bring one back, !NAME to end it

    Some act at boot only: mount with --bug NAME. tracefs bugs says how each is seen.
    """
    return "".join(
        f"{'*' if on else ' '} {name:<20} {seed:<4} {symptom}\n"
        for name, seed, symptom, on in machine.bugs()
    )


@bugs.write
def _(machine: MachineScope, text: str) -> None:
    for word in text.split():
        machine.switch_bug(word.removeprefix("!"), not word.startswith("!"))


@MACHINE.file("faults", mode=0o600)
def faults(machine: MachineScope) -> str:
    """Call sites that cannot be patched: write FUNCTION efault, einval or eperm; !FUNCTION ends it

    Reading the site fails, or finds other bytes, or writing it fails.
    """
    return "".join(machine.faults())


@faults.write
def _(machine: MachineScope, text: str) -> None:
    words = strip(text).split()
    if len(words) == 1 and words[0].startswith("!"):
        machine.set_fault(words[0][1:], None)
    elif len(words) == 2:
        machine.set_fault(words[0], words[1])
    else:
        raise error(errno.EINVAL)
