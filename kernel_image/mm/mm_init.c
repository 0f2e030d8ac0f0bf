/* SPDX-License-Identifier: MIT */
/* Where memory comes from, and how much there is. */
#include <linux/export.h>
#include <linux/memblock.h>
#include <linux/sysinfo.h>
#include <linux/vmstat.h>
#include <asm/setup.h>
#include "internal.h"

unsigned long nr_free_pages(void)
{
	return zone_page_state(&contig_zone, NR_FREE_PAGES);
}

void si_meminfo(struct sysinfo *val)
{
	val->totalram = totalram_pages();
	val->freeram = nr_free_pages();
	val->sharedram = val->bufferram = val->totalhigh = val->freehigh = 0;
	val->mem_unit = PAGE_SIZE;
}
EXPORT_SYMBOL(si_meminfo);

static __init void zone_init(struct zone *zone)
{
	spin_lock_init(&zone->lock);
	for (int o = 0; o < MAX_ORDER; o++)
		for (int mt = 0; mt < MIGRATE_TYPES; mt++)
			INIT_LIST_HEAD(&zone->free_area[o].free_list[mt]);
	for (int cpu = 0; cpu < NR_CPUS; cpu++) {
		struct per_cpu_pages *pcp = &zone->pageset[cpu];

		spin_lock_init(&pcp->lock);
		pcp->batch = 16;
		pcp->high = 96;
		for (int mt = 0; mt < MIGRATE_TYPES; mt++)
			INIT_LIST_HEAD(&pcp->lists[mt]);
	}
	zone->_watermark[WMARK_MIN] = zone->managed_pages / 256;
	zone->_watermark[WMARK_LOW] = zone->_watermark[WMARK_MIN] * 5 / 4;
	zone->_watermark[WMARK_HIGH] = zone->_watermark[WMARK_MIN] * 3 / 2;
}

/* struct pages for all RAM; what boot has not taken becomes free. */
__init void mem_init(void)
{
	unsigned long pfn, free_start;
	struct zone *zone = &contig_zone;

	min_low_pfn = PFN_UP((unsigned long)boot_params.ram_start);
	max_pfn = PFN_DOWN((unsigned long)boot_params.ram_end);
	mem_map = memblock_alloc((max_pfn - min_low_pfn) * sizeof(struct page), 64);
	free_start = PFN_UP(memblock_start());
	for (pfn = min_low_pfn; pfn < free_start; pfn++)
		__SetPageReserved(pfn_to_page(pfn));
	zone->zone_start_pfn = min_low_pfn;
	zone->spanned_pages = max_pfn - min_low_pfn;
	zone->managed_pages = max_pfn - free_start;
	_totalram_pages.counter = zone->managed_pages;
	zone_init(zone);
	while (pfn < max_pfn) {
		unsigned int order = min_t(unsigned int, __builtin_ctzl(pfn), MAX_ORDER - 1);

		while (pfn + (1UL << order) > max_pfn)
			order--;
		add_to_free_list(pfn_to_page(pfn), zone, order, MIGRATE_MOVABLE);
		pfn += 1UL << order;
	}
	atomic_long_set(&zone->vm_stat[NR_FREE_PAGES], zone->managed_pages);
}
