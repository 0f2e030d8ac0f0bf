/* SPDX-License-Identifier: MIT */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>

	.section .head.text, "ax"
/* void startup_32(void), void secondary_startup_32(void): see head_64.S */
SYM_CODE_START(startup_32)
	xorl	%ebp, %ebp
	subl	$PT_REGS_SIZE + 8, %esp
	call	i386_start_kernel
	ud2
SYM_CODE_END(startup_32)

SYM_CODE_START(secondary_startup_32)
	xorl	%ebp, %ebp
	subl	$PT_REGS_SIZE + 8, %esp
	call	start_secondary
	ud2
SYM_CODE_END(secondary_startup_32)
