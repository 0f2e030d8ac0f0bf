/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_IRQ_H
#define _LINUX_IRQ_H
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <asm/ptrace.h>
#define NR_IRQS		16
struct irq_desc;
typedef void (*irq_flow_handler_t)(struct irq_desc *desc);
struct irq_chip { const char *name; void (*irq_ack)(struct irq_desc *); void (*irq_mask)(struct irq_desc *); void (*irq_unmask)(struct irq_desc *); };
struct irq_desc {
	raw_spinlock_t lock;
	unsigned int irq, depth, status;		/* lock */
	unsigned long tot_count;
	struct irqaction *action;			/* lock */
	irq_flow_handler_t handle_irq;
	const struct irq_chip *chip;
	unsigned int kstat_irqs[NR_CPUS];
};
#define IRQS_PENDING	1
#define IRQD_IN_PROGRESS 2
extern struct irq_desc irq_desc[NR_IRQS];
struct irq_desc *irq_to_desc(unsigned int irq);
void handle_edge_irq(struct irq_desc *desc);
void handle_level_irq(struct irq_desc *desc);
irqreturn_t handle_irq_event(struct irq_desc *desc);
int generic_handle_irq(unsigned int irq);
void init_IRQ(void);
void early_irq_init(void);
#endif
