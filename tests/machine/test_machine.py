"""Several CPUs: scheduling, interrupts between them, locks, hangs, threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tests.machine.guests import (
    HYPERCALL_USER,
    HYPERCALL_YIELD,
    PERCPU,
    POLL,
    VARS,
    Guest,
)
from tracefs.machine import GuestCrash, Hypercall, Machine, Vector
from tracefs.machine.monitor import MachineLock

MakeGuest = Callable[..., Guest]
IPI = 0xFD
# As the kernel's local_irq_enable: leave by HC_POLL when the host asks.
POLL_POINT = f"cmp byte ptr gs:[{POLL}], 0; je {{0}}; mov eax, 3; int 0x30; {{0}}: nop"
SPIN = (
    "spin: mov eax, 1; xchg [rdi], eax; test eax, eax; jz got;"
    f"{HYPERCALL_YIELD}; jmp spin; got: nop"
)


def finished(guest: Guest) -> Callable[[], bool]:
    """All CPUs are held."""
    return lambda: all(cpu.stopped_at == 0 for cpu in guest.machine.cpus)


@pytest.fixture(params=[None, 5], ids=["live", "deterministic"])
def pair(request: pytest.FixtureRequest, make_guest: MakeGuest) -> Guest:
    """Two CPUs."""
    return make_guest(2, request.param, hang_seconds=5)


def test_run_says_whether_it_is_done(pair: Guest) -> None:
    pair.start(pair.code(f"inc rbx; {HYPERCALL_USER}; inc rbx; hlt"))
    machine = pair.machine
    assert machine.run(lambda: True)
    assert pair.cpu.reg("rbx") == 0
    assert machine.run(lambda: pair.cpu.stopped_at == 0)
    assert not machine.run(lambda: False)
    pair.cpu.resume()
    assert not machine.run(lambda: False)
    assert pair.cpu.reg("rbx") == 2
    assert pair.cpu.halted
    assert not machine.cpus[1].online


def test_gs_is_each_cpus_own(pair: Guest) -> None:
    start = pair.code(f"mov rbx, gs:[8]; {HYPERCALL_USER}")
    for n in range(2):
        pair.memory.put_u64(PERCPU + n * 0x100 + 8, 40 + n)
        pair.start(start, n)
    assert pair.machine.run(finished(pair))
    assert [cpu.reg("rbx") for cpu in pair.machine.cpus] == [40, 41]


def test_interrupt_wakes_a_halted_cpu(pair: Guest) -> None:
    pair.handler(IPI, "inc rbx; iretq")
    pair.start(pair.code("l: sti; hlt; jmp l"), 1)
    cpu = pair.machine.cpus[1]
    assert not pair.machine.run(lambda: False)
    for n in range(1, 4):
        pair.machine.raise_irq(1, IPI)
        assert not pair.machine.run(lambda: False)
        assert cpu.halted
        assert cpu.reg("rbx") == n


def test_no_interrupt_while_they_are_off(pair: Guest) -> None:
    pair.handler(IPI, "inc rbx; iretq")
    pair.start(pair.code(f"cli; {HYPERCALL_USER}; sti; {HYPERCALL_USER}"))
    pair.machine.run(lambda: False)
    pair.machine.raise_irq(0, IPI)
    pair.machine.run(lambda: False)
    assert pair.cpu.reg("rbx") == 0
    assert IPI in pair.cpu.pending
    pair.cpu.resume()
    pair.machine.run(lambda: False)
    assert pair.cpu.reg("rbx") == 1
    assert IPI not in pair.cpu.pending


def test_halted_for_good_without_interrupts_but_for_an_nmi(pair: Guest) -> None:
    pair.handler(2, "inc rbx; iretq")
    pair.start(pair.code("cli; hlt; inc rdx; hlt"))
    pair.machine.run(lambda: False)
    pair.machine.raise_irq(0, IPI)
    assert not pair.machine.run(lambda: False)
    assert (pair.cpu.reg("rbx"), pair.cpu.reg("rdx")) == (0, 0)
    pair.machine.nmi(0)
    assert not pair.machine.run(lambda: False)
    assert (pair.cpu.reg("rbx"), pair.cpu.reg("rdx")) == (1, 1)


def test_interrupt_in_user_mode_comes_back_to_the_same_hypercall(pair: Guest) -> None:
    stops = []

    def user(cpu: object) -> None:
        stops.append(pair.cpu.rip)

    pair.machine.hypercalls[0] = user
    pair.handler(IPI, f"push rax; mov rax, [rsp + 8]; movabs [{VARS}], rax; pop rax; iretq")
    pair.start(pair.code(f"sti; {HYPERCALL_USER}; inc rbx; hlt"))
    pair.machine.run(lambda: False)
    pair.machine.raise_irq(0, IPI)
    pair.machine.run(lambda: False)
    assert len(stops) >= 2
    assert set(stops) == {pair.var() + 2}
    assert (pair.cpu.stopped_at, pair.cpu.reg("rbx")) == (0, 0)


def test_higher_vectors_come_first(pair: Guest) -> None:
    order = pair.code("nop")
    for vector in (0x41, 0x82, 0xF0):
        pair.handler(vector, f"shl rbx, 8; or rbx, {vector}; iretq")
    pair.start(pair.code(f"sti; {HYPERCALL_USER}", order))
    pair.machine.run(lambda: False)
    for vector in (0x82, 0x41, 0xF0):
        pair.machine.raise_irq(0, vector)
    pair.machine.run(lambda: False)
    assert pair.cpu.reg("rbx") == 0xF08241


def test_ipi_by_port(pair: Guest) -> None:
    pair.handler(IPI, "inc rbx; iretq")
    pair.start(pair.code("sti; l: hlt; jmp l"), 1)
    pair.machine.run(lambda: False)
    target = 1 << 8 | IPI
    nowhere = 7 << 8 | IPI
    pair.start(
        pair.code(f"mov eax, {target}; out 0x30, eax; mov eax, {nowhere}; out 0x30, eax; hlt")
    )
    pair.machine.run(lambda: False)
    assert pair.machine.cpus[1].reg("rbx") == 1


def test_nmi_by_port(pair: Guest) -> None:
    pair.handler(2, "inc rbx; iretq")
    pair.start(pair.code("cli; hlt; hlt"), 1)
    pair.machine.run(lambda: False)
    pair.start(pair.code(f"mov eax, {1 << 8 | 2}; out 0x30, eax; hlt"))
    pair.machine.run(lambda: False)
    assert pair.machine.cpus[1].reg("rbx") == 1


def test_ipi_to_oneself_arrives_where_the_guest_polls(make_guest: MakeGuest) -> None:
    guest = make_guest(1)
    guest.handler(IPI, "inc rbx; iretq")
    poll = POLL_POINT.format("on")
    guest.start(
        guest.code(
            f"sti; mov eax, {IPI}; out 0x30, eax; mov rdx, rbx; {poll}; mov rcx, rbx; cli; hlt"
        )
    )
    guest.machine.run(lambda: False)
    assert (guest.cpu.reg("rdx"), guest.cpu.reg("rcx")) == (0, 1)
    assert guest.memory.u8(PERCPU + POLL) == 0


def test_two_cpus_spin_on_one_lock(pair: Guest) -> None:
    """Increments are not atomic: the lock makes them so.  The holder lets the other one run."""
    body = (
        f"mov rdi, {VARS}; mov rsi, {VARS + 8}; mov ecx, 300; again: {SPIN};"
        f"mov rdx, [rsi]; {HYPERCALL_YIELD}; inc rdx; mov [rsi], rdx; mov qword ptr [rdi], 0;"
        f"dec ecx; jnz again; {HYPERCALL_USER}"
    )
    start = pair.code(body)
    for n in range(2):
        pair.start(start, n)
    assert pair.machine.run(finished(pair))
    assert pair.var(1) == 600


def test_run_cpu_lets_others_run_where_it_waits(pair: Guest) -> None:
    pair.memory.put_u64(VARS, 1)
    pair.start(pair.code(f"mov rdi, {VARS}; {SPIN}; {HYPERCALL_USER}"), 0)
    release = f"mov ecx, 1000; l: dec ecx; jnz l; mov rdi, {VARS}; mov [rdi], rcx; hlt"
    pair.start(pair.code(release), 1)
    pair.machine.run_cpu(pair.cpu)
    assert pair.cpu.stopped_at == 0


def test_called_function_waits_for_another_cpu(pair: Guest) -> None:
    function = pair.code(f"mov rdi, {VARS}; {SPIN}; mov eax, 77; ret")
    pair.start(pair.code(HYPERCALL_USER), 0)
    pair.machine.run(lambda: False)
    pair.memory.put_u64(VARS, 1)
    pair.start(pair.code(f"mov rdi, {VARS}; mov qword ptr [rdi], 0; hlt"), 1)
    assert pair.cpu.call(function) == 77


def test_a_busy_cpu_does_not_starve_the_other(make_guest: MakeGuest) -> None:
    guest = make_guest(2)
    poll = POLL_POINT.format("on")
    guest.start(guest.code(f"sti; l: inc rbx; {poll}; jmp l"), 0)
    guest.start(guest.code(HYPERCALL_USER), 1)
    assert guest.machine.run(lambda: guest.machine.cpus[1].stopped_at == 0)
    assert guest.cpu.reg("rbx") > 0


def test_ticks_come_every_4_ms_to_who_runs(make_guest: MakeGuest) -> None:
    guest = make_guest(2)
    guest.handler(Vector.LOCAL_TIMER, "inc r12; iretq")
    poll = POLL_POINT.format("on")
    guest.start(guest.code(f"sti; l: inc rbx; {poll}; jmp l"), 0)
    guest.start(guest.code("sti; m: hlt; jmp m"), 1)
    begin = time.monotonic()
    guest.machine.run(lambda: guest.cpu.reg("r12") == 20 or time.monotonic() > begin + 20)
    assert guest.cpu.reg("r12") == 20
    assert time.monotonic() - begin > 19 * 0.004
    assert guest.machine.cpus[1].reg("r12") <= 1


def test_deterministic_ticks_follow_virtual_time(make_guest: MakeGuest) -> None:
    guest = make_guest(1, 3)
    guest.handler(Vector.LOCAL_TIMER, "inc r12; iretq")
    guest.start(guest.code("sti; l: inc rbx; jmp l"))
    machine = guest.machine
    machine.run(lambda: machine.clock.now() > 41_000_000)
    assert guest.cpu.reg("r12") == 10


def test_idle_deterministic_machine_flies_to_its_next_timer(make_guest: MakeGuest) -> None:
    guest = make_guest(2, 3)
    machine = guest.machine
    guest.handler(Vector.LOCAL_TIMER, "inc r12; iretq")
    guest.start(guest.code("sti; l: hlt; jmp l"))
    guest.start(guest.code("sti; m: hlt; jmp m"), 1)
    waits = {0: [3.0, 2.5, 1.0], 1: [9.0, 9.0, 9.0]}
    assert not machine.run(lambda: False)
    machine.timers = lambda cpu: waits[cpu.number].pop() if waits[cpu.number] else None
    assert not machine.run(lambda: False)
    assert [cpu.reg("r12") for cpu in machine.cpus] == [3, 0]
    assert 6.5e9 <= machine.clock.now() < 6.6e9


def test_stop_machine_runs_between_slices(pair: Guest) -> None:
    assert pair.machine.stop_machine(lambda: pair.machine.monitor.executing is None)


# ---- hangs


def test_hang_is_stopped_and_memory_stays(make_guest: MakeGuest) -> None:
    guest = make_guest(2, hang_seconds=0.2)
    crashes: list[GuestCrash] = []
    guest.machine.on_crash = crashes.append
    guest.start(guest.code(f"mov rdi, {VARS}; l: inc qword ptr [rdi]; jmp l"))
    begin = time.monotonic()
    with pytest.raises(GuestCrash, match="no sign of life") as crash:
        guest.machine.run(lambda: False)
    assert time.monotonic() - begin < 10
    assert guest.var() > 1000
    assert "CPU 1" in crash.value.report
    assert crashes == [crash.value]
    with pytest.raises(GuestCrash):
        guest.machine.run_cpu(guest.cpu)


def test_endless_faults_are_a_hang(make_guest: MakeGuest) -> None:
    guest = make_guest(1, hang_seconds=0.2)
    guest.handler(3, "sub qword ptr [rsp], 1; iretq")
    with pytest.raises(GuestCrash, match="no sign of life"):
        guest.run("int3")


@pytest.mark.parametrize("seed", [None, 1])
def test_deadlock_is_a_hang(make_guest: MakeGuest, seed: int | None) -> None:
    guest = make_guest(2, seed, hang_seconds=0.2 if seed is None else 0.03)
    guest.memory.put_u64(VARS, 1)
    start = guest.code(f"mov rdi, {VARS}; {SPIN}")
    for n in range(2):
        guest.start(start, n)
    with pytest.raises(GuestCrash, match=r"wait for each other|come to an end"):
        guest.machine.run(lambda: False)


def test_hang_in_a_called_function(make_guest: MakeGuest) -> None:
    guest = make_guest(1, hang_seconds=0.2)
    loop = guest.code("l: jmp l")
    cpu = guest.run(HYPERCALL_USER)
    with pytest.raises(GuestCrash, match="no sign of life"):
        cpu.call(loop)


def test_long_but_lively_run_is_no_hang(make_guest: MakeGuest) -> None:
    guest = make_guest(1, hang_seconds=0.1)
    guest.machine.hypercalls[1] = lambda cpu: 0
    end = time.thread_time() + 0.5
    guest.start(guest.code("l: mov eax, 1; int 0x30; mov ecx, 100000; m: dec ecx; jnz m; jmp l"))
    guest.machine.hypercalls[1] = lambda cpu: 0 if time.thread_time() < end else None
    guest.machine.run(lambda: False)
    assert guest.cpu.stopped_at == 1


def test_slow_host_is_no_hang(make_guest: MakeGuest) -> None:
    guest = make_guest(1, hang_seconds=0.1)

    def handler(cpu: object) -> int:
        end = time.thread_time() + 0.5
        while time.thread_time() < end:
            pass
        return 7

    guest.machine.hypercalls[1] = handler
    assert guest.run(f"mov eax, 1; int 0x30; mov rbx, rax; {HYPERCALL_USER}").reg("rbx") == 7


# ---- threads


def threads() -> set[threading.Thread]:
    """Threads of all machines."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("tracefs-")}


