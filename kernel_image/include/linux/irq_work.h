/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_IRQ_WORK_H
#define _LINUX_IRQ_WORK_H
#include <linux/smp.h>
struct irq_work { struct __call_single_node node; void (*func)(struct irq_work *); };
#define IRQ_WORK_PENDING	1
#define IRQ_WORK_BUSY		2
#define IRQ_WORK_INIT(f)	{ .func = (f) }
#define DEFINE_IRQ_WORK(n, f)	struct irq_work n = IRQ_WORK_INIT(f)
static inline void init_irq_work(struct irq_work *w, void (*f)(struct irq_work *)) { w->node.llist.next = NULL; w->node.u_flags = 0; w->func = f; }
bool irq_work_queue(struct irq_work *work);
bool irq_work_queue_on(struct irq_work *work, int cpu);
void irq_work_run(void);
void irq_work_tick(void);
void irq_work_sync(struct irq_work *work);
bool irq_work_needs_cpu(void);
void arch_irq_work_raise(void);
void irq_work_single(void *arg);
static inline bool irq_work_is_busy(struct irq_work *w) { return READ_ONCE(w->node.u_flags) & IRQ_WORK_BUSY; }
#endif
