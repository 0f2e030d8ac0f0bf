/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_HARDIRQ_H
#define _LINUX_HARDIRQ_H
#include <linux/preempt.h>
/* kernel/softirq.c */
void irq_enter(void);
void irq_enter_rcu(void);
void irq_exit(void);
void irq_exit_rcu(void);
#define __irq_enter_raw()	preempt_count_add(HARDIRQ_OFFSET)
#define __irq_exit_raw()	preempt_count_sub(HARDIRQ_OFFSET)
#define __nmi_enter()		__preempt_count_add(NMI_OFFSET + HARDIRQ_OFFSET)
#define __nmi_exit()		__preempt_count_sub(NMI_OFFSET + HARDIRQ_OFFSET)
void synchronize_irq(unsigned int irq);
#endif
