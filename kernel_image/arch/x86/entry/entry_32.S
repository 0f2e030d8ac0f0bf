/* SPDX-License-Identifier: MIT */
/* See entry_64.S, which this follows label by label. */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/hypercall.h>
#include <asm/irq_vectors.h>

	.section .entry.text, "ax"

.macro PUSH_REGS
	pushl	%eax
	pushl	%ebp
	pushl	%edi
	pushl	%esi
	pushl	%edx
	pushl	%ecx
	pushl	%ebx
.endm

.macro POP_REGS
	popl	%ebx
	popl	%ecx
	popl	%edx
	popl	%esi
	popl	%edi
	popl	%ebp
	popl	%eax
.endm

/* void user_mode(void); the result of the last system call is in ebx, arguments in ebx, ecx, edx, esi, edi, ebp. */
SYM_CODE_START(user_mode)
SYM_INNER_LABEL(user_mode_begin)
	movb	$1, %gs:HOT_IN_USER
	movl	$HC_USER, %eax
	sti
	int	$HYPERCALL_VECTOR
SYM_INNER_LABEL(user_mode_end)
	cli
	movb	$0, %gs:HOT_IN_USER
SYM_INNER_LABEL(entry_INT80_32)
	movl	%gs:HOT_TOP_OF_STACK, %esp
	subl	$8, %esp			/* sp and ss, which one ring never pushes */
	pushl	$0x202
	pushl	$0x08
	pushl	$user_mode_begin
	pushl	%eax
	PUSH_REGS
	movl	$-38, 24(%esp)
	movl	%esp, %edx
	pushl	%eax
	pushl	%edx
	xorl	%ebp, %ebp
	call	do_syscall_64
	addl	$8, %esp
	jmp	return_to_user
SYM_CODE_END(user_mode)

SYM_FUNC_START_LOCAL(return_to_user)
	movl	24(%esp), %ebx
	movl	%gs:HOT_TOP_OF_STACK, %esp
	jmp	user_mode
SYM_FUNC_END(return_to_user)

SYM_CODE_START(ret_from_fork)
	pushl	%eax
	xorl	%ebp, %ebp
	call	schedule_tail
	addl	$4, %esp
	testl	%ebx, %ebx
	jz	1f
	pushl	%edi
	call	*%ebx
	movl	%gs:HOT_TOP_OF_STACK, %esp
	subl	$PT_REGS_SIZE, %esp
	movl	$0, 24(%esp)
1:	movl	%gs:HOT_TOP_OF_STACK, %esp
	subl	$PT_REGS_SIZE, %esp
	movl	%esp, %eax
	pushl	%eax
	call	syscall_exit_to_user_mode
	addl	$4, %esp
	jmp	return_to_user
SYM_CODE_END(ret_from_fork)

SYM_FUNC_START(__switch_to_asm)
	movl	4(%esp), %eax
	movl	8(%esp), %edx
	pushl	%ebp
	pushl	%ebx
	pushl	%edi
	pushl	%esi
	movl	%esp, TASK_SP(%eax)
	movl	TASK_SP(%edx), %esp
	popl	%esi
	popl	%edi
	popl	%ebx
	popl	%ebp
	pushl	%edx
	pushl	%eax
	call	__switch_to
	addl	$8, %esp
	ret
SYM_FUNC_END(__switch_to_asm)

SYM_CODE_START(host_return)
	movl	%eax, %ebx
	movl	$HC_RETURN, %eax
	int	$HYPERCALL_VECTOR
	jmp	host_return
SYM_CODE_END(host_return)

.macro idtentry name func has_error=0
SYM_CODE_START(\name)
	cld
	.if \has_error == 0
	pushl	$-1
	.endif
	PUSH_REGS
	movl	%esp, %eax
	movl	28(%esp), %edx
	movl	$-1, 28(%esp)
	leal	1(%esp), %ebp
	pushl	%edx
	pushl	%eax
	call	\func
	addl	$8, %esp
	jmp	error_return
SYM_CODE_END(\name)
.endm

SYM_FUNC_START_LOCAL(error_return)
	POP_REGS
	addl	$4, %esp
	iret
SYM_FUNC_END(error_return)

idtentry asm_exc_divide_error		exc_divide_error
idtentry asm_exc_debug			exc_debug
idtentry asm_exc_int3			exc_int3
idtentry asm_exc_overflow		exc_overflow
idtentry asm_exc_bounds			exc_bounds
idtentry asm_exc_invalid_op		exc_invalid_op
idtentry asm_exc_device_not_available	exc_device_not_available
idtentry asm_exc_double_fault		exc_double_fault 1
idtentry asm_exc_invalid_tss		exc_invalid_tss 1
idtentry asm_exc_segment_not_present	exc_segment_not_present 1
idtentry asm_exc_stack_segment		exc_stack_segment 1
idtentry asm_exc_general_protection	exc_general_protection 1
idtentry asm_exc_page_fault		exc_page_fault 1
idtentry asm_exc_alignment_check	exc_alignment_check 1
idtentry asm_exc_spurious		exc_spurious

idtentry asm_sysvec_apic_timer_interrupt	sysvec_apic_timer_interrupt
idtentry asm_sysvec_hypervisor_callback		sysvec_hypervisor_callback
idtentry asm_sysvec_irq_work			sysvec_irq_work
idtentry asm_sysvec_call_function_single	sysvec_call_function_single
idtentry asm_sysvec_call_function		sysvec_call_function
idtentry asm_sysvec_reboot			sysvec_reboot
idtentry asm_sysvec_reschedule_ipi		sysvec_reschedule_ipi

SYM_CODE_START(asm_exc_nmi)
	cld
	pushl	$-1
	PUSH_REGS
	movl	%esp, %eax
	leal	1(%esp), %ebp
	pushl	%eax
	call	exc_nmi
	addl	$4, %esp
	POP_REGS
	addl	$4, %esp
SYM_INNER_LABEL(nmi_iret)
	iret
SYM_CODE_END(asm_exc_nmi)

	.p2align 4
	.globl	irq_entries_start
irq_entries_start:
	vector = 0x20
	.rept	16
	.p2align 4
	pushl	$vector
	jmp	asm_common_interrupt
	vector = vector + 1
	.endr

SYM_CODE_START(asm_common_interrupt)
	cld
	PUSH_REGS
	movl	%esp, %eax
	movl	28(%esp), %edx
	movl	$-1, 28(%esp)
	leal	1(%esp), %ebp
	pushl	%edx
	pushl	%eax
	call	common_interrupt
	addl	$8, %esp
	jmp	error_return
SYM_CODE_END(asm_common_interrupt)
