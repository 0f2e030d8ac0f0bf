"""Events without a guest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.control.fake_probes import FakeProbes
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

    def __init__(self, key: int, reg: Callable[[bool], None] = lambda on: None) -> None:
        self.key = key
        self.reg = reg
        self.flags = 0
        self.linked = False
        self.freed = False
        self.filter: Sequence[Pred] | None = None
        self.triggers: Sequence[GuestTrigger] = ()

    def link(self) -> None:
        assert not self.linked
        self.linked = True
        self.reg(True)

    def unlink(self) -> None:
        assert self.linked
        self.linked = False
        self.reg(False)

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
        self.probes = FakeProbes()
        self._made: dict[int, tuple[Sequence[FieldInfo], str, Callable[[bool], None]]] = {}

    def calls(self) -> Iterable[CallInfo]:
        return CALLS

    def common_fields(self) -> Iterable[FieldInfo]:
        return COMMON

    def fields(self, key: int) -> Iterable[FieldInfo]:
        if key in self._made:
            return self._made[key][0]
        return next(fields for info, (fields, _) in CALLS.items() if info.key == key)

    def print_fmt(self, key: int) -> str:
        if key in self._made:
            return self._made[key][1]
        return next(fmt for info, (_, fmt) in CALLS.items() if info.key == key)

    def variable(self, name: str) -> int:
        return 0

    def create_file(self, key: int, tr: Any) -> GuestFile:
        reg = self._made[key][2] if key in self._made else lambda on: None
        self.files.append(FakeFile(key, reg))
        return self.files[-1]

    def create_call(
        self,
        info: CallInfo,
        fields: Sequence[FieldInfo],
        print_fmt: str,
        reg: Callable[[bool], None],
    ) -> CallInfo:
        info = info._replace(key=1000 + info.type)
        self._made[info.key] = fields, print_fmt, reg
        return info

    def free_call(self, key: int) -> None:
        del self._made[key]

    @property
    def living(self) -> list[FakeFile]:
        """The files that are not freed."""
        return [file for file in self.files if not file.freed]
