/* SPDX-License-Identifier: MIT */
#ifndef _ASM_IRQ_REGS_H
#define _ASM_IRQ_REGS_H
#include <asm/percpu.h>
#include <asm/ptrace.h>
/* The registers that the innermost interrupt of a CPU interrupted. */
DECLARE_PER_CPU(struct pt_regs *, irq_regs);
static inline struct pt_regs *get_irq_regs(void) { return this_cpu_read(irq_regs); }
static inline struct pt_regs *set_irq_regs(struct pt_regs *regs)
{
	struct pt_regs *old = get_irq_regs();

	this_cpu_write(irq_regs, regs);
	return old;
}
#endif
