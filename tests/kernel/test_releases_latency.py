"""The tracers of latencies as the kernels of 2008 had them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era, era

__all__ = ["era"]

Boot = Callable[..., Era]
MODULE = "preemptirq_delay_test"
HEAD = re.compile(
    r"# tracer: irqsoff\n#\nirqsoff latency trace v1\.1\.5 on \S+\n-{68}\n"
    r" latency: (\d+) us, #\d+/\d+, CPU#\d \| \(M:preempt VP:0, KP:0, SP:0 HP:0 #P:2\)\n"
    r"    -----------------\n"
    r"    \| task: irq_test-\d+ \(uid:0 nice:0 policy:0 rt_prio:0\)\n"
    r"    -----------------\n"
    r" => started at: preemptirqtest_0\n => ended at:   preemptirqtest_0\n\n#"
)


@pytest.mark.parametrize("release", ["2.6.27", "2.6.28", "2.6.29"])
def test_irqsoff(era: Boot, release: str) -> None:
    old = era(release, seed=2)
    assert int(old.cat("tracing_max_latency")) < 2000
    old.echo("irqsoff", "current_tracer")
    old.echo(f"{MODULE} delay=2000", ".machine/insmod")
    assert old.cat("tracing_max_latency") == "-1\n"  # nothing is longer
    assert old.cat("latency_trace") == "# tracer: irqsoff\n#\n"
    old.echo(0, "tracing_max_latency")
    for _ in range(5):  # another CPU's maximum may disturb one
        if int(old.cat("tracing_max_latency")) >= 2000:
            break
        old.echo(MODULE, ".machine/rmmod")
        old.echo(f"{MODULE} delay=2000", ".machine/insmod")
    assert 2000 <= int(old.cat("tracing_max_latency")) <= 2020
    text = old.cat("latency_trace")
    found = HEAD.match(text)
    assert found is not None, text[:600]
    assert 2000 <= int(found[1]) <= 2020
    lines = [line for line in text.splitlines()[12:] if not line.startswith("#")]
    first, second, *_, last, end = lines
    where = r"execute_preemptirqtest \(preemptirqtest_0\)"
    assert re.match(rf"irq_test-\d+ +\dd\.\.\. +[01]us[ +!]: {where}$", first)
    assert re.match(r"irq_test-\d+ +\dd\.\.\. .*: kthread_should_stop \(", second)
    assert re.match(rf"irq_test-\d+ +\dd\.\.\. +20[012]\dus[ +!]: {where}$", last)
    assert re.match(r"irq_test-\d+ +\dd\.\.\. .*us : tracer_hardirqs_on \(preemptirqtest_0\)$", end)
    assert "execute_preemptirqtest <-preemptirqtest_0" in old.cat("trace")
    old.echo(0, "tracing_max_latency")
    assert int(old.cat("tracing_max_latency")) < 2000
