/* SPDX-License-Identifier: MIT */
	.globl	idle, trampoline
trampoline:
	ret
idle:
	movl	$0, %eax
	int	$0x30
	jmp	idle
	.section .note.GNU-stack, "", @progbits
