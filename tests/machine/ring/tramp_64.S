/* SPDX-License-Identifier: MIT */
/* As the trampoline that the host makes for one ops. */
	.globl	trampoline, entry_trampoline, idle
trampoline:
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	movq	32(%rsp), %rdi
	subq	$5, %rdi
	movq	40(%rsp), %rsi
	movq	test_ops_address(%rip), %rdx
	xorl	%ecx, %ecx
	call	function_trace_call
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	ret
entry_trampoline:
	pushq	%rdi
	movq	test_ops_address(%rip), %rdi
	jmp	function_trace_entry
idle:
	movl	$0, %eax
	int	$0x30
	jmp	idle
test_ops_address:
	.quad	test_ops
	.section .note.GNU-stack, "", @progbits
