"""Exceptions, interrupts, hypercalls and calls on one CPU."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.machine.guests import DATA, HYPERCALL_USER, TEXT, VARS, Guest
from tracefs.machine import GuestCrash, Hypercall

STOP = HYPERCALL_USER
UNMAPPED = 0x0000_1234_5000


def record(vector: int, *, error: bool, skip: int) -> str:
    """A handler that counts, keeps error code and IP, and skips the instruction."""
    base = VARS + 0x100 + vector * 32
    return f"""
        push rbx; push rax; movabs rbx, {base}
        inc qword ptr [rbx]
        mov rax, [rsp + 16]; mov [rbx + 8], rax
        mov rax, [rsp + {24 if error else 16}]; mov [rbx + 16], rax
        pop rax; pop rbx
        {"add rsp, 8;" if error else ""}
        add qword ptr [rsp], {skip}
        iretq"""


def seen(guest: Guest, vector: int) -> tuple[int, int, int]:
    """How often the recording handler ran, the last error code, the last IP."""
    base = VARS + 0x100 + vector * 32
    count, error, ip = (guest.memory.u64(base + 8 * i) for i in range(3))
    return count, error, ip


def test_registers_survive_a_round_trip(guest: Guest) -> None:
    values = {name: 0x1000 + i for i, name in enumerate(guest.cpu.get_regs())}
    values["eflags"] = 0x2 | 0x1 | 0x40 | 0x200
    guest.cpu.set_regs(**values)
    assert guest.cpu.get_regs() == values
    assert guest.cpu.reg("r15") == values["r15"]
    guest.cpu.set_reg("r14", 77)
    assert guest.cpu.get_regs()["r14"] == 77
    with pytest.raises(KeyError):
        guest.cpu.reg("nonsense")


def test_registers_are_truncated(guest: Guest) -> None:
    guest.cpu.set_regs(rax=-1)
    assert guest.cpu.reg("rax") == 2**64 - 1


@pytest.mark.parametrize(
    ("instruction", "skip", "error"),
    [
        ("mov rax, [rdi]", 3, 0),
        ("mov [rdi], rax", 3, 2),
    ],
)
def test_page_fault(guest: Guest, instruction: str, skip: int, error: int) -> None:
    guest.handler(14, record(14, error=True, skip=skip))
    cpu = guest.run(f"mov rdi, {UNMAPPED}; {instruction}; mov edx, 7; {STOP}")
    count, code, ip = seen(guest, 14)
    assert (count, code) == (1, error)
    assert cpu.last_fault == (14, error, ip)
    assert cpu.reg("cr2") == UNMAPPED
    assert cpu.reg("rdx") == 7


def test_page_fault_on_a_read_only_page(guest: Guest) -> None:
    page = guest.memory.alloc_pages(1)
    guest.memory.protect(page, 4096, 1 | 1 << 63)
    guest.handler(14, record(14, error=True, skip=3))
    cpu = guest.run(f"mov rdi, {page}; mov rdx, [rdi]; mov [rdi], rdi; {STOP}")
    assert seen(guest, 14)[:2] == (1, 3)
    assert cpu.stopped_at == 0
    assert guest.memory.u64(page) == 0


def test_data_is_not_executable(guest: Guest) -> None:
    target = guest.code("ret", at=DATA + 0x5000)
    # The handler returns to the caller instead of the page.
    guest.handler(
        14,
        f"push rax; push rbx; mov rax, [rsp + 16]; movabs rbx, {VARS}; mov [rbx], rax;"
        "mov rax, cr2;"
        "mov [rbx + 8], rax; pop rbx; pop rax; add rsp, 8; push rax; mov rax, [rsp + 32];"
        "mov rax, [rax]; mov [rsp + 8], rax; pop rax; add qword ptr [rsp + 24], 8; iretq",
    )
    guest.run(f"mov rdi, {target}; call rdi; {STOP}")
    assert guest.var(0) == 0x11
    assert guest.var(1) == target
    assert guest.cpu.stopped_at == 0


def test_jump_to_null_is_a_page_fault(guest: Guest) -> None:
    after = guest.code(STOP)
    guest.handler(14, f"add rsp, 8; movabs rax, {after}; mov [rsp], rax; iretq")
    cpu = guest.run("xor eax, eax; jmp rax")
    assert cpu.last_fault == (14, 0x10, 0)
    assert cpu.stopped_at == 0


def test_every_page_fault_in_a_row_is_one(guest: Guest) -> None:
    """Unicorn takes the second for a double fault unless it is told that the first is over."""
    guest.handler(14, record(14, error=True, skip=3))
    guest.handler(8, "hlt")
    guest.run(f"mov rdi, {UNMAPPED}; mov ecx, 50; l: mov rax, [rdi]; dec ecx; jnz l; {STOP}")
    assert seen(guest, 14)[0] == 50
    assert guest.cpu.stopped_at == 0


def test_fault_in_a_handler(guest: Guest) -> None:
    guest.handler(14, record(14, error=True, skip=3))
    guest.handler(3, f"push rdi; mov rdi, {UNMAPPED}; mov rax, [rdi]; pop rdi; iretq")
    cpu = guest.run(f"mov edi, 5; int3; int3; {STOP}")
    assert seen(guest, 14)[0] == 2
    assert cpu.reg("rdi") == 5


def test_divide_error_and_general_protection(guest: Guest) -> None:
    guest.handler(0, record(0, error=False, skip=2))
    guest.handler(13, record(13, error=True, skip=3))
    guest.run(
        "mov eax, 5; xor ecx, ecx; cdq; div ecx;"
        f"movabs rdi, 0x8000000000000000; mov rax, [rdi]; {STOP}"
    )
    assert seen(guest, 0)[0] == 1
    assert seen(guest, 13)[:2] == (1, 0)


def test_breakpoint_and_invalid_opcode(guest: Guest) -> None:
    guest.handler(3, record(3, error=False, skip=0))
    guest.handler(6, record(6, error=False, skip=2))
    start = guest.next
    cpu = guest.run(f"int3; ud2; mov edx, 9; {STOP}")
    assert seen(guest, 3)[::2] == (1, start + 1)
    assert seen(guest, 6)[::2] == (1, start + 1)
    assert cpu.reg("rdx") == 9


@pytest.mark.parametrize(("kind", "flag"), [(14, 0), (15, 0x200)])
def test_gate_type_decides_about_interrupts(guest: Guest, kind: int, flag: int) -> None:
    guest.handler(0x40, "pushfq; pop rdx; iretq", kind)
    cpu = guest.run(f"sti; int 0x40; pushfq; pop rbx; {STOP}")
    assert cpu.reg("rdx") & 0x200 == flag
    assert cpu.reg("rbx") & 0x200


def test_arithmetic_flags_survive_an_interrupt(guest: Guest) -> None:
    guest.handler(3, "xor eax, eax; inc eax; iretq")
    cpu = guest.run(f"xor ebx, ebx; mov ecx, 1; sub ecx, 2; int3; adc ebx, 0; {STOP}")
    assert cpu.reg("rbx") == 1


def test_stack_is_aligned_at_an_interrupt(guest: Guest) -> None:
    guest.handler(3, "mov rdx, rsp; iretq")
    cpu = guest.run(f"sub rsp, 4; mov rbx, rsp; int3; sub rbx, rsp; {STOP}")
    assert (cpu.reg("rdx") + 40) % 16 == 0
    assert cpu.reg("rbx") == 0


def test_double_fault_has_its_handler(guest: Guest) -> None:
    stop = guest.code(STOP)
    guest.handler(8, f"jmp {stop}")
    cpu = guest.run(f"mov rdi, {UNMAPPED}; mov rax, [rdi]; {STOP}")  # no gate 14
    assert cpu.last_fault is not None
    assert cpu.last_fault[0] == 14
    assert cpu.stopped_at == 0


def test_triple_fault_is_a_crash_and_memory_stays(guest: Guest) -> None:
    guest.memory.put_u64(VARS, 42)
    with pytest.raises(GuestCrash, match="triple fault") as crash:
        guest.run("int3")
    assert crash.value.cpu == 0
    assert "last fault=(3, 0," in crash.value.report
    assert f"rip={guest.cpu.rip:#x}" in crash.value.report
    assert guest.var() == 42
    with pytest.raises(GuestCrash):
        guest.machine.run(lambda: False)


def test_stack_overflow_is_a_crash(guest: Guest) -> None:
    guest.handler(3, "iretq")
    with pytest.raises(GuestCrash, match="triple fault"):
        guest.run(f"mov rsp, {UNMAPPED}; int3")


def test_physical_memory_that_is_not_there(guest: Guest) -> None:
    guest.memory.map(UNMAPPED, guest.memory.size + 0x10_0000, 4096, 3)
    with pytest.raises(GuestCrash, match=r"(?i)unmapped"):
        guest.run(f"mov rdi, {UNMAPPED}; mov rax, [rdi]; hlt")


# ---- hypercalls


def test_hypercall_arguments_and_result(guest: Guest) -> None:
    got = []

    def handler(cpu: object) -> int:
        got.append([guest.cpu.arg(i) for i in range(4)])
        assert guest.cpu.sarg(3) == -4
        return -38

    guest.machine.hypercalls[Hypercall.HOST_OP] = handler
    cpu = guest.run(
        "mov edi, 1; mov esi, 2; mov edx, 3; mov rcx, -4; mov eax, 1; int 0x30;"
        f"mov rbx, rax; {STOP}"
    )
    assert got == [[1, 2, 3, 2**64 - 4]]
    assert cpu.reg("rbx") == 2**64 - 38


def test_held_cpu_resumes_with_a_system_call(guest: Guest) -> None:
    cpu = guest.run(f"l: {STOP}; lea rdi, [rax + rsi]; add rdi, r10; jmp l")
    assert not guest.machine.run(lambda: False)
    for n in range(3):
        cpu.put_syscall(n, 0, 10, 0, 100)
        guest.machine.run_cpu(cpu)
        assert cpu.stopped_at == 0
        assert cpu.arg(0) == 110 + n


def test_unknown_hypercall(guest: Guest) -> None:
    with pytest.raises(GuestCrash, match="unknown hypercall 999"):
        guest.run("mov eax, 999; int 0x30")


def test_exception_of_a_handler_comes_out(guest: Guest) -> None:
    def handler(cpu: object) -> int:
        raise OSError(5, "x")

    guest.machine.hypercalls[1] = handler
    with pytest.raises(OSError, match="x"):
        guest.run("mov eax, 1; int 0x30; hlt")
    assert guest.cpu.stopped_at == 1
    guest.cpu.resume(0)
    guest.machine.run_cpu(guest.cpu)
    assert guest.cpu.halted


# ---- calls into the guest


def test_call_returns_and_leaves_no_trace(guest: Guest) -> None:
    function = guest.code("lea rax, [rdi + rsi*2]; sub rax, r9; xor ebx, ebx; xor r12, r12; ret")
    cpu = guest.run(f"mov rbx, 5; mov r12, 6; stc; {STOP}; mov rdx, 0; adc rdx, 0; {STOP}")
    before = cpu.get_regs()
    assert cpu.call(function, 7, 8, 0, 0, 0, 3) == 20
    assert cpu.get_regs() == before
    assert cpu.stopped_at == 0
    cpu.resume()
    guest.machine.run_cpu(cpu)
    assert cpu.reg("rdx") == 1


def test_call_keeps_the_stack_aligned_and_interrupts_off(guest: Guest) -> None:
    function = guest.code(
        "pushfq; pop rax; and eax, 0x200; mov rdx, rsp; and edx, 15; or rax, rdx; ret"
    )
    cpu = guest.run(f"sti; push rax; {STOP}")
    assert cpu.call(function) == 8
    assert cpu.eflags & 0x200


def test_calls_nest_and_serve_hypercalls(guest: Guest) -> None:
    double = guest.code("lea rax, [rdi + rdi]; ret")
    outer = guest.code("push rbx; mov rbx, rdi; mov eax, 1; int 0x30; add rax, rbx; pop rbx; ret")
    depth = []

    def handler(cpu: object) -> int:
        depth.append(guest.cpu.stopped_at)
        return int(guest.cpu.call(double, guest.cpu.arg(0) + 1))

    guest.machine.hypercalls[1] = handler
    cpu = guest.run(f"mov edi, 20; mov eax, 1; int 0x30; mov rbx, rax; {STOP}")
    assert cpu.reg("rbx") == 42
    assert cpu.call(outer, 4) == 14
    assert cpu.stopped_at == 0
    assert depth == [1, 1]


def test_called_function_may_fault(guest: Guest) -> None:
    guest.handler(14, record(14, error=True, skip=3))
    function = guest.code("mov rax, [rdi]; mov eax, 3; ret")
    cpu = guest.run(STOP)
    assert cpu.call(function, UNMAPPED) == 3
    assert seen(guest, 14)[0] == 1


def test_called_function_must_not_sleep(guest: Guest) -> None:
    cpu = guest.run(STOP)
    with pytest.raises(GuestCrash, match="sleeps"):
        cpu.call(guest.code("hlt"))


def test_call_with_too_many_arguments(guest: Guest) -> None:
    guest.run(STOP)
    with pytest.raises(ValueError, match="six"):
        guest.cpu.call(TEXT, *range(7))


# ---- text


def test_patched_text_is_seen_after_a_flush_only(guest: Guest) -> None:
    function = guest.code("mov eax, 1; ret")
    cpu = guest.run(STOP)
    assert cpu.call(function) == 1
    guest.memory.write(function + 1, b"\x02")
    assert cpu.call(function) == 1
    guest.machine.flush_text([(function + 1, 1)])
    assert cpu.call(function) == 2
    guest.memory.write(function + 1, b"\x03")
    assert cpu.call(function) == 2
    cpu.sync_core()
    assert cpu.call(function) == 3


@pytest.mark.parametrize("many", [1, 1000])
def test_flush_reaches_each_cpu(make_guest: Callable[..., Guest], many: int) -> None:
    guest = make_guest(2)
    function = guest.code("mov eax, 1; ret")
    stop = guest.code(STOP)
    for number, cpu in enumerate(guest.machine.cpus):
        guest.start(stop, number)
        guest.machine.run_cpu(cpu)
        assert cpu.call(function) == 1
    guest.memory.write(function + 1, b"\x02")
    guest.machine.cpus[1].sync_core()
    assert [cpu.call(function) for cpu in guest.machine.cpus] == [1, 2]
    guest.machine.flush_text([(function + 1, 1)] * many)
    assert [cpu.call(function) for cpu in guest.machine.cpus] == [2, 2]


def test_flush_of_unmapped_text(guest: Guest) -> None:
    guest.run(STOP)
    guest.machine.flush_text([(0xFFFF_FFFF_C000_0000, 5), (DATA, 5), (0, 1)])
    guest.machine.flush_text()
    assert guest.cpu.reg("cr2") == 0


def test_page_table_edits_are_seen_at_once(guest: Guest) -> None:
    a, b = guest.memory.alloc_pages(1), guest.memory.alloc_pages(1)
    guest.memory.put_u64(a, 11)
    guest.memory.put_u64(b, 22)
    where = 0xFFFF_FFFF_C000_0000
    guest.memory.map(where, guest.memory.phys(a), 4096, 1 | 1 << 63)
    function = guest.code("mov rax, [rdi]; ret")
    cpu = guest.run(STOP)
    assert cpu.call(function, where) == 11
    guest.memory.map(where, guest.memory.phys(b), 4096, 1 | 1 << 63)
    assert cpu.call(function, where) == 22
    guest.handler(14, record(14, error=True, skip=3))
    guest.memory.unmap(where, 4096)
    cpu.call(function, where)
    assert seen(guest, 14)[0] == 1


# ---- stepping


@pytest.mark.parametrize("seed", [None, 1])
def test_step_executes_exactly_n_instructions(
    make_guest: Callable[..., Guest], seed: int | None
) -> None:
    guest = make_guest(1, seed)
    start = guest.code("l: " + "inc rbx; " * 10 + "jmp l")
    guest.start(start)
    total = 0
    for n in (1, 2, 3, 5, 8, 100):
        assert guest.cpu.step(n) == n
        total += n
        assert guest.cpu.reg("rbx") == total - total // 11
    assert guest.cpu.step(10) == 10


def test_step_counts_through_hypercalls_and_stops_at_hlt(guest: Guest) -> None:
    guest.machine.hypercalls[1] = lambda cpu: 5
    guest.start(guest.code("mov eax, 1; int 0x30; mov ebx, eax; inc ebx; hlt; nop"))
    assert guest.cpu.step(3) == 3
    assert (guest.cpu.reg("rbx"), guest.cpu.halted) == (5, False)
    assert guest.cpu.step(10) == 2
    assert guest.cpu.halted
    assert guest.cpu.reg("rbx") == 6


def test_step_counts_in_code_that_ran_before(guest: Guest) -> None:
    cpu = guest.run(f"mov ecx, 100; l: inc rbx; dec ecx; jnz l; {STOP}; mov ecx, 100; jmp l")
    cpu.resume()
    assert cpu.step(3) == 3
    before = cpu.reg("rbx")
    assert cpu.step(9) == 9
    assert cpu.reg("rbx") == before + 3


def test_live_machine_runs_on_after_a_step(guest: Guest) -> None:
    guest.start(guest.code(f"mov ecx, 100000; l: inc rbx; dec ecx; jnz l; {STOP}"))
    guest.cpu.step(1000)
    guest.machine.run_cpu(guest.cpu)
    assert guest.cpu.reg("rbx") == 100000
    assert guest.cpu.stopped_at == 0


@pytest.mark.parametrize(("seed", "block"), [(None, 3), (1, 1)])
def test_stop_acts_at_once_or_at_the_end_of_the_block(
    make_guest: Callable[..., Guest], seed: int | None, block: int
) -> None:
    guest = make_guest(1, seed)
    start = guest.code(f"inc rbx; inc rbx; inc rbx; jmp l; l: inc rcx; {STOP}")
    cpu = guest.cpu
    cpu.hook_address(start + 3, lambda *where: cpu.stop_asynchronously())
    guest.start(start)
    cpu.slice(1000 if seed else 0)
    assert (cpu.reg("rbx"), cpu.reg("rcx")) == (block, 0)


def test_rejected_instruction_is_never_executed(guest: Guest) -> None:
    guest.handler(6, record(6, error=False, skip=3))
    start = guest.code(f"inc rbx; inc rcx; inc rdx; {STOP}")
    guest.cpu.reject(start + 3)
    for times in (1, 2):
        guest.start(start)
        guest.machine.run_cpu(guest.cpu)
        assert seen(guest, 6)[::2] == (times, start + 3)
        assert [guest.cpu.reg(name) for name in ("rbx", "rcx", "rdx")] == [1, 0, 1]
        guest.start(start)
        assert guest.cpu.step(1) == 1  # which looks at each instruction for a while
        guest.cpu.sync_core()


def test_nmi_at_each_instruction(make_guest: Callable[..., Guest]) -> None:
    """Wherever it hits, the program's result is the same, and it came at the right place."""
    program = (
        "push rbx; mov eax, 3; lea rbx, [rax + rax]; pushfq; add rax, rbx; popfq; pop rbx;"
        "imul eax, eax; "
    )
    guest = make_guest(1, 7)
    start = guest.code(program + STOP)
    guest.handler(
        2, f"push rax; mov rax, [rsp + 8]; mov [{VARS - DATA} + r15], rax; pop rax; iretq"
    )
    guest.start(start)
    guest.machine.run(lambda: False)
    undisturbed = guest.cpu.get_regs()
    places = set()
    for k in range(8):
        guest.start(start)
        guest.cpu.set_regs(r15=DATA)
        guest.memory.put_u64(VARS, 0)
        assert guest.cpu.step(k) == k
        where = guest.cpu.rip
        guest.machine.nmi(0)
        guest.machine.run(lambda: False)
        assert guest.var() == where
        assert guest.cpu.get_regs() == {**undisturbed, "r15": DATA}
        places.add(where)
    assert len(places) == 8


def test_nested_nmi_waits_for_the_iret(guest: Guest) -> None:
    guest.handler(2, f"inc rbx; {STOP}; iretq")
    iret = guest.next - 32
    while guest.memory.read(iret, 2) != b"\x48\xcf":
        iret += 1
    guest.machine.block_nested_nmi(iret)
    cpu = guest.cpu
    guest.start(guest.code("l: pause; hlt; jmp l"))
    guest.machine.run(lambda: False)
    guest.machine.nmi(0)
    guest.machine.run(lambda: False)
    assert (cpu.stopped_at, cpu.reg("rbx")) == (0, 1)
    guest.machine.nmi(0)
    guest.machine.run(lambda: False)
    assert cpu.reg("rbx") == 1
    cpu.resume()
    guest.machine.run(lambda: False)
    cpu.resume()
    guest.machine.run(lambda: False)
    assert (cpu.halted, cpu.reg("rbx")) == (True, 2)
