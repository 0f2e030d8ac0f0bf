// SPDX-License-Identifier: MIT
/* Calling functions on other CPUs: each CPU has a queue that others add to without a lock, and an interrupt. */
#include <linux/smp.h>
#include <linux/sched.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>

static DEFINE_PER_CPU(struct llist_head, call_single_queue);
static DEFINE_PER_CPU(call_single_data_t, csd_data);

static __always_inline void csd_lock_wait(call_single_data_t *csd)
{
	unsigned int spins = 0;

	while (READ_ONCE(csd->node.u_flags) & CSD_FLAG_LOCK)
		cpu_spin_wait(&spins);
}

static __always_inline void csd_lock(call_single_data_t *csd)
{
	csd_lock_wait(csd);
	csd->node.u_flags |= CSD_FLAG_LOCK;
}

static __always_inline void csd_unlock(call_single_data_t *csd)
{
	barrier();
	WRITE_ONCE(csd->node.u_flags, csd->node.u_flags & ~CSD_FLAG_LOCK);
}

void __smp_call_single_queue(int cpu, struct llist_node *node)
{
	if (llist_add(node, &per_cpu(call_single_queue, cpu)))
		send_call_function_single_ipi(cpu);
}

static noinline int generic_exec_single(int cpu, call_single_data_t *csd)
{
	if (cpu == smp_processor_id()) {
		smp_call_func_t func = csd->func;
		void *info = csd->info;
		unsigned long flags;

		csd_unlock(csd);
		local_irq_save(flags);
		func(info);
		local_irq_restore(flags);
		return 0;
	}
	if (!cpu_online(cpu)) {
		csd_unlock(csd);
		return -ENXIO;
	}
	__smp_call_single_queue(cpu, &csd->node.llist);
	return 0;
}

/* What the queue's entries are: calls that somebody waits for, calls, irq works, and tasks woken from afar. */
static noinline void __flush_smp_call_function_queue(bool warn_cpu_offline)
{
	struct llist_node *entry = llist_reverse_order(llist_del_all(this_cpu_ptr(call_single_queue)));
	struct llist_node *ttwu = NULL, **ttwu_tail = &ttwu;

	while (entry) {
		struct llist_node *next = entry->next;
		/* A task's entry has the same two words: list node, flags. */
		struct __call_single_node *node = container_of(entry, struct __call_single_node, llist);
		call_single_data_t *csd = container_of(node, call_single_data_t, node);
		unsigned int type = node->u_flags & CSD_FLAG_TYPE_MASK;

		if (type == CSD_TYPE_TTWU) {
			entry->next = NULL;
			*ttwu_tail = entry;
			ttwu_tail = &entry->next;
		} else if (type == CSD_TYPE_IRQ_WORK) {
			irq_work_single(csd);
		} else {
			smp_call_func_t func = csd->func;
			void *info = csd->info;

			if (type == CSD_TYPE_SYNC) {
				func(info);
				csd_unlock(csd);
			} else {
				csd_unlock(csd);
				func(info);
			}
		}
		entry = next;
	}
	if (ttwu)
		sched_ttwu_pending(ttwu);
}

void generic_smp_call_function_single_interrupt(void)
{
	__flush_smp_call_function_queue(true);
}

/* From the idle loop, before it schedules. */
void flush_smp_call_function_queue(void)
{
	unsigned long flags;

	if (llist_empty(this_cpu_ptr(call_single_queue)))
		return;
	local_irq_save(flags);
	__flush_smp_call_function_queue(true);
	if (local_softirq_pending())
		do_softirq();
	local_irq_restore(flags);
}

int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
{
	call_single_data_t csd_stack = { .node = { .u_flags = CSD_FLAG_LOCK | CSD_TYPE_SYNC } };
	call_single_data_t *csd = &csd_stack;
	int err;

	preempt_disable();
	if (!wait) {
		csd = this_cpu_ptr(csd_data);
		csd_lock(csd);
		csd->node.u_flags = CSD_FLAG_LOCK;
	}
	csd->func = func;
	csd->info = info;
	err = generic_exec_single(cpu, csd);
	if (wait)
		csd_lock_wait(csd);
	preempt_enable();
	return err;
}
EXPORT_SYMBOL(smp_call_function_single);

int smp_call_function_single_async(int cpu, struct __call_single_data *csd)
{
	int err;

	preempt_disable();
	if (csd->node.u_flags & CSD_FLAG_LOCK) {
		preempt_enable();
		return -EBUSY;
	}
	csd->node.u_flags = CSD_FLAG_LOCK;
	err = generic_exec_single(cpu, csd);
	preempt_enable();
	return err;
}

static call_single_data_t cfd_csd[NR_CPUS][NR_CPUS];

static noinline void smp_call_function_many_cond(const struct cpumask *mask, smp_call_func_t func, void *info,
						 bool wait, bool run_local, smp_cond_func_t cond)
{
	int this_cpu = smp_processor_id(), cpu;
	struct cpumask sent = { { 0 } };

	for_each_cpu(cpu, mask) {
		call_single_data_t *csd = &cfd_csd[this_cpu][cpu];

		if (cpu == this_cpu || !cpu_online(cpu) || (cond && !cond(cpu, info)))
			continue;
		csd_lock(csd);
		csd->node.u_flags = CSD_FLAG_LOCK | (wait ? CSD_TYPE_SYNC : 0);
		csd->func = func;
		csd->info = info;
		if (llist_add(&csd->node.llist, &per_cpu(call_single_queue, cpu)))
			__cpumask_set_cpu(cpu, &sent);
	}
	if (!cpumask_empty(&sent))
		arch_send_call_function_ipi_mask(&sent);
	if (run_local && cpumask_test_cpu(this_cpu, mask) && (!cond || cond(this_cpu, info))) {
		unsigned long flags;

		local_irq_save(flags);
		func(info);
		local_irq_restore(flags);
	}
	if (wait)
		for_each_cpu(cpu, mask)
			if (cpu != this_cpu)
				csd_lock_wait(&cfd_csd[this_cpu][cpu]);
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	smp_call_function_many_cond(mask, func, info, wait, false, NULL);
}
EXPORT_SYMBOL(smp_call_function_many);

void smp_call_function(smp_call_func_t func, void *info, int wait)
{
	preempt_disable();
	smp_call_function_many(cpu_online_mask, func, info, wait);
	preempt_enable();
}
EXPORT_SYMBOL(smp_call_function);

int smp_call_function_any(const struct cpumask *mask, smp_call_func_t func, void *info, int wait)
{
	int cpu = smp_processor_id();

	if (!cpumask_test_cpu(cpu, mask))
		cpu = cpumask_any_and(mask, cpu_online_mask);
	return smp_call_function_single(cpu, func, info, wait);
}

void on_each_cpu_cond_mask(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait, const struct cpumask *mask)
{
	preempt_disable();
	smp_call_function_many_cond(mask, func, info, wait, true, cond);
	preempt_enable();
}
EXPORT_SYMBOL(on_each_cpu_cond_mask);

static void do_nothing(void *unused) { }
void kick_all_cpus_sync(void) { smp_call_function(do_nothing, NULL, 1); }

void wake_up_all_idle_cpus(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id() && idle_cpu(cpu))
			smp_send_reschedule(cpu);
}
