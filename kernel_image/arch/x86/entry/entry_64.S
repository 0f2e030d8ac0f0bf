/* SPDX-License-Identifier: MIT */
/*
 * Entry and exit.  There is one ring and no swapgs: whether an interrupt came from user mode is told by its
 * instruction pointer (user_mode() in asm/ptrace.h), and user mode is the few instructions below.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/hypercall.h>
#include <asm/irq_vectors.h>

	.section .entry.text, "ax"

/* A struct pt_regs on the stack, above it what the CPU or the macros below have pushed. */
.macro PUSH_REGS
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro POP_REGS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

/*
 * void user_mode(void), which does not return: what a task does between two system calls.  The stack is empty.
 * The CPU stops at the hypercall with the result of the last system call in rdi.  To start one the host sets
 * rax, rdi, rsi, rdx, r10, r8, r9 as a program would and lets the CPU go on behind the int.  An interrupt
 * taken before that comes back to user_mode (see irqentry_exit_to_user_mode); one taken after, behind the int.
 * No interrupt comes between the end of a system call and the int: the result is handed over first.
 */
SYM_CODE_START(user_mode)
SYM_INNER_LABEL(user_mode_begin)
	movb	$1, %gs:HOT_IN_USER
	movl	$HC_USER, %eax
	sti
	int	$HYPERCALL_VECTOR
SYM_INNER_LABEL(user_mode_end)
	cli
	movb	$0, %gs:HOT_IN_USER
/* void entry_SYSCALL_64(void): registers as a program has them at a system call. */
SYM_INNER_LABEL(entry_SYSCALL_64)
	movq	%gs:HOT_TOP_OF_STACK, %rsp
	pushq	$0x10				/* ss */
	pushq	%gs:HOT_TOP_OF_STACK		/* sp */
	pushq	$0x202				/* flags */
	pushq	$0x08				/* cs */
	pushq	$user_mode_begin		/* ip */
SYM_INNER_LABEL(entry_SYSCALL_64_after_hwframe)
	pushq	%rax				/* orig_ax */
	PUSH_REGS
	movq	$-38, 80(%rsp)			/* ax: -ENOSYS until there is a result */
	movq	%rsp, %rdi
	movslq	%eax, %rsi
	xorl	%ebp, %ebp
	call	do_syscall_64
	jmp	return_to_user
SYM_CODE_END(user_mode)

/* Back to user mode from a struct pt_regs: rsp points at it and interrupts are off. */
SYM_FUNC_START_LOCAL(return_to_user)
	movq	80(%rsp), %rdi			/* ax: the result */
	movq	%gs:HOT_TOP_OF_STACK, %rsp
	jmp	user_mode
SYM_FUNC_END(return_to_user)

/* void ret_from_fork(void): the first instructions of a new task; rax: who ran before, rbx: fn or 0, r12: fn's argument. */
SYM_CODE_START(ret_from_fork)
	movq	%rax, %rdi
	xorl	%ebp, %ebp
	call	schedule_tail
	testq	%rbx, %rbx
	jz	1f
	movq	%r12, %rdi
	call	*%rbx
	/* Only a thread that has become a program by kernel_execve() comes back. */
	movq	%gs:HOT_TOP_OF_STACK, %rsp
	subq	$PT_REGS_SIZE, %rsp
	movq	$0, 80(%rsp)
1:	movq	%gs:HOT_TOP_OF_STACK, %rsp
	subq	$PT_REGS_SIZE, %rsp
	movq	%rsp, %rdi
	call	syscall_exit_to_user_mode
	jmp	return_to_user
SYM_CODE_END(ret_from_fork)

/* struct task_struct *__switch_to_asm(struct task_struct *prev, struct task_struct *next) */
SYM_FUNC_START(__switch_to_asm)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, TASK_SP(%rdi)
	movq	TASK_SP(%rsi), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	jmp	__switch_to
SYM_FUNC_END(__switch_to_asm)

/* void host_return(void): where a function called by the host returns to. */
SYM_CODE_START(host_return)
	movq	%rax, %rdi
	movl	$HC_RETURN, %eax
	int	$HYPERCALL_VECTOR
	jmp	host_return
SYM_CODE_END(host_return)

/*
 * A frame pointer with bit 0 set points at a struct pt_regs: a stack walk goes on at its bp.
 * void NAME(void): an interrupt gate that calls FUNC(struct pt_regs *, unsigned long error_code).
 */
.macro idtentry name func has_error=0 create_gap=0
SYM_CODE_START(\name)
	cld
	.if \has_error == 0
	pushq	$-1
	.endif
	.if \create_gap			/* the same once more, below: the handler may push on the stack it came from */
	.rept	6
	pushq	5*8(%rsp)
	.endr
	.endif
	PUSH_REGS
	movq	%rsp, %rdi
	movq	120(%rsp), %rsi
	movq	$-1, 120(%rsp)			/* orig_ax: no system call to restart */
	leaq	1(%rsp), %rbp
	call	\func
	jmp	error_return
SYM_CODE_END(\name)
.endm

SYM_FUNC_START_LOCAL(error_return)
	POP_REGS
	addq	$8, %rsp
	iretq
SYM_FUNC_END(error_return)

idtentry asm_exc_divide_error		exc_divide_error
idtentry asm_exc_debug			exc_debug
idtentry asm_exc_int3			exc_int3 create_gap=1
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
idtentry asm_sysvec_hypervisor_callback	sysvec_hypervisor_callback
idtentry asm_sysvec_irq_work			sysvec_irq_work
idtentry asm_sysvec_call_function_single	sysvec_call_function_single
idtentry asm_sysvec_call_function		sysvec_call_function
idtentry asm_sysvec_reboot			sysvec_reboot
idtentry asm_sysvec_reschedule_ipi		sysvec_reschedule_ipi

/*
 * void asm_exc_nmi(void): at any instruction, also inside itself: nothing here is per CPU, everything is on
 * the stack, and exc_nmi counts how deep it is.  The host may hold back NMIs until nmi_iret.
 */
SYM_CODE_START(asm_exc_nmi)
	cld
	pushq	$-1
	PUSH_REGS
	movq	%rsp, %rdi
	leaq	1(%rsp), %rbp
	call	exc_nmi
	POP_REGS
	addq	$8, %rsp
SYM_INNER_LABEL(nmi_iret)
	iretq
SYM_CODE_END(asm_exc_nmi)

/* Device vectors 0x20 to 0x2f: common_interrupt(struct pt_regs *, vector). */
	.p2align 4
	.globl	irq_entries_start
irq_entries_start:
	vector = 0x20
	.rept	16
	.p2align 4
	pushq	$vector
	jmp	asm_common_interrupt
	vector = vector + 1
	.endr

SYM_CODE_START(asm_common_interrupt)
	cld
	PUSH_REGS
	movq	%rsp, %rdi
	movq	120(%rsp), %rsi
	movq	$-1, 120(%rsp)
	leaq	1(%rsp), %rbp
	call	common_interrupt
	jmp	error_return
SYM_CODE_END(asm_common_interrupt)
