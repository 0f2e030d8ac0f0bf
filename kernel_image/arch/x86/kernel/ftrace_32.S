/* SPDX-License-Identifier: MIT */
/*
 * Entries of traced functions.  gcc puts `call mcount` after the prologue, so that on entry
 *	0(%esp)	address after the site		4(%ebp)	where the traced function returns to
 * and every register may hold something of the function's.
 */
#include <asm/extable.h>
#include <asm/hypercall.h>

#define SITE_SIZE	5

/* struct pt_regs */
#define EBX	0
#define ECX	4
#define EDX	8
#define ESI	12
#define EDI	16
#define EBP	20
#define EAX	24
#define ORIG_EAX 28
#define EIP	32
#define CS	36
#define EFLAGS	40
#define ESP	44
#define SS	48
#define FRAME	52

	.text
	.globl	mcount
	.type	mcount, @function
mcount:
	ret
	.skip	SITE_SIZE - 1, 0x90	/* in a kernel that records its sites at run time: jmp mcount_record */
	.size	mcount, .-mcount

/* What mcount was in 2.6.27; the host makes mcount_call call ftrace_record_ip(ip), or nothing. */
	.globl	mcount_record
	.type	mcount_record, @function
mcount_record:
	pushl	%eax
	pushl	%ecx
	pushl	%edx
	movl	12(%esp), %eax
	subl	$SITE_SIZE, %eax
	pushl	%eax
	.globl	mcount_call
mcount_call:
	call	ftrace_stub
	addl	$4, %esp
	popl	%edx
	popl	%ecx
	popl	%eax
	ret
	.size	mcount_record, .-mcount_record

/* void ftrace_caller(void): the host makes ftrace_call call the only ops' func, or arch_ftrace_ops_list_func. */
	.globl	ftrace_caller
	.type	ftrace_caller, @function
ftrace_caller:
	pushl	%eax
	pushl	%ecx
	pushl	%edx
	movl	12(%esp), %eax
	subl	$SITE_SIZE, %eax
	pushl	$0			/* fregs */
	pushl	function_trace_op
	pushl	4(%ebp)			/* parent_ip */
	pushl	%eax			/* ip */
	.globl	ftrace_call
ftrace_call:
	call	ftrace_stub
	addl	$16, %esp
	popl	%edx
	popl	%ecx
	popl	%eax
	.globl	ftrace_graph_call
ftrace_graph_call:			/* while returns are hooked, a jump to one of the callers below */
	.byte	0xe9, 0, 0, 0, 0	/* jmp ftrace_graph_stub */
	.globl	ftrace_graph_stub
ftrace_graph_stub:
	ret
	.size	ftrace_caller, .-ftrace_caller

/*
 * NAME hooks the traced function's return by prepare_ftrace_return(unsigned long *parent, unsigned long self_addr).
 * adjust: what self_addr lies before the end of the site; pushed: arguments are on the stack, else in eax and edx.
 */
.macro RETURN_CALLER name adjust=0 pushed=0
	.globl	\name
	.type	\name, @function
\name:
	pushl	%eax
	pushl	%ecx
	pushl	%edx
	movl	12(%esp), %edx
	.if	\adjust
	subl	$\adjust, %edx
	.endif
	leal	4(%ebp), %eax
	.if	\pushed
	pushl	%edx
	pushl	%eax
	call	prepare_ftrace_return_pushed
	addl	$8, %esp
	.else
	call	prepare_ftrace_return
	.endif
	popl	%edx
	popl	%ecx
	popl	%eax
	ret
	.size	\name, .-\name
.endm

/* void ftrace_return_caller(void): the return tracer's, since S2; the other: as it was before. */
RETURN_CALLER ftrace_return_caller
RETURN_CALLER ftrace_return_caller_pushed pushed=1
/* void ftrace_graph_caller(void): 2.6.29's, to which functions are call sites, as they are in filters. */
RETURN_CALLER ftrace_graph_caller adjust=SITE_SIZE

