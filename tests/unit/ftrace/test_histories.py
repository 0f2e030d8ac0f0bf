"""Whatever is done in whatever order: code, records and hashes agree after every step."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.ftrace.bench import Core
from tracefs.ftrace import FtraceOps, OpsFlag
from tracefs.image import LoadedModule

WORDS = st.sampled_from(
    [
        *("vfs_read", "vfs_write", "vfs_*", "*_read", "*", "helper", "leave", "maybe"),
        *("!vfs_*", "!*read*", "vfs_rea[c-e]", "ext_*", "!ext_read", "2", "7", "8", "nosuch"),
        *(":mod:ext", "*:mod:ext", "*write:mod:ext", "!*:mod:ext", "*:mod:!ext"),
    ]
)
OPS = st.integers(0, 3)


def make_histories(directory: Path, arch: str) -> type[RuleBasedStateMachine]:
    class Histories(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.core = Core(directory, arch)
            self.ops: list[FtraceOps] = [
                self.core.ops("a"),
                self.core.ops("b", "other_trace_call"),
                self.core.ops("c"),
                self.core.ops("d", "other_trace_call"),
            ]
            self.ops[1].flags |= OpsFlag.DYNAMIC
            self.ops[2].flags |= OpsFlag.SAVE_REGS
            self.ops[3].hash = self.ops[0].hash
            self.module: LoadedModule | None = None

        @rule(which=OPS)
        def toggle(self, which: int) -> None:
            ops, ftrace = self.ops[which], self.core.ftrace
            (ftrace.unregister if ops.enabled else ftrace.register)(ops)

        @rule(which=OPS, words=st.lists(WORDS, max_size=3), append=st.booleans(), no=st.booleans())
        def write(self, which: int, words: list[str], append: bool, no: bool) -> None:
            self.core.write(self.ops[which], " ".join(words), append=append, notrace=no)

        @rule()
        def module_load_or_unload(self) -> None:
            if self.module is None:
                self.module = self.core.insmod()
            else:
                self.core.rmmod(self.module)
                self.module = None

        @rule()
        def sysctl(self) -> None:
            self.core.ftrace.enabled = not self.core.ftrace.enabled

        @rule(which=OPS, other=st.booleans())
        def set_func(self, which: int, other: bool) -> None:
            name = "other_trace_call" if other else "function_trace_call"
            self.core.ftrace.set_func(self.ops[which], self.core.image.symbol(name))

        @precondition(lambda self: self.module is None)
        @rule()
        def all_off(self) -> None:
            for ops in list(self.core.ftrace.ops):
                self.core.ftrace.unregister(ops)
            assert self.core.functions() == self.core.nops

        @invariant()
        def agrees(self) -> None:
            assert not self.core.ftrace.dead, self.core.log
            self.core.check()
            for ops in self.ops:
                for notrace in (False, True):
                    shown = self.core.read(ops, notrace=notrace)
                    real = [n for n in shown.splitlines() if "#" not in n and ":mod:" not in n]
                    known = set(self.core.ftrace.available_lines().decode().splitlines())
                    assert set(real) <= known

    return Histories


def run(directory: Path, arch: str) -> None:
    case = make_histories(directory, arch).TestCase
    case.settings = settings(
        max_examples=25,
        stateful_step_count=25,
        suppress_health_check=[HealthCheck.too_slow],
    )
    case("runTest").runTest()


def test_histories_x86_64(toy_dir: Path) -> None:
    run(toy_dir, "x86_64")


def test_histories_i386(toy_dir: Path) -> None:
    run(toy_dir, "i386")


def test_histories_ppc32(toy_dir: Path) -> None:
    run(toy_dir, "ppc32")
