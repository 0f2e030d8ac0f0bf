/* SPDX-License-Identifier: MIT */
#ifndef _ASM_SYSCALL_H
#define _ASM_SYSCALL_H
#include <asm/ptrace.h>
#include <linux/syscalls.h>
struct task_struct;
#define NR_syscalls		451
#define NR_syscall_table	1016
long x64_sys_call(const struct pt_regs *regs, unsigned int nr);
void do_syscall_64(struct pt_regs *regs, long nr);
typedef long (*sys_call_ptr_t)(const struct pt_regs *);
extern const sys_call_ptr_t sys_call_table[];
static inline void syscall_get_arguments(struct task_struct *task, struct pt_regs *regs, unsigned long *args)
{
	args[0] = regs->__SC_R1; args[1] = regs->__SC_R2; args[2] = regs->__SC_R3;
	args[3] = regs->__SC_R4; args[4] = regs->__SC_R5; args[5] = regs->__SC_R6;
}
static inline long syscall_get_nr(struct task_struct *task, struct pt_regs *regs) { return regs->orig_ax; }
static inline long syscall_get_return_value(struct task_struct *task, struct pt_regs *regs) { return regs->ax; }
#endif
