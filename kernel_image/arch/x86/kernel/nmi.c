// SPDX-License-Identifier: MIT
/* NMIs arrive between any two instructions; handlers are traced, the way to them is not. */
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/init.h>
#include <linux/rculist.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/entry-common.h>
#include <asm/nmi.h>
#include <asm/ftrace_nmi.h>

struct nmi_desc { raw_spinlock_t lock; struct list_head head; };
static struct nmi_desc nmi_desc[NMI_MAX] = {
	{ { 0 }, LIST_HEAD_INIT(nmi_desc[0].head) }, { { 0 }, LIST_HEAD_INIT(nmi_desc[1].head) },
	{ { 0 }, LIST_HEAD_INIT(nmi_desc[2].head) }, { { 0 }, LIST_HEAD_INIT(nmi_desc[3].head) },
};
DEFINE_PER_CPU(unsigned int, nmi_counts);
DEFINE_PER_CPU(unsigned int, nmi_depth_max);

/* Each handler of the list looks whether the NMI is its own. */
static noinline int nmi_handle(unsigned int type, struct pt_regs *regs)
{
	struct nmiaction *a;
	int handled = 0;

	list_for_each_entry_rcu(a, &nmi_desc[type].head, list) {
		u64 start = sched_clock();

		handled += a->handler(type, regs);
		start = sched_clock() - start;
		if (start > a->max_duration)
			a->max_duration = start;
	}
	return handled;
}

int __register_nmi_handler(unsigned int type, struct nmiaction *action)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&nmi_desc[type].lock, flags);
	list_add_tail_rcu(&action->list, &nmi_desc[type].head);
	raw_spin_unlock_irqrestore(&nmi_desc[type].lock, flags);
	return 0;
}

void unregister_nmi_handler(unsigned int type, const char *name)
{
	struct nmiaction *a, *n;
	unsigned long flags;

	raw_spin_lock_irqsave(&nmi_desc[type].lock, flags);
	list_for_each_entry_safe(a, n, &nmi_desc[type].head, list)
		if (!strcmp(a->name, name))
			list_del_rcu(&a->list);
	raw_spin_unlock_irqrestore(&nmi_desc[type].lock, flags);
}

static noinstr void default_do_nmi(struct pt_regs *regs)
{
	if (!nmi_handle(NMI_LOCAL, regs))
		nmi_handle(NMI_UNKNOWN, regs);
}

noinstr void exc_nmi(struct pt_regs *regs)
{
	irqentry_state_t state;
	unsigned int depth;

	ftrace_nmi_enter();
	state = irqentry_nmi_enter(regs);
	depth = (preempt_count() & NMI_MASK) >> NMI_SHIFT;
	this_cpu_inc(nmi_counts);
	if (depth > this_cpu_read(nmi_depth_max))
		this_cpu_write(nmi_depth_max, depth);
	default_do_nmi(regs);
	irqentry_nmi_exit(regs, state);
	ftrace_nmi_exit();
}

DEFINE_PER_CPU(unsigned long, perf_nmi_ip);

/* The counters of a CPU overflow when the host says so: note where it was. */
static noinline int x86_pmu_handle_irq(struct pt_regs *regs)
{
	this_cpu_write(perf_nmi_ip, regs->ip);
	return 1;
}

static int perf_event_nmi_handler(unsigned int cmd, struct pt_regs *regs)
{
	return x86_pmu_handle_irq(regs) ? NMI_HANDLED : NMI_DONE;
}

static int __init init_hw_perf_events(void)
{
	register_nmi_handler(NMI_LOCAL, perf_event_nmi_handler, 0, "PMI");
	return 0;
}
early_initcall(init_hw_perf_events);
