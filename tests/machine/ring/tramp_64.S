/* SPDX-License-Identifier: MIT */
/* As the trampoline that the host makes for one ops. */
	.globl	trampoline, traced, graph_traced, graph_call, idle
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
/* void traced(unsigned long parent_ip): a call site */
traced:
	pushq	%rdi
	call	function_trace_entry
	popq	%rdi
	ret
/* unsigned __int128 graph_traced(void): 3 << 64 | 2 */
graph_traced:
	call	ftrace_graph_entry
	movl	$2, %eax
	movl	$3, %edx
	ret
/* unsigned long graph_call(void): what graph_traced returns, in 32 + 32 bits */
graph_call:
	pushq	%rdi
	call	graph_traced
	popq	%rdi
	shlq	$32, %rdx
	orq	%rdx, %rax
	ret
idle:
	movl	$0, %eax
	int	$0x30
	jmp	idle
test_ops_address:
	.quad	test_ops
	.section .note.GNU-stack, "", @progbits
