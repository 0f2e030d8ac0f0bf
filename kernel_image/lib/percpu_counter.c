/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/percpu_counter.h>
#include <linux/preempt.h>

int percpu_counter_init(struct percpu_counter *fbc, s64 amount, gfp_t gfp)
{
	(void)gfp;
	spin_lock_init(&fbc->lock);
	fbc->count = amount;
	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		fbc->counters[cpu] = 0;
	return 0;
}
EXPORT_SYMBOL(percpu_counter_init);

void percpu_counter_destroy(struct percpu_counter *fbc)
{
	(void)fbc;
}
EXPORT_SYMBOL(percpu_counter_destroy);

void percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch)
{
	unsigned long flags;
	s64 count;

	preempt_disable();
	count = this_cpu_read(fbc->counters) + amount;
	if (count >= batch || count <= -batch) {
		spin_lock_irqsave(&fbc->lock, flags);
		fbc->count += count;
		this_cpu_write(fbc->counters, 0);
		spin_unlock_irqrestore(&fbc->lock, flags);
	} else {
		this_cpu_write(fbc->counters, count);
	}
	preempt_enable();
}
EXPORT_SYMBOL(percpu_counter_add_batch);

s64 __percpu_counter_sum(struct percpu_counter *fbc)
{
	unsigned long flags;
	s64 sum;
	int cpu;

	spin_lock_irqsave(&fbc->lock, flags);
	sum = fbc->count;
	for_each_online_cpu(cpu)
		sum += fbc->counters[cpu];
	spin_unlock_irqrestore(&fbc->lock, flags);
	return sum;
}
EXPORT_SYMBOL(__percpu_counter_sum);

void percpu_counter_set(struct percpu_counter *fbc, s64 amount)
{
	unsigned long flags;

	spin_lock_irqsave(&fbc->lock, flags);
	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		fbc->counters[cpu] = 0;
	fbc->count = amount;
	spin_unlock_irqrestore(&fbc->lock, flags);
}
EXPORT_SYMBOL(percpu_counter_set);
