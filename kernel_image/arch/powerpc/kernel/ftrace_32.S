/* SPDX-License-Identifier: MIT */
/*
 * Entries of traced functions.  gcc begins a function with `mflr r0; stw r0, 4(r1); bl _mcount`, so that on entry
 *	lr	address after the site		4(r1)	where the traced function returns to
 * and r3 to r10 hold its arguments.  It wants lr back as it was.
 */
#define SITE_SIZE	4
#define FRAME		48		/* back chain, place for the callee's lr, r3 to r10, cr, lr */
#define GPR(n)		(8 + 4 * ((n) - 3))
#define CR		40
#define LR		44

	.text
/* void _mcount(void): what sites call as they were compiled; the host makes them nops. */
	.globl	_mcount
	.type	_mcount, @function
_mcount:
	mflr	0
	mtctr	0
	lwz	0, 4(1)
	mtlr	0
	bctr
	.size	_mcount, .-_mcount

/* void ftrace_caller(void): the host makes ftrace_call call the only ops' func, or arch_ftrace_ops_list_func. */
	.globl	ftrace_caller
	.type	ftrace_caller, @function
ftrace_caller:
	stwu	1, -FRAME(1)
	stw	3, GPR(3)(1)
	stw	4, GPR(4)(1)
	stw	5, GPR(5)(1)
	stw	6, GPR(6)(1)
	stw	7, GPR(7)(1)
	stw	8, GPR(8)(1)
	stw	9, GPR(9)(1)
	stw	10, GPR(10)(1)
	mflr	3
	mfcr	4
	stw	3, LR(1)
	stw	4, CR(1)
	subi	3, 3, SITE_SIZE		/* ip */
	lwz	4, FRAME+4(1)		/* parent_ip */
	lis	5, function_trace_op@ha
	lwz	5, function_trace_op@l(5)
	li	6, 0			/* fregs */
	.globl	ftrace_call
ftrace_call:
	bl	ftrace_stub
	lwz	0, CR(1)
	lwz	3, LR(1)
	mtcr	0
	mtctr	3
	lwz	0, FRAME+4(1)
	mtlr	0
	lwz	3, GPR(3)(1)
	lwz	4, GPR(4)(1)
	lwz	5, GPR(5)(1)
	lwz	6, GPR(6)(1)
	lwz	7, GPR(7)(1)
	lwz	8, GPR(8)(1)
	lwz	9, GPR(9)(1)
	lwz	10, GPR(10)(1)
	addi	1, 1, FRAME
	bctr
	.size	ftrace_caller, .-ftrace_caller

	.section .note.GNU-stack, "", @progbits
