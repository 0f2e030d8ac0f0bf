"""The 32-bit machine: PAE page tables, its frames and conventions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.machine.guests import PERCPU, PERCPU_SIZE, TEXT, Guest
from tracefs.machine import I386, GuestCrash, Hypercall

MakeGuest = Callable[..., Guest]
STOP = "mov eax, 0; int 0x30"
UNMAPPED = 0x1234_5000


@pytest.fixture
def guest(make_guest: MakeGuest) -> Guest:
    """One live CPU."""
    return make_guest(where=I386)


def test_registers(guest: Guest) -> None:
    cpu = guest.run(f"mov ebx, 0x89abcdef; mov edi, ebx; inc edi; {STOP}")
    regs = cpu.get_regs()
    assert regs["rbx"] == 0x89ABCDEF
    assert regs["rdi"] == 0x89ABCDF0
    assert "r8" not in regs
    cpu.set_regs(rbx=-1, rip=regs["rip"])
    assert cpu.reg("ebx") == cpu.get_regs()["rbx"] == 0xFFFF_FFFF


def test_page_faults_have_error_codes_and_nest(guest: Guest) -> None:
    guest.handler(
        14,
        f"push eax; mov eax, [esp + 4]; mov [{guest.vars}], eax; pop eax; inc ebx; add esp, 4;"
        "add dword ptr [esp], 2; iretd",
    )
    guest.handler(3, f"mov edi, {UNMAPPED}; mov eax, [edi]; iretd")
    cpu = guest.run(
        f"xor ebx, ebx; mov edi, {UNMAPPED}; mov [edi], eax; int3; mov [edi], eax; {STOP}"
    )
    assert cpu.reg("ebx") == 3
    assert cpu.reg("cr2") == UNMAPPED
    assert guest.memory.u32(guest.vars) == 2


def test_nx_and_read_only(guest: Guest) -> None:
    after = guest.code(STOP)
    guest.handler(14, f"pop ebx; mov dword ptr [esp], {after}; iretd")
    cpu = guest.run(f"mov eax, {guest.data + 0x5000}; jmp eax")
    assert cpu.reg("ebx") == 0x11
    page = guest.memory.alloc_pages(1)
    guest.memory.protect(page, 4096, 1 | 1 << 63)
    cpu = guest.run(f"mov eax, {page}; mov [eax], eax")
    assert cpu.reg("ebx") == 3


def test_gate_types(guest: Guest) -> None:
    guest.handler(0x40, "pushfd; pop edx; iretd", 14)
    guest.handler(0x41, "pushfd; pop ecx; iretd", 15)
    cpu = guest.run(f"sti; int 0x40; int 0x41; {STOP}")
    assert cpu.reg("edx") & 0x200 == 0
    assert cpu.reg("ecx") & 0x200


def test_hypercall_registers(guest: Guest) -> None:
    got = []

    def handler(cpu: object) -> int:
        got.append([guest.cpu.arg(i) for i in range(4)])
        assert guest.cpu.sarg(3) == -5
        return -38

    guest.machine.hypercalls[Hypercall.HOST_OP] = handler
    cpu = guest.run(
        "mov ebx, 1; mov ecx, 2; mov edx, 3; mov esi, -5; mov eax, 1; int 0x30;"
        f"mov edi, eax; {STOP}"
    )
    assert got == [[1, 2, 3, 2**32 - 5]]
    assert cpu.reg("edi") == 2**32 - 38


def test_call_by_the_stack(guest: Guest) -> None:
    function = guest.code("mov eax, [esp + 4]; sub eax, [esp + 8]; xor ebx, ebx; xor esi, esi; ret")
    aligned = guest.code("lea eax, [esp + 4]; and eax, 15; ret")
    cpu = guest.run(f"mov ebx, 5; mov esi, 6; stc; {STOP}")
    before = cpu.get_regs()
    assert cpu.call(function, 50, 8) == 42
    for args in range(4):
        assert cpu.call(aligned, *range(args)) == 0
    assert cpu.get_regs() == before
    with pytest.raises(GuestCrash, match="sleeps"):
        cpu.call(guest.code("hlt"))


def test_gs(guest: Guest) -> None:
    guest.memory.put_u32(guest.text + PERCPU - TEXT + 8, 77)
    assert guest.run(f"mov ebx, gs:[8]; {STOP}").reg("ebx") == 77


def test_two_cpus_deterministic(make_guest: MakeGuest) -> None:
    results = []
    for seed in (1, 1, 2):
        guest = make_guest(2, seed, where=I386)
        guest.handler(0xFD, "inc edi; iretd")
        start = guest.code(
            f"sti; mov ecx, 300; l: mov eax, [{guest.vars}]; inc eax; mov [{guest.vars}], eax;"
            f"mov eax, {1 << 8 | 0xFD}; out 0x30, eax; dec ecx; jnz l; cli; {STOP}"
        )
        for n in range(2):
            guest.start(start, n)
        guest.machine.run(lambda: False)
        state = [cpu.get_regs() for cpu in guest.machine.cpus]
        results.append((guest.var(), state, list(guest.machine.schedule)))
        assert guest.machine.cpus[1].reg("edi") > 0
        base = guest.text + PERCPU - TEXT
        assert guest.memory.u64(base + PERCPU_SIZE + 0x28) > 0
    assert results[0] == results[1] != results[2]


def test_nmi_at_each_instruction(make_guest: MakeGuest) -> None:
    guest = make_guest(1, 7, where=I386)
    start = guest.code(f"push ebx; mov eax, 3; lea ebx, [eax + eax]; add eax, ebx; pop ebx; {STOP}")
    guest.handler(2, f"push eax; mov eax, [esp + 4]; mov [{guest.vars}], eax; pop eax; iretd")
    guest.start(start)
    guest.machine.run(lambda: False)
    undisturbed = guest.cpu.get_regs()
    for k in range(5):
        guest.start(start)
        assert guest.cpu.step(k) == k
        where = guest.cpu.rip
        guest.machine.nmi(0)
        guest.machine.run(lambda: False)
        assert guest.memory.u32(guest.vars) == where
        assert guest.cpu.get_regs() == undisturbed
