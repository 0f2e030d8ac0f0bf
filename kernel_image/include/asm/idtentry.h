/* SPDX-License-Identifier: MIT */
#ifndef _ASM_IDTENTRY_H
#define _ASM_IDTENTRY_H
#include <asm/ptrace.h>
#include <asm/irq_vectors.h>
#include <linux/entry-common.h>
#include <linux/hardirq.h>
/*
 * A system vector: NAME is entered from assembly and is not traced; its work, __NAME, is, inside
 * irq_enter_rcu() and irq_exit_rcu().
 */
#define DEFINE_IDTENTRY_SYSVEC(name) \
	static void __##name(struct pt_regs *regs); \
	noinstr void name(struct pt_regs *regs) \
	{ \
		irqentry_state_t state = irqentry_enter(regs); \
		irq_enter_rcu(); \
		__##name(regs); \
		irq_exit_rcu(); \
		irqentry_exit(regs, state); \
	} \
	static noinline void __##name(struct pt_regs *regs)
/* One too short for that: no softirqs after it. */
#define DEFINE_IDTENTRY_SYSVEC_SIMPLE(name) \
	static __always_inline void __##name(struct pt_regs *regs); \
	noinstr void name(struct pt_regs *regs) \
	{ \
		irqentry_state_t state = irqentry_enter(regs); \
		__irq_enter_raw(); \
		__##name(regs); \
		__irq_exit_raw(); \
		irqentry_exit(regs, state); \
	} \
	static __always_inline void __##name(struct pt_regs *regs)
#endif
