/* SPDX-License-Identifier: MIT */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>

	.section .head.text, "ax"
/*
 * void startup_64(void): CPU 0 begins here.  The host has made page tables, GDT and GS base, filled boot_params
 * and set rsp to the top of init_task's stack.
 */
SYM_CODE_START(startup_64)
	xorl	%ebp, %ebp
	leaq	-PT_REGS_SIZE(%rsp), %rsp	/* where a task's user registers would be */
	call	x86_64_start_kernel
	ud2
SYM_CODE_END(startup_64)

/* void secondary_startup_64(void): another CPU begins here on the stack of its idle task. */
SYM_CODE_START(secondary_startup_64)
	xorl	%ebp, %ebp
	leaq	-PT_REGS_SIZE(%rsp), %rsp
	call	start_secondary
	ud2
SYM_CODE_END(secondary_startup_64)
