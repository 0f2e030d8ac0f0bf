// SPDX-License-Identifier: MIT
/* Work from NMI or any context, done in the next interrupt. */
#include <linux/irq_work.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/export.h>

static DEFINE_PER_CPU(struct llist_head, raised_list);

static bool irq_work_claim(struct irq_work *work)
{
	return !(__sync_fetch_and_or(&work->node.u_flags, IRQ_WORK_PENDING | IRQ_WORK_BUSY | CSD_TYPE_IRQ_WORK) & IRQ_WORK_PENDING);
}

bool irq_work_queue(struct irq_work *work)
{
	if (!irq_work_claim(work))
		return false;
	preempt_disable();
	if (llist_add(&work->node.llist, this_cpu_ptr(raised_list)))
		arch_irq_work_raise();
	preempt_enable();
	return true;
}
EXPORT_SYMBOL(irq_work_queue);

bool irq_work_queue_on(struct irq_work *work, int cpu)
{
	if (!irq_work_claim(work))
		return false;
	preempt_disable();
	if (cpu != smp_processor_id())
		__smp_call_single_queue(cpu, &work->node.llist);
	else if (llist_add(&work->node.llist, this_cpu_ptr(raised_list)))
		arch_irq_work_raise();
	preempt_enable();
	return true;
}

bool irq_work_needs_cpu(void)
{
	return !llist_empty(this_cpu_ptr(raised_list));
}

void irq_work_single(void *arg)
{
	struct irq_work *work = arg;
	unsigned int flags;

	/* From here on it can be queued again. */
	__sync_fetch_and_and(&work->node.u_flags, ~IRQ_WORK_PENDING);
	flags = work->node.u_flags;
	work->func(work);
	cmpxchg(&work->node.u_flags, flags, flags & ~IRQ_WORK_BUSY);
}

static void irq_work_run_list(struct llist_head *list)
{
	struct llist_node *n = llist_reverse_order(llist_del_all(list));

	while (n) {
		struct llist_node *next = n->next;

		irq_work_single(container_of(n, struct irq_work, node.llist));
		n = next;
	}
}

void irq_work_run(void) { irq_work_run_list(this_cpu_ptr(raised_list)); }

void irq_work_tick(void)
{
	if (!llist_empty(this_cpu_ptr(raised_list)))
		irq_work_run_list(this_cpu_ptr(raised_list));
}

void irq_work_sync(struct irq_work *work)
{
	unsigned int spins = 0;

	while (irq_work_is_busy(work))
		cpu_spin_wait(&spins);
}
EXPORT_SYMBOL(irq_work_sync);
