/* SPDX-License-Identifier: MIT */
/*
 * Entries of traced functions.  A site `call __fentry__` becomes a nop at boot, then a call of one of the
 * callers below (or of a trampoline that the host makes).  They run on top of the traced function's frame:
 *	0(%rsp)	address after the site	8(%rsp)	where the traced function returns to
 */
#define SITE_SIZE	5

/* struct pt_regs */
#define R15	0
#define R14	8
#define R13	16
#define R12	24
#define RBP	32
#define RBX	40
#define R11	48
#define R10	56
#define R9	64
#define R8	72
#define RAX	80
#define RCX	88
#define RDX	96
#define RSI	104
#define RDI	112
#define ORIG_RAX 120
#define RIP	128
#define CS	136
#define EFLAGS	144
#define RSP	152
#define SS	160
#define FRAME	168

	.text
	.globl	__fentry__
	.type	__fentry__, @function
__fentry__:
	ret
	.size	__fentry__, .-__fentry__

/* What a C function may change, in a pt_regs; the rest of which is not filled. */
/* `added`: bytes that stand between the site's return address and the frame. */
.macro save_mcount_regs added=0
	subq	$FRAME, %rsp
	movq	%rax, RAX(%rsp)
	movq	%rcx, RCX(%rsp)
	movq	%rdx, RDX(%rsp)
	movq	%rsi, RSI(%rsp)
	movq	%rdi, RDI(%rsp)
	movq	%r8, R8(%rsp)
	movq	%r9, R9(%rsp)
	movq	%r10, R10(%rsp)
	movq	%r11, R11(%rsp)
	movq	%rbp, RBP(%rsp)
	movq	$0, ORIG_RAX(%rsp)
	leaq	FRAME+8+\added(%rsp), %rax	/* the stack as the traced function's caller left it */
	movq	%rax, RSP(%rsp)
	movq	FRAME+8+\added(%rsp), %rsi	/* parent_ip */
	movq	FRAME+\added(%rsp), %rdi	/* ip */
	movq	%rdi, RIP(%rsp)
	subq	$SITE_SIZE, %rdi
	movq	%rsp, %rcx			/* fregs */
	movq	function_trace_op(%rip), %rdx
.endm

.macro restore_mcount_regs
	movq	R11(%rsp), %r11
	movq	R10(%rsp), %r10
	movq	R9(%rsp), %r9
	movq	R8(%rsp), %r8
	movq	RDI(%rsp), %rdi
	movq	RSI(%rsp), %rsi
	movq	RDX(%rsp), %rdx
	movq	RCX(%rsp), %rcx
	movq	RAX(%rsp), %rax
	movq	RBP(%rsp), %rbp
.endm

/* void ftrace_caller(void): the host makes ftrace_call call the only ops' func, or arch_ftrace_ops_list_func. */
	.globl	ftrace_caller
	.type	ftrace_caller, @function
ftrace_caller:
	save_mcount_regs
	.globl	ftrace_call
ftrace_call:
	call	ftrace_stub
	movq	RIP(%rsp), %rax			/* an ops may have changed where to go on */
	movq	%rax, FRAME(%rsp)
	restore_mcount_regs
	addq	$FRAME, %rsp
	ret
	.size	ftrace_caller, .-ftrace_caller

/* void ftrace_regs_caller(void): the same with a full struct pt_regs, flags included, to read and to change. */
	.globl	ftrace_regs_caller
	.type	ftrace_regs_caller, @function
ftrace_regs_caller:
	pushfq
	save_mcount_regs 8
	movq	%r15, R15(%rsp)
	movq	%r14, R14(%rsp)
	movq	%r13, R13(%rsp)
	movq	%r12, R12(%rsp)
	movq	%rbx, RBX(%rsp)
	movq	FRAME(%rsp), %rax
	movq	%rax, EFLAGS(%rsp)
	movq	$0x08, CS(%rsp)
	movq	$0x10, SS(%rsp)
	.globl	ftrace_regs_call
ftrace_regs_call:
	call	ftrace_stub
	movq	ORIG_RAX(%rsp), %rax
	testq	%rax, %rax
	jnz	direct_call
	movq	EFLAGS(%rsp), %rax
	movq	%rax, FRAME(%rsp)
	movq	RIP(%rsp), %rax
	movq	%rax, FRAME+8(%rsp)
	movq	R15(%rsp), %r15
	movq	R14(%rsp), %r14
	movq	R13(%rsp), %r13
	movq	R12(%rsp), %r12
	movq	RBX(%rsp), %rbx
	restore_mcount_regs
	addq	$FRAME, %rsp
	popfq
	ret
	/*
	 * call_direct_funcs has said where to go on (rax): with all registers as they were, as if the site had called
	 * it.  Its address takes the place of the flags, which take that of SS.
	 */
direct_call:
	movq	%rax, FRAME(%rsp)
	movq	EFLAGS(%rsp), %rax
	movq	%rax, SS(%rsp)
	movq	R15(%rsp), %r15
	movq	R14(%rsp), %r14
	movq	R13(%rsp), %r13
	movq	R12(%rsp), %r12
	movq	RBX(%rsp), %rbx
	restore_mcount_regs
	leaq	SS(%rsp), %rsp
	popfq
	ret
	.size	ftrace_regs_caller, .-ftrace_regs_caller

	.section .note.GNU-stack, "", @progbits
