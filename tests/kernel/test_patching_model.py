"""Whatever is traced and untraced, and whatever comes in between: records and bytes agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.seeds.conftest import Era
from tracefs.arch import Breakpoint

INT3 = 0xCC
PATTERNS = ["**", "vfs_*", "perf_event_nmi_handler nmi_handle", "*lock*", "dummy_*"]

Step = tuple[str, object]
moments = st.integers(1, 3000)
cpus = st.integers(0, 1)
steps = st.one_of(
    st.tuples(st.just("trace"), st.sampled_from(PATTERNS)),
    st.tuples(st.just("stop"), st.none()),
    st.tuples(st.just("nmi in a change"), st.tuples(cpus, moments)),
    st.tuples(st.just("nmi"), cpus),
    st.tuples(st.just("work"), st.integers(1, 3)),
    st.tuples(st.just("insmod"), st.none()),
    st.tuples(st.just("rmmod"), st.none()),
)
faults = st.sampled_from([None, None, "eperm", "efault"])


class Model:
    """A system, what each step does to it, and what must hold after each, and in between."""

    def __init__(self, release: str, seed: int | None) -> None:
        self.era = Era(release, seed=seed)
        self.system = self.era.system
        patching = self.system.patching
        self.changes = 0
        if isinstance(patching, Breakpoint):
            patching.synced = lambda step: self.between()

    def codes(self, targets: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """The five bytes that each record's site has for a target."""
        arch, ips = self.system.arch, self.system.ftrace.records.ips.tolist()
        codes = [
            arch.call_code(ip, target) if target else arch.nop
            for ip, target in zip(ips, targets.tolist(), strict=True)
        ]
        return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 5)

    def now(self) -> NDArray[np.uint8]:
        """The five bytes at each record's site."""
        read = self.era.memory.read
        codes = [read(ip, 5) for ip in self.system.ftrace.records.ips.tolist()]
        return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 5)

    def agree(self) -> None:
        """Each site has the bytes that its record says."""
        records = self.system.ftrace.records
        assert (self.now() == self.codes(records.targets)).all()

    def between(self) -> None:
        """In the middle of a change a site is as it was, or behind a breakpoint, or new."""
        self.changes += 1
        now, old = self.now(), self.codes(self.system.ftrace.records.targets)
        changing = (now != old).any(axis=1)
        first = now[changing, 0]
        legal = {INT3, 0xE8, self.system.arch.nop[0]}
        assert set(first.tolist()) <= legal

    def do(self, step: Step) -> None:
        """One step."""
        what, with_ = step
        era = self.era
        loaded = self.system.loader.modules.get("dummy") is not None
        if what == "trace":
            if with_ == "dummy_*" and not loaded:
                return
            era.echo(with_, "set_ftrace_filter")
            era.echo("function", "current_tracer")
        elif what == "stop":
            era.echo("nop", "current_tracer")
        elif what == "nmi in a change":
            # One at a time: two at once have a race (S9), which 2.6.30 repaired.
            assert isinstance(with_, tuple)
            self.system.patching.nmis.clear()
            era.echo(f"{with_[0]} +{with_[1]}", ".machine/nmi")
        elif what == "nmi":
            era.echo(with_, ".machine/nmi")
        elif what == "work":
            era.workload("vfs", int(str(with_)))
        elif what == "insmod" and not loaded:
            era.echo("dummy", ".machine/insmod")
        elif what == "rmmod" and loaded:
            era.echo("dummy", ".machine/rmmod")

    def fail(self, cause: str) -> None:
        """A site that cannot be changed: ftrace is off, and nothing was changed."""
        era = self.era
        era.echo("nop", "current_tracer")
        before = self.now()
        era.echo(f"vfs_read {cause}", ".machine/faults")
        with pytest.raises(OSError, match="No such device"):
            era.trace_only("vfs_read", "vfs_open")
        era.echo("!vfs_read", ".machine/faults")
        assert self.system.ftrace.dead
        assert (self.now() == before).all()
        era.workload("vfs", 1)


@pytest.mark.parametrize("release", ["6.1", "tip-return", "2.6.28"])
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # every example boots
    suppress_health_check=list(HealthCheck),
)
@given(
    sequence=st.lists(steps, min_size=3, max_size=10),
    fault=faults,
    seed=st.one_of(st.none(), st.integers(0, 9)),
)
def test_records_and_bytes_agree(
    release: str, sequence: list[Step], fault: str | None, seed: int | None
) -> None:
    model = Model(release, seed)
    try:
        for step in sequence:
            model.do(step)
            model.agree()
        if fault is not None:
            model.fail(fault)
        assert model.system.machine.dead is None
    finally:
        model.system.service.close()


def test_the_model_sees_a_wrong_byte() -> None:
    model = Model("2.6.28", None)
    try:
        site = model.era.site("vfs_read")
        model.era.memory.write(site, b"\xeb")
        with pytest.raises(AssertionError):
            model.agree()
    finally:
        model.system.service.close()
