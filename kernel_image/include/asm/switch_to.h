/* SPDX-License-Identifier: MIT */
#ifndef _ASM_SWITCH_TO_H
#define _ASM_SWITCH_TO_H
struct task_struct;
struct task_struct *__switch_to_asm(struct task_struct *prev, struct task_struct *next);
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next);
void ret_from_fork(void);
#define switch_to(prev, next, last)	((last) = __switch_to_asm((prev), (next)))
/* What __switch_to_asm leaves on the stack of a task that does not run. */
struct inactive_task_frame {
#ifdef __x86_64__
	unsigned long r15, r14, r13, r12;
#else
	unsigned long si, di;
#endif
	unsigned long bx, bp, ret_addr;
};
#endif
