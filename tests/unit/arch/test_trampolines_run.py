"""Trampolines on a CPU: arguments, registers kept, what the function may change."""

from __future__ import annotations

import pytest

from tracefs.arch.x86_64_trampolines import ARGS, NOTHING, REGS, assemble

unicorn = pytest.importorskip("unicorn")
from unicorn import x86_const as reg  # noqa: E402

CODE, STACK, TRAMP, FUNC, OPS = 0x1000, 0x10008, 0x3000, 0x5000, 0x123456789A
NAMES = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", *(f"r{n}" for n in range(8, 16))]
ARGUMENTS = ["rdi", "rsi", "rdx", "rcx", "r8", "r9", "rax", "r10", "r11"]
FRAME = {
    **{f"r{n}": 8 * (15 - n) for n in range(12, 16)},
    "rbp": 32,
    "rbx": 40,
    **{f"r{n}": 8 * (17 - n) for n in range(8, 12)},
    "rax": 80,
    "rcx": 88,
    "rdx": 96,
    "rsi": 104,
    "rdi": 112,
    "rip": 128,
    "cs": 136,
    "flags": 144,
    "rsp": 152,
}


def constant(name: str) -> int:
    value: int = getattr(reg, f"UC_X86_REG_{name.upper()}")
    return value


def run(source: str, func: bytes) -> tuple[dict[str, int], dict[str, int], bytes, int]:
    """(registers at the function, registers after, frame it got, eflags after)."""
    template = assemble(source)
    uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
    uc.mem_map(0, 0x20000)
    code = bytearray(template.code)
    distance = FUNC - (TRAMP + template.call + 5)
    code[template.call + 1 : template.call + 5] = distance.to_bytes(4, "little", signed=True)
    uc.mem_write(TRAMP, bytes(code) + OPS.to_bytes(8, "little"))
    uc.mem_write(FUNC, func)
    call = TRAMP - (CODE + 5)
    uc.mem_write(CODE, b"\xe8" + call.to_bytes(4, "little", signed=True))
    for number, name in enumerate(NAMES):
        uc.reg_write(constant(name), 0x1111111111111111 * number + 7)
    uc.mem_write(STACK, (0xABCDEF).to_bytes(8, "little"))
    uc.reg_write(constant("rsp"), STACK)
    uc.reg_write(constant("eflags"), 0x2 | 0x1 | 0x40 | 0x800)
    inside: dict[str, int] = {}
    frames = [b""]

    def note(engine: object, address: int, size: int, data: object) -> None:
        inside.update({name: uc.reg_read(constant(name)) for name in [*NAMES, "rsp"]})
        if inside["rcx"]:
            frames[0] = bytes(uc.mem_read(inside["rcx"], 168))

    uc.hook_add(unicorn.UC_HOOK_CODE, note, begin=FUNC, end=FUNC)
    uc.emu_start(CODE, CODE + 5)
    after = {name: uc.reg_read(constant(name)) for name in [*NAMES, "rsp", "rip"]}
    return inside, after, frames[0], uc.reg_read(constant("eflags"))


CLOBBER_ARGUMENTS = (
    b"".join((b"\x48\x31\xc0", b"\x48\x31\xc9", b"\x48\x31\xd2", b"\x48\x31\xf6", b"\x48\x31\xff"))
    + b"\x4d\x31\xc0\x4d\x31\xc9\x4d\x31\xd2\x4d\x31\xdb"
)


@pytest.mark.parametrize(
    ("source", "func"),
    [(NOTHING, b"\xc3"), (ARGS, CLOBBER_ARGUMENTS + b"\xc3"), (REGS, CLOBBER_ARGUMENTS + b"\xc3")],
)
def test_arguments_and_registers(source: str, func: bytes) -> None:
    inside, after, frame, flags = run(source, func)
    assert inside["rdi"] == CODE
    assert inside["rsi"] == 0xABCDEF
    assert inside["rdx"] == OPS
    assert inside["rsp"] % 16 == 8  # as the ABI wants it at a function's entry
    for number, name in enumerate(NAMES):
        assert after[name] == (0x1111111111111111 * number + 7) % (1 << 64), name
    assert after["rsp"] == STACK
    if source is NOTHING:
        assert inside["rcx"] == 0
        return

    def field(name: str) -> int:
        return int.from_bytes(frame[FRAME[name] : FRAME[name] + 8], "little")

    saved = NAMES if source is REGS else [*ARGUMENTS, "rbp"]
    for name in saved:
        assert field(name) == (0x1111111111111111 * NAMES.index(name) + 7) % (1 << 64), name
    assert field("rip") == CODE + 5
    assert field("rsp") == STACK
    # cs is 0 in a frame that is not complete (as 6.1 marks it)
    assert field("cs") == (8 if source is REGS else 0)
    if source is REGS:
        assert field("flags") & 0x8C1 == 0x841
        assert flags & 0x8C1 == 0x841


def test_a_function_may_change_registers() -> None:
    # mov qword ptr [rcx + 112], 99 (rdi); mov qword ptr [rcx + 40], 98 (rbx); ret
    func = bytes.fromhex("48c7417063000000 48c7412862000000 c3")
    _, after, _, _ = run(REGS, func)
    assert after["rdi"] == 99
    assert after["rbx"] == 98


def test_a_function_may_change_what_its_caller_returns_to() -> None:
    # ftrace_graph_func: regs->sp is where the return address stands
    # mov rax, [rcx + 152]; mov qword ptr [rax], 0x77; ret
    func = bytes.fromhex("488b8198000000 48c70077000000 c3")
    uc_after = run(ARGS, func)[1]
    assert uc_after["rsp"] == STACK