def test_close_leaves_no_thread() -> None:
    others = threads()  # of machines that other tests share
    guest = Guest(1)
    machine = guest.machine
    assert threads() == others
    machine.start_idle()
    guest.run(HYPERCALL_USER)
    assert {thread.name for thread in threads() - others} == {"tracefs-ticker", "tracefs-idle"}
    machine.close()
    assert threads() == others
    assert guest.var() == 0
    machine.close()


def switches(thread: threading.Thread) -> int:
    """How often a thread has gone to sleep so far."""
    with open(f"/proc/self/task/{thread.native_id}/status", encoding="ascii") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["voluntary_ctxt_switches"])


def test_ticker_sleeps_when_nothing_runs(make_guest: MakeGuest) -> None:
    others = threads()
    guest = make_guest(1)
    guest.run(f"l: {HYPERCALL_USER}; jmp l")
    (ticker,) = (thread for thread in threads() - others if thread.name == "tracefs-ticker")
    time.sleep(0.3)
    before = switches(ticker)
    time.sleep(0.3)
    assert switches(ticker) - before <= 2
    guest.cpu.resume()
    guest.machine.run_cpu(guest.cpu)
    time.sleep(0.05)
    assert switches(ticker) - before > 2


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> bool:
    """Poll until condition() or the time is up."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


def test_idle_thread_runs_due_timers(make_guest: MakeGuest) -> None:
    guest = make_guest(2)
    machine = guest.machine
    guest.handler(Vector.LOCAL_TIMER, f"movabs rdi, {VARS}; inc qword ptr [rdi]; iretq")
    guest.start(guest.code("sti; l: hlt; jmp l"))
    machine.run(lambda: False)
    due = [0.05, 0.0]
    machine.timers = lambda cpu: due[-1] if due else None
    machine.start_idle(interval=0.02)
    assert wait_for(lambda: guest.var() >= 3)
    due.clear()
    time.sleep(0.05)
    count = guest.var()
    time.sleep(0.1)
    assert guest.var() == count


def test_a_lock_that_is_not_held_cannot_be_given() -> None:
    lock = MachineLock()
    with pytest.raises(RuntimeError):
        lock.give_way(0.001)
    thread = threading.Thread(target=lock.acquire, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


def test_who_gives_the_lock_back_at_last_leaves() -> None:
    left: list[int] = []
    lock = MachineLock(leave=lambda: left.append(lock.waiting))
    with lock:
        with lock:
            lock.used = True
        assert not left
    assert left == [0]
    with lock:
        pass
    assert left == [0]


def test_idle_thread_ends_what_was_left_over(make_guest: MakeGuest) -> None:
    guest = make_guest(2)
    machine = guest.machine
    machine.timers = lambda cpu: None
    machine.start_idle(interval=60)
    wake = 1 << 8 | IPI
    guest.handler(IPI, f"movabs rdi, {VARS}; inc qword ptr [rdi]; iretq")
    guest.start(guest.code("sti; l: hlt; jmp l"), 1)
    machine.run(lambda: False)
    guest.start(guest.code(f"mov eax, {wake}; out 0x30, eax; {HYPERCALL_USER}"), 0)
    with machine.lock:
        machine.run_cpu(guest.cpu)
    assert wait_for(lambda: guest.var() == 1)


def test_idle_run_gives_way_to_who_waits(make_guest: MakeGuest) -> None:
    guest = make_guest(1)
    machine = guest.machine
    poll = POLL_POINT.format("on")
    guest.start(guest.code(f"sti; l: inc rbx; {poll}; jmp l"))
    machine.start_idle(interval=0.01)
    assert wait_for(lambda: machine.monitor.executing is not None)
    for _ in range(5):
        begin = time.monotonic()
        with machine.lock:
            assert time.monotonic() - begin < 1
        time.sleep(0.01)


def test_any_thread_may_run_the_machine(make_guest: MakeGuest) -> None:
    guest = make_guest(1)
    guest.machine.hypercalls[Hypercall.HOST_OP] = lambda cpu: guest.var()
    guest.run(f"l: {HYPERCALL_USER}; lock inc qword ptr [rdi]; jmp l")
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(100):
                with guest.machine.lock:
                    guest.cpu.put_syscall(1, VARS)
                    guest.machine.run_cpu(guest.cpu)
        except BaseException as exc:
            errors.append(exc)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert guest.var() == 400


def test_live_clock_is_the_guests_rdtsc(make_guest: MakeGuest) -> None:
    guest = make_guest(1)
    machine = guest.machine
    assert isinstance(machine, Machine)
    scale = machine.clock.scale
    guest.run("rdtsc; hlt")
    tsc = guest.cpu.reg("rdx") << 32 | guest.cpu.reg("rax")
    ns = (tsc - scale.base) * scale.mult >> scale.shift
    assert 0 <= machine.clock.now() - ns < 50_000_000
