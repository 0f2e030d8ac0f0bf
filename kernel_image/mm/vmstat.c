/* SPDX-License-Identifier: MIT */
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/preempt.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#define STAT_THRESHOLD	32

/* With preemption off; an interrupt in between may only lose precision of its own CPU's share. */
void __mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long delta)
{
	s8 *p = &this_cpu_ptr(zone->pageset)->vm_stat_diff[item];
	long x = *p + delta;

	if (x > STAT_THRESHOLD || x < -STAT_THRESHOLD) {
		atomic_long_add(x, &zone->vm_stat[item]);
		x = 0;
	}
	*p = x;
}

void mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long delta)
{
	unsigned long flags;

	local_irq_save(flags);
	__mod_zone_page_state(zone, item, delta);
	local_irq_restore(flags);
}

unsigned long zone_page_state_snapshot(struct zone *zone, enum zone_stat_item item)
{
	long v = atomic_long_read(&zone->vm_stat[item]);
	int cpu;

	for_each_online_cpu(cpu)
		v += zone->pageset[cpu].vm_stat_diff[item];
	return v < 0 ? 0 : v;
}

/* Folds this CPU's differences into the zone; how many there were. */
int refresh_cpu_vm_stats(void)
{
	struct zone *zone = &contig_zone;
	int changes = 0;

	for (int i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++) {
		unsigned long flags;
		long v;

		local_irq_save(flags);
		v = this_cpu_ptr(zone->pageset)->vm_stat_diff[i];
		this_cpu_ptr(zone->pageset)->vm_stat_diff[i] = 0;
		local_irq_restore(flags);
		if (v) {
			atomic_long_add(v, &zone->vm_stat[i]);
			changes++;
		}
	}
	return changes;
}

static bool need_update(int cpu)
{
	struct per_cpu_pages *pcp = &contig_zone.pageset[cpu];

	for (int i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++)
		if (pcp->vm_stat_diff[i])
			return true;
	return false;
}

static struct delayed_work vmstat_work[NR_CPUS];
struct workqueue_struct *mm_percpu_wq;
static void vmstat_shepherd(struct work_struct *w);
static DECLARE_DELAYED_WORK(shepherd, vmstat_shepherd);

/* While a CPU produces differences its work runs every second; then only the shepherd looks at it. */
static void vmstat_update(struct work_struct *w)
{
	int cpu = smp_processor_id();

	if (refresh_cpu_vm_stats())
		queue_delayed_work_on(cpu, mm_percpu_wq, &vmstat_work[cpu], HZ);
}

static void vmstat_shepherd(struct work_struct *w)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (!delayed_work_pending(&vmstat_work[cpu]) && need_update(cpu))
			queue_delayed_work_on(cpu, mm_percpu_wq, &vmstat_work[cpu], 0);
	schedule_delayed_work(&shepherd, 4 * HZ);
}

static __init int init_mm_internals(void)
{
	mm_percpu_wq = alloc_workqueue("mm_percpu_wq", WQ_MEM_RECLAIM, 0);
	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		INIT_DELAYED_WORK(&vmstat_work[cpu], vmstat_update);
	schedule_delayed_work(&shepherd, 4 * HZ);
	return 0;
}
core_initcall(init_mm_internals);