/* void ftrace_regs_caller(void): the same with a full struct pt_regs, to read and to change. */
	.globl	ftrace_regs_caller
	.type	ftrace_regs_caller, @function
ftrace_regs_caller:
	pushfl
	subl	$FRAME, %esp
	movl	%ebx, EBX(%esp)
	movl	%ecx, ECX(%esp)
	movl	%edx, EDX(%esp)
	movl	%esi, ESI(%esp)
	movl	%edi, EDI(%esp)
	movl	%ebp, EBP(%esp)
	movl	%eax, EAX(%esp)
	movl	$0, ORIG_EAX(%esp)
	movl	FRAME+4(%esp), %eax
	movl	%eax, EIP(%esp)
	subl	$SITE_SIZE, %eax
	movl	$0x08, CS(%esp)
	movl	FRAME(%esp), %ecx
	movl	%ecx, EFLAGS(%esp)
	leal	FRAME+8(%esp), %ecx
	movl	%ecx, ESP(%esp)
	movl	$0x10, SS(%esp)
	movl	%esp, %ecx
	pushl	%ecx			/* fregs */
	pushl	function_trace_op
	pushl	4(%ebp)			/* parent_ip */
	pushl	%eax			/* ip */
	.globl	ftrace_regs_call
ftrace_regs_call:
	call	ftrace_stub
	addl	$16, %esp
	movl	EFLAGS(%esp), %eax
	movl	%eax, FRAME(%esp)
	movl	EIP(%esp), %eax
	movl	%eax, FRAME+4(%esp)
	movl	EBX(%esp), %ebx
	movl	ECX(%esp), %ecx
	movl	EDX(%esp), %edx
	movl	ESI(%esp), %esi
	movl	EDI(%esp), %edi
	movl	EBP(%esp), %ebp
	movl	EAX(%esp), %eax
	leal	FRAME(%esp), %esp
	popfl
	jmp	ftrace_graph_call
	.size	ftrace_regs_caller, .-ftrace_regs_caller

/* void return_to_handler(void): what a hooked function returns to, with its result in eax and edx. */
	.globl	return_to_handler
	.type	return_to_handler, @function
return_to_handler:
	pushl	$0
	pushl	%eax
	pushl	%ecx
	pushl	%edx
	call	ftrace_return_to_handler
	movl	%eax, 12(%esp)
	popl	%edx
	popl	%ecx
	popl	%eax
	ret
	.size	return_to_handler, .-return_to_handler

/* void ftrace_traced_helper(void): as gcc makes it with -pg.  Its site is a record only where that bug is back (S11). */
	.globl	ftrace_traced_helper
	.type	ftrace_traced_helper, @function
ftrace_traced_helper:
	pushl	%ebp
	movl	%esp, %ebp
	call	mcount
	popl	%ebp
	ret
	.size	ftrace_traced_helper, .-ftrace_traced_helper

/*
 * void ftrace_init(void): the host makes records of the call sites and turns them into the nop that this CPU can
 * execute, which it finds by the two functions below.  What it has found it keeps itself: all this is boot code.
 */
	.section .init.text, "ax"
	.globl	ftrace_init
	.type	ftrace_init, @function
ftrace_init:
	movl	$HC_FTRACE_INIT, %eax
	int	$HYPERCALL_VECTOR
	ret
	.size	ftrace_init, .-ftrace_init

/* int ftrace_test_p6nop(void), int ftrace_test_nop5(void): 0, or 1 if the CPU does not know the instruction. */
.macro TEST_NOP name bytes:vararg
	.globl	\name
	.type	\name, @function
\name:
	.byte	\bytes
	xorl	%eax, %eax
	ret
	.size	\name, .-\name
	_ASM_EXTABLE(\name, ftrace_nop_faulted)
.endm
TEST_NOP ftrace_test_p6nop 0x0f, 0x1f, 0x44, 0x00, 0x00
TEST_NOP ftrace_test_nop5 0x66, 0x66, 0x66, 0x66, 0x90
ftrace_nop_faulted:
	movl	$1, %eax
	ret

	.section .note.GNU-stack, "", @progbits
