/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_ENTRY_COMMON_H
#define _LINUX_ENTRY_COMMON_H
#include <linux/types.h>
#include <asm/ptrace.h>
/* kernel/entry/common.c; between enter and exit the caller's context is the kernel's. */
typedef struct irqentry_state { bool exit_rcu; } irqentry_state_t;
irqentry_state_t irqentry_enter(struct pt_regs *regs);
void irqentry_exit(struct pt_regs *regs, irqentry_state_t state);
void irqentry_enter_from_user_mode(struct pt_regs *regs);
void irqentry_exit_to_user_mode(struct pt_regs *regs);
irqentry_state_t irqentry_nmi_enter(struct pt_regs *regs);
void irqentry_nmi_exit(struct pt_regs *regs, irqentry_state_t state);
void irqentry_exit_cond_resched(void);
long syscall_enter_from_user_mode(struct pt_regs *regs, long syscall);
void syscall_exit_to_user_mode(struct pt_regs *regs);

void arch_do_signal_or_restart(struct pt_regs *regs);
void task_work_run(void);
#endif
