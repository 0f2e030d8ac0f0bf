/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_VMSTAT_H
#define _LINUX_VMSTAT_H
#include <linux/mmzone.h>
void __mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long delta);
void mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long delta);
int refresh_cpu_vm_stats(void);
static inline unsigned long zone_page_state(struct zone *zone, enum zone_stat_item item)
{
	long v = zone->vm_stat[item].counter;

	return v < 0 ? 0 : v;
}
unsigned long zone_page_state_snapshot(struct zone *zone, enum zone_stat_item item);
#define global_zone_page_state(item)	zone_page_state(&contig_zone, item)
#endif
