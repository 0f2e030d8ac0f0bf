"""The deterministic machine: a seed or a recorded schedule says all that happens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from tests.machine.guests import DATA, DATA_SIZE, HYPERCALL_USER, PERCPU, VARS, Guest
from tracefs.machine import ReplayError, Vector
from tracefs.machine.schedule import Schedule

MakeGuest = Callable[..., Guest]
CLOCK = 0x28
IPI = 0xFD


def race(make_guest: MakeGuest, seed: int | None, schedule: Schedule | None = None) -> Guest:
    """Two CPUs race for a counter without a lock, interrupt each other, and read clocks."""
    guest = make_guest(2, seed)
    guest.handler(IPI, f"push rdi; mov rdi, {VARS + 64}; inc qword ptr [rdi]; pop rdi; iretq")
    guest.handler(2, f"push rdi; mov rdi, {VARS + 72}; inc qword ptr [rdi]; pop rdi; iretq")
    guest.machine.hypercalls[1] = lambda cpu: cpu.number * 1000
    start = guest.code(
        f"sti; mov rdi, {VARS}; mov ecx, 400;"
        "l: mov rbx, [rdi]; rdtsc; inc rbx; mov [rdi], rbx;"
        f"inc qword ptr gs:[{CLOCK}]; mov rdx, gs:[{CLOCK}]; mov [rdi + r15 * 8 + 16], rdx;"
        "mov [rdi + r15 * 8 + 32], rax;"
        "test cl, 31; jnz m; mov rax, r15; xor eax, 1; shl eax, 8;"
        f"or eax, {IPI}; out 0x30, eax; mov eax, 1; int 0x30;"
        f"m: dec ecx; jnz l; cli; {HYPERCALL_USER}"
    )
    if schedule is not None:
        guest.machine.replay(schedule)
    for n in range(2):
        guest.start(start, n)
        guest.machine.cpus[n].set_regs(r15=n)
    guest.machine.run(lambda: guest.var() > 50)
    guest.machine.nmi(1)
    guest.machine.run(lambda: False)
    assert all(cpu.stopped_at == 0 for cpu in guest.machine.cpus)
    return guest


def digest(guest: Guest) -> str:
    """What can be told apart about two machines after a run."""
    state = [cpu.get_regs() for cpu in guest.machine.cpus]
    hashed = hashlib.sha256(guest.memory.read(DATA, DATA_SIZE))
    hashed.update(repr((state, guest.machine.clock.now())).encode())
    return hashed.hexdigest()


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_same_seed_same_memory(make_guest: MakeGuest, seed: int) -> None:
    one, two = race(make_guest, seed), race(make_guest, seed)
    assert digest(one) == digest(two)
    assert one.machine.schedule == two.machine.schedule
    assert one.var(8) > 0
    assert one.var(9) == 1


def test_seeds_differ_and_races_are_lost(make_guest: MakeGuest) -> None:
    guests = [race(make_guest, seed) for seed in range(6)]
    assert len({digest(guest) for guest in guests}) == 6
    assert any(guest.var() < 800 for guest in guests)


def test_replay_does_the_same_with_another_seed(make_guest: MakeGuest) -> None:
    recorded = race(make_guest, 1)
    replayed = race(make_guest, 2, recorded.machine.schedule)
    assert digest(replayed) == digest(recorded)
    assert replayed.machine.schedule == recorded.machine.schedule


def test_schedule_is_plain_numbers(make_guest: MakeGuest) -> None:
    recorded = race(make_guest, 1).machine.schedule
    assert len(recorded) == len(list(recorded))
    assert (1, -Vector.NMI) in recorded
    assert any(what == -IPI for _, what in recorded)
    assert {cpu for cpu, _ in recorded} == {0, 1}
    copy = Schedule(recorded)
    assert copy == recorded
    assert copy[0] == recorded[0]
    assert digest(race(make_guest, 9, copy)) == digest(race(make_guest, 1))


def test_replay_notices_what_does_not_fit(make_guest: MakeGuest) -> None:
    entries = list(race(make_guest, 1).machine.schedule)
    at = next(i for i, (_, what) in enumerate(entries) if what < 0)
    entries[at] = (entries[at][0], -0x77)
    with pytest.raises(ReplayError, match=rf"entry {at} .* took"):
        race(make_guest, 1, Schedule(entries))
    with pytest.raises(ReplayError, match="cannot run"):
        race(make_guest, 1, Schedule([(5, 10)]))


def test_replay_is_for_the_start_of_a_deterministic_machine(make_guest: MakeGuest) -> None:
    with pytest.raises(ReplayError, match="already"):
        race(make_guest, 1).machine.replay(Schedule())
    live = make_guest(1).machine
    with pytest.raises(ReplayError, match="live"):
        live.replay(Schedule())
    with pytest.raises(ValueError, match="live"):
        _ = live.schedule


def test_interrupts_arrive_anywhere(make_guest: MakeGuest) -> None:
    """Live they would wait for a poll; here the handler sees many different places."""
    places = set()
    for seed in range(12):
        guest = make_guest(1, seed)
        keep = f"push rax; push rbx; mov rax, [rsp + 16]; mov rbx, {VARS}; mov [rbx], rax"
        guest.handler(IPI, f"{keep}; pop rbx; pop rax; iretq")
        guest.start(guest.code("sti; l: " + "inc rbx; " * 30 + "jmp l"))
        guest.machine.raise_irq(0, IPI)
        places.add(guest.run_until_var())
    assert len(places) > 5


def test_no_interrupt_between_sti_and_hlt(make_guest: MakeGuest) -> None:
    """Else the wakeup would be taken before the hlt, and the CPU sleep on."""
    guest = make_guest(1, 1)
    guest.handler(
        IPI, f"push rax; mov rax, [rsp + 8]; mov rbx, {VARS}; mov [rbx], rax; pop rax; iretq"
    )
    after = guest.code("sti; hlt; cli; l: jmp l")
    for before in (0, 1, 2):
        guest.start(after)
        guest.memory.put_u64(VARS, 0)
        guest.cpu.step(before)
        guest.machine.raise_irq(0, IPI)
        guest.machine.run(lambda: guest.var() != 0)
        assert guest.var() == after + 2


def test_virtual_time_never_goes_back_on_any_cpu(make_guest: MakeGuest) -> None:
    guest = make_guest(2, 4)
    # Spin on an unlocked word that holds the largest time seen; count what is smaller.
    start = guest.code(
        f"mov rdi, {VARS}; mov ecx, 2000; l: inc qword ptr gs:[{CLOCK}]; mov rax, gs:[{CLOCK}];"
        "cmp rax, r14; jae ok; inc qword ptr [rdi]; ok: mov r14, rax; dec ecx; jnz l;"
        f"{HYPERCALL_USER}"
    )
    for n in range(2):
        guest.start(start, n)
    guest.machine.run(lambda: False)
    assert guest.var() == 0
    times = [guest.memory.u64(PERCPU + n * 0x100 + CLOCK) for n in range(2)]
    assert min(times) > 2000
    assert guest.machine.clock.now() >= max(times)


def test_time_that_a_cpu_has_seen_counts(make_guest: MakeGuest) -> None:
    """Whatever moved its clock: a step, a call, a reading that the host did not see."""
    guest = make_guest(1, 4)
    function = guest.code(f"mov rax, gs:[{CLOCK}]; ret")
    cpu = guest.run(HYPERCALL_USER)
    guest.memory.put_u64(PERCPU + CLOCK, 10**9)
    assert cpu.call(function) == 10**9
    assert guest.machine.clock.now() > 10**9
    assert 10**9 < cpu.call(function) < 10**9 + 100


def test_live_and_deterministic_agree_where_nothing_races(make_guest: MakeGuest) -> None:
    source = (
        "mov ecx, 5000; xor eax, eax; l: imul rax, rax, 31; add rax, rcx; dec ecx; jnz l;"
        f"mov rbx, rax; {HYPERCALL_USER}"
    )
    results = set()
    for seed in (None, 1, 2):
        guest = make_guest(1, seed)
        guest.start(guest.code(source))
        guest.machine.run(lambda: False)
        results.add(guest.cpu.reg("rbx"))
    assert len(results) == 1
