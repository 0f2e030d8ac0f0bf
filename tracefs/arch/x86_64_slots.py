"""Instructions of x86_64 executed elsewhere: what a probe's breakpoint has taken the place of.

A slot does what the instruction did and goes on behind it, as 6.1's boosted kprobes; what depends
on its place is written anew. Slots lie in reach of 32 bits of the code.
"""

from __future__ import annotations

import errno
import os

JMP, CALL, JMP_SHORT, PUSH = 0xE9, 0xE8, 0xEB, 0x68
_RIP = 5
SLOT_SIZE = 32


def out_of_line(code: bytes, ip: int, slot: int) -> bytes:
    """A slot's code for the instruction at ``ip``, which ``code`` begins with.

    OSError (EINVAL) for what cannot be moved: interrupts, calls by pointer, loops.
    """
    import capstone
    from capstone import x86

    engine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    engine.detail = True
    insn = next(engine.disasm(code, ip, 1), None)
    if insn is None:
        raise _error()
    own, after, groups = bytes(insn.bytes), ip + insn.size, set(insn.groups)
    leaves = {x86.X86_GRP_JUMP, x86.X86_GRP_CALL, x86.X86_GRP_BRANCH_RELATIVE}
    if groups & leaves and insn.operands[0].type == x86.X86_OP_IMM:
        return _relative(insn.opcode, insn.operands[0].imm, after, slot)
    if groups & {x86.X86_GRP_CALL, x86.X86_GRP_INT, x86.X86_GRP_IRET}:
        raise _error()
    moved = own
    if insn.encoding.modrm_offset and insn.modrm & 0xC7 == _RIP:
        at = insn.encoding.disp_offset
        target = after + int.from_bytes(own[at : at + 4], "little", signed=True)
        moved = own[:at] + _distance(slot + len(own), target) + own[at + 4 :]
    return moved + _jump(slot + len(moved), after)


def _relative(opcode: list[int], target: int, after: int, slot: int) -> bytes:
    first = opcode[0]
    if first in (JMP, JMP_SHORT):
        return _jump(slot, target)
    if first == CALL:
        push = _push(after)
        return push + _jump(slot + len(push), target)
    if first == 0x0F and len(opcode) > 1 and opcode[1] & 0xF0 == 0x80:
        condition = opcode[1] & 0x0F
    elif first & 0xF0 == 0x70:
        condition = first & 0x0F
    else:
        raise _error()  # loop, jrcxz
    taken = bytes((0x0F, 0x80 | condition)) + _distance(slot + 6, target)
    return taken + _jump(slot + 6, after)


def _push(value: int) -> bytes:
    # Addresses of the kernel's text are 32 bits, sign-extended.
    return bytes((PUSH,)) + (value & 0xFFFFFFFF).to_bytes(4, "little")


def _jump(at: int, target: int) -> bytes:
    return bytes((JMP,)) + _distance(at + 5, target)


def _distance(after: int, target: int) -> bytes:
    distance = target - after
    if not -(1 << 31) <= distance < 1 << 31:
        raise _error()
    return distance.to_bytes(4, "little", signed=True)


def _error() -> OSError:
    return OSError(errno.EINVAL, os.strerror(errno.EINVAL))
