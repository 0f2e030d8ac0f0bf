"""Trampolines of x86_64 in assembly; Keystone assembles each when it is first needed.

Each is entered by ``call`` from a site before the function's prologue: 0(%rsp) is the site's end,
8(%rsp) the function's return address; rsp is a multiple of 16.  It calls
``func(rdi = ip, rsi = parent_ip, rdx = ops, rcx = fregs)``.  Offsets in ARGS and REGS are those of
struct pt_regs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

CALL = b"\xe8\0\0\0\0"
"""The call to the function as a template has it: the distance depends on the trampoline's place."""
_ALIGN = 8


@dataclass(frozen=True, slots=True)
class Template:
    """``call`` is the offset of the call in ``code``; the address of the ops follows the code."""

    code: bytes
    call: int


@cache
def assemble(source: str) -> Template:
    """A trampoline's code.  In its source ``CALL`` is the call, ``ops`` the ops' address."""
    import keystone  # only tracing needs it: not on the way to a mount

    # Keystone has no way to write a call whose distance is not known yet.
    lines = source.strip().replace("CALL", ".byte 0xe8, 0, 0, 0, 0") + "\nops:"
    engine = keystone.Ks(keystone.KS_ARCH_X86, keystone.KS_MODE_64)
    length = len(engine.asm(lines, as_bytes=True)[0])
    # The address is aligned: int3 fills the gap, and the label moves behind it.
    gap = ".byte 0xcc\n" * (-length % _ALIGN)
    code: bytes = engine.asm(lines.replace("\nops:", f"\n{gap}ops:"), as_bytes=True)[0]
    return Template(code, code.index(CALL))


NOTHING = """
push rdi
push rsi
push rdx
push rcx
mov rdi, qword ptr [rsp + 32]
sub rdi, 5
mov rsi, qword ptr [rsp + 40]
mov rdx, qword ptr [rip + ops]
xor ecx, ecx
CALL
pop rcx
pop rdx
pop rsi
pop rdi
ret
"""
"""For functions that keep all registers (no_caller_saved_registers): saves what it uses itself."""

ARGS = """
sub rsp, 176
mov qword ptr [rsp + 112], rdi
mov qword ptr [rsp + 104], rsi
mov qword ptr [rsp + 96], rdx
mov qword ptr [rsp + 88], rcx
mov qword ptr [rsp + 72], r8
mov qword ptr [rsp + 64], r9
mov qword ptr [rsp + 80], rax
mov qword ptr [rsp + 56], r10
mov qword ptr [rsp + 48], r11
mov qword ptr [rsp + 32], rbp
mov qword ptr [rsp + 136], 0
mov rdi, qword ptr [rsp + 176]
mov qword ptr [rsp + 128], rdi
sub rdi, 5
lea rcx, [rsp + 184]
mov qword ptr [rsp + 152], rcx
mov rsi, qword ptr [rcx]
mov rdx, qword ptr [rip + ops]
mov rcx, rsp
CALL
mov rax, qword ptr [rsp + 128]
mov qword ptr [rsp + 176], rax
mov rdi, qword ptr [rsp + 112]
mov rsi, qword ptr [rsp + 104]
mov rdx, qword ptr [rsp + 96]
mov rcx, qword ptr [rsp + 88]
mov r8, qword ptr [rsp + 72]
mov r9, qword ptr [rsp + 64]
mov rax, qword ptr [rsp + 80]
mov r10, qword ptr [rsp + 56]
mov r11, qword ptr [rsp + 48]
add rsp, 176
ret
"""
"""As ftrace_caller of 6.1: fregs holds argument registers, bp, ip, and sp (where it returns to)."""

REGS = """
pushfq
sub rsp, 168
mov qword ptr [rsp + 0], r15
mov qword ptr [rsp + 8], r14
mov qword ptr [rsp + 16], r13
mov qword ptr [rsp + 24], r12
mov qword ptr [rsp + 32], rbp
mov qword ptr [rsp + 40], rbx
mov qword ptr [rsp + 48], r11
mov qword ptr [rsp + 56], r10
mov qword ptr [rsp + 64], r9
mov qword ptr [rsp + 72], r8
mov qword ptr [rsp + 80], rax
mov qword ptr [rsp + 88], rcx
mov qword ptr [rsp + 96], rdx
mov qword ptr [rsp + 104], rsi
mov qword ptr [rsp + 112], rdi
mov rax, qword ptr [rsp + 168]
mov qword ptr [rsp + 144], rax
mov qword ptr [rsp + 120], 0
mov qword ptr [rsp + 136], 8
mov qword ptr [rsp + 160], 16
mov rdi, qword ptr [rsp + 176]
mov qword ptr [rsp + 128], rdi
sub rdi, 5
lea rcx, [rsp + 184]
mov qword ptr [rsp + 152], rcx
mov rsi, qword ptr [rcx]
mov rdx, qword ptr [rip + ops]
mov rcx, rsp
CALL
mov rax, qword ptr [rsp + 144]
mov qword ptr [rsp + 168], rax
mov rax, qword ptr [rsp + 128]
mov qword ptr [rsp + 176], rax
mov r15, qword ptr [rsp + 0]
mov r14, qword ptr [rsp + 8]
mov r13, qword ptr [rsp + 16]
mov r12, qword ptr [rsp + 24]
mov rbp, qword ptr [rsp + 32]
mov rbx, qword ptr [rsp + 40]
mov r11, qword ptr [rsp + 48]
mov r10, qword ptr [rsp + 56]
mov r9, qword ptr [rsp + 64]
mov r8, qword ptr [rsp + 72]
mov rax, qword ptr [rsp + 80]
mov rcx, qword ptr [rsp + 88]
mov rdx, qword ptr [rsp + 96]
mov rsi, qword ptr [rsp + 104]
mov rdi, qword ptr [rsp + 112]
add rsp, 168
popfq
ret
"""
"""As ftrace_regs_caller: all registers and flags, which the function may change, ip too."""
