"""Trampolines of x86_64: source, and the same as bytes, so that none is assembled at start-up.

Each is entered by ``call`` from a site before the function's prologue: 0(%rsp) is the site's end,
8(%rsp) the function's return address; rsp is a multiple of 16.  It calls
``func(rdi = ip, rsi = parent_ip, rdx = ops, rcx = fregs)``.  A test assembles the sources with
Keystone and compares.  Offsets in ARGS and REGS are those of struct pt_regs.
"""

from __future__ import annotations

from dataclasses import dataclass

CALL = ".byte 0xe8, 0, 0, 0, 0"
"""The call to the function; the distance is filled in when a trampoline is made."""


@dataclass(frozen=True, slots=True)
class Template:
    """``call`` is the offset of the call in ``code``; the address of the ops follows the code."""

    source: tuple[str, ...]
    code: bytes
    call: int


NOTHING = Template(
    source=(
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "mov rdi, qword ptr [rsp + 32]",
        "sub rdi, 5",
        "mov rsi, qword ptr [rsp + 40]",
        "mov rdx, qword ptr [rip + 15]",
        "xor ecx, ecx",
        CALL,
        "pop rcx",
        "pop rdx",
        "pop rsi",
        "pop rdi",
        "ret",
    ),
    code=bytes.fromhex(
        "57565251488b7c24204883ef05488b742428488b150f00000031c9e800000000595a5e5fc3cccccc"
    ),
    call=27,
)
"""For functions that keep all registers (no_caller_saved_registers): saves what it uses itself."""

ARGS = Template(
    source=(
        "sub rsp, 176",
        "mov qword ptr [rsp + 112], rdi",
        "mov qword ptr [rsp + 104], rsi",
        "mov qword ptr [rsp + 96], rdx",
        "mov qword ptr [rsp + 88], rcx",
        "mov qword ptr [rsp + 72], r8",
        "mov qword ptr [rsp + 64], r9",
        "mov qword ptr [rsp + 80], rax",
        "mov qword ptr [rsp + 56], r10",
        "mov qword ptr [rsp + 48], r11",
        "mov qword ptr [rsp + 32], rbp",
        "mov qword ptr [rsp + 136], 0",
        "mov rdi, qword ptr [rsp + 176]",
        "mov qword ptr [rsp + 128], rdi",
        "sub rdi, 5",
        "lea rcx, [rsp + 184]",
        "mov qword ptr [rsp + 152], rcx",
        "mov rsi, qword ptr [rcx]",
        "mov rdx, qword ptr [rip + 77]",
        "mov rcx, rsp",
        CALL,
        "mov rax, qword ptr [rsp + 128]",
        "mov qword ptr [rsp + 176], rax",
        "mov rdi, qword ptr [rsp + 112]",
        "mov rsi, qword ptr [rsp + 104]",
        "mov rdx, qword ptr [rsp + 96]",
        "mov rcx, qword ptr [rsp + 88]",
        "mov r8, qword ptr [rsp + 72]",
        "mov r9, qword ptr [rsp + 64]",
        "mov rax, qword ptr [rsp + 80]",
        "mov r10, qword ptr [rsp + 56]",
        "mov r11, qword ptr [rsp + 48]",
        "add rsp, 176",
        "ret",
    ),
    code=bytes.fromhex(
        "4881ecb000000048897c24704889742468488954246048894c24584c894424484c894c2440488944"
        "24504c895424384c895c243048896c242048c784248800000000000000488bbc24b00000004889bc"
        "24800000004883ef05488d8c24b800000048898c2498000000488b31488b154d0000004889e1e800"
        "000000488b84248000000048898424b0000000488b7c2470488b742468488b542460488b4c24584c"
        "8b4424484c8b4c2440488b4424504c8b5424384c8b5c24304881c4b0000000c3"
    ),
    call=118,
)
"""As ftrace_caller of 6.1: fregs holds argument registers, bp, ip, and sp (where it returns to)."""

REGS = Template(
    source=(
        "pushfq",
        "sub rsp, 168",
        "mov qword ptr [rsp + 0], r15",
        "mov qword ptr [rsp + 8], r14",
        "mov qword ptr [rsp + 16], r13",
        "mov qword ptr [rsp + 24], r12",
        "mov qword ptr [rsp + 32], rbp",
        "mov qword ptr [rsp + 40], rbx",
        "mov qword ptr [rsp + 48], r11",
        "mov qword ptr [rsp + 56], r10",
        "mov qword ptr [rsp + 64], r9",
        "mov qword ptr [rsp + 72], r8",
        "mov qword ptr [rsp + 80], rax",
        "mov qword ptr [rsp + 88], rcx",
        "mov qword ptr [rsp + 96], rdx",
        "mov qword ptr [rsp + 104], rsi",
        "mov qword ptr [rsp + 112], rdi",
        "mov rax, qword ptr [rsp + 168]",
        "mov qword ptr [rsp + 144], rax",
        "mov qword ptr [rsp + 120], 0",
        "mov qword ptr [rsp + 136], 8",
        "mov qword ptr [rsp + 160], 16",
        "mov rdi, qword ptr [rsp + 176]",
        "mov qword ptr [rsp + 128], rdi",
        "sub rdi, 5",
        "lea rcx, [rsp + 184]",
        "mov qword ptr [rsp + 152], rcx",
        "mov rsi, qword ptr [rcx]",
        "mov rdx, qword ptr [rip + 127]",
        "mov rcx, rsp",
        CALL,
        "mov rax, qword ptr [rsp + 144]",
        "mov qword ptr [rsp + 168], rax",
        "mov rax, qword ptr [rsp + 128]",
        "mov qword ptr [rsp + 176], rax",
        "mov r15, qword ptr [rsp + 0]",
        "mov r14, qword ptr [rsp + 8]",
        "mov r13, qword ptr [rsp + 16]",
        "mov r12, qword ptr [rsp + 24]",
        "mov rbp, qword ptr [rsp + 32]",
        "mov rbx, qword ptr [rsp + 40]",
        "mov r11, qword ptr [rsp + 48]",
        "mov r10, qword ptr [rsp + 56]",
        "mov r9, qword ptr [rsp + 64]",
        "mov r8, qword ptr [rsp + 72]",
        "mov rax, qword ptr [rsp + 80]",
        "mov rcx, qword ptr [rsp + 88]",
        "mov rdx, qword ptr [rsp + 96]",
        "mov rsi, qword ptr [rsp + 104]",
        "mov rdi, qword ptr [rsp + 112]",
        "add rsp, 168",
        "popfq",
        "ret",
    ),
    code=bytes.fromhex(
        "9c4881eca80000004c893c244c897424084c896c24104c8964241848896c242048895c24284c895c"
        "24304c895424384c894c24404c89442448488944245048894c24584889542460488974246848897c"
        "2470488b8424a8000000488984249000000048c74424780000000048c78424880000000800000048"
        "c78424a000000010000000488bbc24b00000004889bc24800000004883ef05488d8c24b800000048"
        "898c2498000000488b31488b157f0000004889e1e800000000488b84249000000048898424a80000"
        "00488b84248000000048898424b00000004c8b3c244c8b7424084c8b6c24104c8b642418488b6c24"
        "20488b5c24284c8b5c24304c8b5424384c8b4c24404c8b442448488b442450488b4c2458488b5424"
        "60488b742468488b7c24704881c4a80000009dc3cccccccc"
    ),
    call=180,
)
"""As ftrace_regs_caller: all registers and flags, which the function may change, ip too."""
