"""Events of system calls print themselves (kernel/trace/trace_syscalls.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.events.call import EventCall

if TYPE_CHECKING:
    from tracefs.events.backend import CallInfo, GuestEvents
    from tracefs.events.call import Field
    from tracefs.trace.entries import Context

SYSTEM = "syscalls"
ENTER, EXIT = "sys_enter_", "sys_exit_"


class SyscallEvent(EventCall):
    """``sys_openat(dfd: 3, ...)`` where a call begins, ``sys_openat -> 0x3`` where it ends."""

    def trace(self, context: Context, data: bytes, ts: int) -> str:
        values = [
            (field.name, int.from_bytes(data[field.offset : field.offset + field.size], "little"))
            for field in self.fields[1:]
        ]
        if self.name.startswith(EXIT):
            return f"sys_{self.name.removeprefix(EXIT)} -> {values[0][1]:#x}\n"
        arguments = ", ".join(f"{name}: {value:x}" for name, value in values)
        return f"sys_{self.name.removeprefix(ENTER)}({arguments})\n"


def create_call(guest: GuestEvents, info: CallInfo, common: list[Field]) -> EventCall:
    """The event of that description."""
    kind = SyscallEvent if info.system == SYSTEM else EventCall
    return kind(guest, info, common)
