// SPDX-License-Identifier: MIT
/* Device interrupts: flow handlers, and the actions that drivers asked for. */
#include <linux/irq.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/init.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <trace/events/irq.h>

struct irq_desc irq_desc[NR_IRQS];

struct irq_desc *irq_to_desc(unsigned int irq) { return irq < NR_IRQS ? &irq_desc[irq] : NULL; }

static noinline irqreturn_t __handle_irq_event_percpu(struct irq_desc *desc)
{
	struct irqaction *action;
	irqreturn_t retval = IRQ_NONE;

	for (action = desc->action; action; action = action->next) {
		irqreturn_t res;

		trace_irq_handler_entry(desc->irq, action);
		res = action->handler(desc->irq, action->dev_id);
		trace_irq_handler_exit(desc->irq, action, res);
		retval |= res;
	}
	return retval;
}

static noinline irqreturn_t handle_irq_event_percpu(struct irq_desc *desc)
{
	return __handle_irq_event_percpu(desc);
}

irqreturn_t handle_irq_event(struct irq_desc *desc)
{
	irqreturn_t ret;

	desc->status = (desc->status & ~IRQS_PENDING) | IRQD_IN_PROGRESS;
	raw_spin_unlock(&desc->lock);
	ret = handle_irq_event_percpu(desc);
	raw_spin_lock(&desc->lock);
	desc->status &= ~IRQD_IN_PROGRESS;
	return ret;
}

static void kstat_incr_irqs_this_cpu(struct irq_desc *desc)
{
	desc->kstat_irqs[smp_processor_id()]++;
	desc->tot_count++;
}

void handle_edge_irq(struct irq_desc *desc)
{
	raw_spin_lock(&desc->lock);
	if (!desc->action || desc->depth || desc->status & IRQD_IN_PROGRESS) {
		desc->status |= IRQS_PENDING;
		goto out;
	}
	kstat_incr_irqs_this_cpu(desc);
	if (desc->chip && desc->chip->irq_ack)
		desc->chip->irq_ack(desc);
	do
		handle_irq_event(desc);
	while (desc->status & IRQS_PENDING && !desc->depth);
out:
	raw_spin_unlock(&desc->lock);
}

void handle_level_irq(struct irq_desc *desc)
{
	raw_spin_lock(&desc->lock);
	kstat_incr_irqs_this_cpu(desc);
	if (desc->action && !desc->depth)
		handle_irq_event(desc);
	raw_spin_unlock(&desc->lock);
}

int generic_handle_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	if (!desc || !desc->handle_irq)
		return -EINVAL;
	desc->handle_irq(desc);
	return 0;
}

int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction *action;
	unsigned long f;

	if (!desc || !handler)
		return -EINVAL;
	action = kzalloc(sizeof(*action), GFP_KERNEL);
	if (!action)
		return -ENOMEM;
	*action = (struct irqaction){ .handler = handler, .dev_id = dev, .irq = irq, .flags = flags, .name = name };
	raw_spin_lock_irqsave(&desc->lock, f);
	if (desc->action && !(flags & IRQF_SHARED)) {
		raw_spin_unlock_irqrestore(&desc->lock, f);
		kfree(action);
		return -EBUSY;
	}
	action->next = desc->action;
	desc->action = action;
	desc->handle_irq = handle_edge_irq;
	raw_spin_unlock_irqrestore(&desc->lock, f);
	return 0;
}
EXPORT_SYMBOL(request_irq);

void synchronize_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned int spins = 0;

	while (desc && READ_ONCE(desc->status) & IRQD_IN_PROGRESS)
		cpu_spin_wait(&spins);
}

const void *free_irq(unsigned int irq, void *dev_id)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction **p, *action = NULL;
	const void *name = NULL;
	unsigned long f;

	if (!desc)
		return NULL;
	raw_spin_lock_irqsave(&desc->lock, f);
	for (p = &desc->action; *p; p = &(*p)->next)
		if ((*p)->dev_id == dev_id) {
			action = *p;
			*p = action->next;
			break;
		}
	raw_spin_unlock_irqrestore(&desc->lock, f);
	if (action) {
		synchronize_irq(irq);
		name = action->name;
		kfree(action);
	}
	return name;
}
EXPORT_SYMBOL(free_irq);

void disable_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long f;

	raw_spin_lock_irqsave(&desc->lock, f);
	desc->depth++;
	raw_spin_unlock_irqrestore(&desc->lock, f);
	synchronize_irq(irq);
}
EXPORT_SYMBOL(disable_irq);

void enable_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long f;

	raw_spin_lock_irqsave(&desc->lock, f);
	if (desc->depth)
		desc->depth--;
	raw_spin_unlock_irqrestore(&desc->lock, f);
}
EXPORT_SYMBOL(enable_irq);

void __init early_irq_init(void)
{
	unsigned int i;

	for (i = 0; i < NR_IRQS; i++)
		irq_desc[i].irq = i;
}
