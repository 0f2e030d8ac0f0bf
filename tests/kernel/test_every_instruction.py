"""An interrupt at every instruction of a traced call: all ways through 6.1's tracers bear it.

A deterministic machine goes the general way, a live one the quick one in the trampoline.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from tests.seeds.conftest import Era, era
from tests.seeds.steps import everywhere
from tracefs.machine import Cpu
from tracefs.machine.hypercall import Vector
from tracefs.ring import Event, FunctionBatch, Iterator

__all__ = ["era"]

Boot = Callable[..., Era]
TRACED = "workload_leaf"
ENTRIES = {"function": [1], "function_graph": [11, 10]}


def timer(cpu: Cpu) -> None:
    """A timer interrupt, whose handlers are traced too."""
    cpu.deliver(Vector.LOCAL_TIMER)


def nmi(cpu: Cpu) -> None:
    """An NMI."""
    cpu.deliver(Vector.NMI)


def counts(now: Era) -> dict[int, int]:
    """How many entries of each type are about the traced function."""
    found: dict[int, int] = {}
    for item in Iterator(now.system.kernel.traces.top.buffer):
        for event in item.events() if isinstance(item, FunctionBatch) else (item,):
            assert isinstance(event, Event)
            number, _, _, _, function = struct.unpack_from("<HBBiQ", event.data)
            if function == now.site(TRACED):
                found[number] = found.get(number, 0) + 1
    return found


@pytest.mark.parametrize("act", [timer, nmi])
@pytest.mark.parametrize("seed", [1, None])
@pytest.mark.parametrize("tracer", list(ENTRIES))
def test_an_interrupt_at_every_instruction(
    era: Boot, tracer: str, seed: int | None, act: Callable[[Cpu], None]
) -> None:
    now = era("6.1", seed=seed)
    now.echo(16384, "buffer_size_kb")
    now.echo(tracer, "current_tracer")
    table = now.memory.alloc_pages(1)
    with now.system.machine.lock:
        places = everywhere(now, TRACED, (table, 5), act)
    calls = sum(places.values()) + 2
    assert calls > 50
    now.echo(0, "tracing_on")
    assert not now.system.kernel.traces.top.buffer.overruns()
    assert counts(now) == dict.fromkeys(ENTRIES[tracer], calls)
