"""What can be made to go wrong: bugs of the past, and faults at call sites."""

from __future__ import annotations

import errno

from tracefs.control.handle import error
from tracefs.control.machine.table import MACHINE
from tracefs.control.parse import parse_ulong, strip
from tracefs.control.scope import MachineScope


@MACHINE.file("bugs", mode=0o600)
def bugs(machine: MachineScope) -> str:
    """Bugs that the kernel can have, * those it has: write NAME to bring one back, !NAME to end it

    Some act at boot only: mount with --bug NAME. tracefs bugs says how each is seen.
    """
    return "".join(
        f"{'*' if on else ' '} {name:<20} {seed:<4} {symptom}\n"
        for name, seed, symptom, on in machine.trouble.bugs()
    )


@bugs.write
def _(machine: MachineScope, text: str) -> None:
    for word in text.split():
        machine.trouble.switch_bug(word.removeprefix("!"), not word.startswith("!"))


@MACHINE.file("ioremap", mode=0o600)
def ioremap(machine: MachineScope) -> str:
    """Write NAME PAGES to map a device's memory among the modules; read what has been written to it

    A store of the guest is a write cycle, even where it stores what was there.
    """
    return "".join(machine.trouble.io_regions())


@ioremap.write
def _(machine: MachineScope, text: str) -> None:
    words = strip(text).split()
    if len(words) != 2:
        raise error(errno.EINVAL)
    machine.trouble.ioremap(words[0], parse_ulong(words[1]))


@MACHINE.file("probes", since="2.6.28", until="2.6.30", mode=0o600)
def probes(machine: MachineScope) -> str:
    """Write FUNCTION to put a breakpoint at its call site, !FUNCTION to take it away

    Reading gives function, address and hits. While it is there nothing patches that site.
    """
    return "".join(machine.trouble.probes())


@probes.write
def _(machine: MachineScope, text: str) -> None:
    for word in text.split():
        machine.trouble.set_probe(word.removeprefix("!"), not word.startswith("!"))


@MACHINE.file("faults", mode=0o600)
def faults(machine: MachineScope) -> str:
    """Call sites that cannot be patched: write FUNCTION efault, einval or eperm; !FUNCTION ends it

    Reading the site fails, or finds other bytes, or writing it fails.
    """
    return "".join(machine.trouble.faults())


@faults.write
def _(machine: MachineScope, text: str) -> None:
    words = strip(text).split()
    if len(words) == 1 and words[0].startswith("!"):
        machine.trouble.set_fault(words[0][1:], None)
    elif len(words) == 2:
        machine.trouble.set_fault(words[0], words[1])
    else:
        raise error(errno.EINVAL)
