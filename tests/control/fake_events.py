"""Events without a guest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tracefs.events.backend import CallInfo, FieldInfo, GuestFile, GuestTrigger, Pred

COMMON = (
    FieldInfo("unsigned short", "common_type", 2, 2, False),
    FieldInfo("unsigned char", "common_flags", 1, 1, False),
    FieldInfo("unsigned char", "common_preempt_count", 1, 1, False),
    FieldInfo("int", "common_pid", 4, 4, True),
)
SWITCH = (
    FieldInfo("char[16]", "prev_comm", 16, 1, True),
    FieldInfo("pid_t", "prev_pid", 4, 4, True),
    FieldInfo("int", "prev_prio", 4, 4, True),
    FieldInfo("long", "prev_state", 8, 8, True),
)
WAKEUP = (
    FieldInfo("char[16]", "comm", 16, 1, True),
    FieldInfo("pid_t", "pid", 4, 4, True),
)
ENTRY = (
    FieldInfo("int", "irq", 4, 4, True),
    FieldInfo("__data_loc char[]", "name", 4, 4, True),
)
FUNCTION = (
    FieldInfo("unsigned long", "ip", 8, 8, False),
    FieldInfo("unsigned long", "parent_ip", 8, 8, False),
)
CALLS = {
    CallInfo(1, "ftrace", "function", 1, False): (FUNCTION, '" %ps <-- %ps", REC->ip, REC->ip'),
    CallInfo(5, "ftrace", "print", 5, False): (FUNCTION[:1], '"%ps", REC->ip'),
    CallInfo(21, "irq", "irq_handler_entry", 21, True): (
        ENTRY,
        '"irq=%d name=%s", REC->irq, __get_str(name)',
    ),
    CallInfo(22, "sched", "sched_switch", 22, True): (
        SWITCH,
        '"prev_comm=%s prev_pid=%d", REC->prev_comm, REC->prev_pid',
    ),
    CallInfo(23, "sched", "sched_wakeup", 23, True): (
        WAKEUP,
        '"comm=%s pid=%d", REC->comm, REC->pid',
    ),
}


class FakeTrigger:
    """A trigger that never runs by itself."""

    def __init__(self, function: str, count: int, rest: dict[str, Any]) -> None:
        self.function = function
        self.count = count
        self.rest = rest
        self.freed = False

    def free(self) -> None:
        self.freed = True


class FakeFile:
    """An event in a trace array."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.flags = 0
        self.linked = False
        self.freed = False
        self.filter: Sequence[Pred] | None = None
        self.triggers: Sequence[GuestTrigger] = ()

    def link(self) -> None:
        assert not self.linked
        self.linked = True

    def unlink(self) -> None:
        assert self.linked
        self.linked = False

    def set_filter(self, program: Sequence[Pred] | None) -> None:
        self.filter = program

    def set_triggers(self, triggers: Sequence[GuestTrigger]) -> None:
        self.triggers = triggers

    def create_trigger(
        self,
        function: str,
        count: int,
        *,
        program: Sequence[Pred] | None = None,
        other: GuestFile | None = None,
        post: bool = False,
        hit: Callable[[int], None] | None = None,
    ) -> GuestTrigger:
        rest = {"program": program, "other": other, "post": post, "hit": hit}
        return FakeTrigger(function, count, rest)

    def free(self) -> None:
        assert not self.linked
        self.freed = True


class FakeEvents:
    """Three events of two systems, and two types that tracers write."""

    def __init__(self) -> None:
        self.files: list[FakeFile] = []

    def calls(self) -> Iterable[CallInfo]:
        return CALLS

    def common_fields(self) -> Iterable[FieldInfo]:
        return COMMON

    def fields(self, key: int) -> Iterable[FieldInfo]:
        return next(fields for info, (fields, _) in CALLS.items() if info.key == key)

    def print_fmt(self, key: int) -> str:
        return next(fmt for info, (_, fmt) in CALLS.items() if info.key == key)

    def variable(self, name: str) -> int:
        return 0

    def create_file(self, key: int, tr: Any) -> GuestFile:
        self.files.append(FakeFile(key))
        return self.files[-1]

    @property
    def living(self) -> list[FakeFile]:
        """The files that are not freed."""
        return [file for file in self.files if not file.freed]
