"""The PowerPC machine: functions run, mappings are followed, what is lost is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.machine.ppc32 import Ppc32Kernel
from tracefs.machine import GuestCrash, paging
from tracefs.machine.ppc32 import Ppc32Machine

LI_R3_1, LI_R3_2 = bytes.fromhex("38600001"), bytes.fromhex("38600002")
ADD_R3_R10 = bytes.fromhex("7c635214")
BLR, LOOP = bytes.fromhex("4e800020"), bytes.fromhex("48000000")


@pytest.fixture
def machine() -> Iterator[Ppc32Machine]:
    machine = Ppc32Machine(cpus=2)
    yield machine
    machine.close()


def place(machine: Ppc32Machine, flags: int = paging.RWX) -> int:
    """A page of the module area."""
    memory = machine.memory
    va = memory.layout.modules_base
    memory.map(va, memory.virt_to_phys(memory.alloc_pages(1)), 4096, flags)
    return va


def test_arguments_and_results(machine: Ppc32Machine) -> None:
    va = place(machine)
    machine.memory.write(va, ADD_R3_R10 + BLR)
    assert machine.cpus[0].call(va, 3, 0, 0, 0, 0, 0, 0, -1) == 2
    with pytest.raises(ValueError, match="on the stack"):
        machine.cpus[0].call(va, *range(9))


def test_patched_text_is_seen_after_a_flush(machine: Ppc32Machine) -> None:
    va = place(machine)
    machine.memory.write(va, LI_R3_1 + BLR)
    assert [cpu.call(va) for cpu in machine.cpus] == [1, 1]
    machine.memory.write(va, LI_R3_2)
    assert machine.cpus[0].call(va) == 1
    machine.flush_text([(va, 4)])
    assert [cpu.call(va) for cpu in machine.cpus] == [2, 2]


def test_mappings_are_followed(machine: Ppc32Machine) -> None:
    cpu, va = machine.cpus[0], place(machine)
    machine.memory.write(va, LI_R3_1 + BLR)
    assert cpu.call(va) == 1
    machine.memory.unmap(va, 4096)
    machine.flush_text()
    with pytest.raises(GuestCrash, match="FETCH_UNMAPPED"):
        cpu.call(va)
    place(machine, paging.RW)
    machine.memory.write(va, LI_R3_1 + BLR)
    with pytest.raises(GuestCrash, match="FETCH_PROT"):
        cpu.call(va)


def test_a_loop_ends_as_a_crash(machine: Ppc32Machine) -> None:
    va = place(machine)
    machine.memory.write(va, LOOP)
    with pytest.raises(GuestCrash, match=f"no end of {va:#x}"):
        machine.cpus[0].call(va)


def test_the_kernel_s_functions(request: pytest.FixtureRequest) -> None:
    """Big-endian code of lib gives what the standard says."""
    kernel = Ppc32Kernel()
    request.addfinalizer(kernel.machine.close)
    text = kernel.memory.alloc_pages(1)
    kernel.memory.write(text, b"123456789\0")
    assert kernel.call("crc32_le", 0xFFFFFFFF, text, 9) ^ 0xFFFFFFFF == 0xCBF43926
    assert kernel.call("crc16", 0, text, 9) == 0xBB3D
    assert kernel.call("strlen", text) == 9
    kernel.memory.write(text + 16, b"1*[5-7]8?\0")
    assert kernel.call("glob_match", text + 16, text) == 1
