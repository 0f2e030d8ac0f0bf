/* SPDX-License-Identifier: MIT */
#ifndef _ASM_HOT_WORD_H
#define _ASM_HOT_WORD_H
/*
 * What may be to do where interrupts or preemption are turned off or on: four bytes of struct pcpu_hot, need_resched
 * and those behind it, as one word.  One load and one branch decide that there is nothing.
 */
#define HOT_RESCHED		0x000000ffU
#define HOT_POLL		0x0000ff00U
#define HOT_TRACE(who)		((u32)(who) << 24)

/* Bits of trace_preemptirq */
#define TRACE_IRQFLAGS		1
#define TRACE_PREEMPT_TOGGLE	2

#define hot_word()	(*(volatile u32 __seg_gs *)(uintptr_t)__builtin_offsetof(struct pcpu_hot, need_resched))

/* kernel/trace/trace_preemptirq.c */
void trace_hardirqs_on(void);
void trace_hardirqs_off(void);
void preempt_latency_start(int val);
void preempt_latency_stop(int val);
void preempt_latency_enabled(unsigned long ip);
#endif
