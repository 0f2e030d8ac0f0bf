/* SPDX-License-Identifier: MIT */
/*
 * void arch_rethook_trampoline(void): where a function returns to whose return a probe has hooked.  Everything is as
 * the function left it; rethook_trampoline_handler(struct pt_regs *) says where to go on.
 */
#define ORIG_RAX 120
#define RIP	128
#define CS	136
#define EFLAGS	144
#define RSP	152
#define SS	160
#define FRAME	176			/* a struct pt_regs, aligned */

	.text
	.globl	arch_rethook_trampoline
	.type	arch_rethook_trampoline, @function
arch_rethook_trampoline:
	pushq	%rax			/* room for the address */
	pushfq
	subq	$FRAME, %rsp
	movq	%r15, 0(%rsp)
	movq	%r14, 8(%rsp)
	movq	%r13, 16(%rsp)
	movq	%r12, 24(%rsp)
	movq	%rbp, 32(%rsp)
	movq	%rbx, 40(%rsp)
	movq	%r11, 48(%rsp)
	movq	%r10, 56(%rsp)
	movq	%r9, 64(%rsp)
	movq	%r8, 72(%rsp)
	movq	%rax, 80(%rsp)
	movq	%rcx, 88(%rsp)
	movq	%rdx, 96(%rsp)
	movq	%rsi, 104(%rsp)
	movq	%rdi, 112(%rsp)
	movq	FRAME(%rsp), %rax
	movq	%rax, EFLAGS(%rsp)
	leaq	FRAME+16(%rsp), %rax
	movq	%rax, RSP(%rsp)
	movq	$arch_rethook_trampoline, RIP(%rsp)
	movq	$-1, ORIG_RAX(%rsp)
	movq	$0x08, CS(%rsp)
	movq	$0x10, SS(%rsp)
	movq	%rsp, %rdi
	call	rethook_trampoline_handler
	movq	%rax, FRAME+8(%rsp)
	movq	0(%rsp), %r15
	movq	8(%rsp), %r14
	movq	16(%rsp), %r13
	movq	24(%rsp), %r12
	movq	32(%rsp), %rbp
	movq	40(%rsp), %rbx
	movq	48(%rsp), %r11
	movq	56(%rsp), %r10
	movq	64(%rsp), %r9
	movq	72(%rsp), %r8
	movq	80(%rsp), %rax
	movq	88(%rsp), %rcx
	movq	96(%rsp), %rdx
	movq	104(%rsp), %rsi
	movq	112(%rsp), %rdi
	addq	$FRAME, %rsp
	popfq
	ret
	.size	arch_rethook_trampoline, .-arch_rethook_trampoline

	.section .note.GNU-stack, "", @progbits
