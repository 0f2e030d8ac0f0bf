/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MMZONE_H
#define _LINUX_MMZONE_H
#include <linux/types.h>
#include <linux/spinlock.h>
#include <asm/percpu.h>

#define MAX_ORDER		11	/* orders 0 to MAX_ORDER - 1, as in 6.1 */
#define MAX_ORDER_NR_PAGES	(1 << (MAX_ORDER - 1))
#define PAGE_ALLOC_COSTLY_ORDER	3

enum migratetype { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_TYPES };
enum zone_watermarks { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };
enum zone_stat_item { NR_FREE_PAGES, NR_SLAB_PAGES, NR_ANON_PAGES, NR_FILE_PAGES, NR_KERNEL_STACK_KB, PGALLOC, PGFREE,
		      NR_VM_ZONE_STAT_ITEMS };

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long nr_free;
};

/* Its own CPU takes the lock by trylock only: an interrupt that finds it held goes to the free areas. */
struct per_cpu_pages {
	spinlock_t lock;
	int count, high, batch;
	struct list_head lists[MIGRATE_TYPES];
	s8 vm_stat_diff[NR_VM_ZONE_STAT_ITEMS];
};

struct zone {
	unsigned long _watermark[NR_WMARK];
	unsigned long zone_start_pfn, spanned_pages, managed_pages;
	const char *name;
	spinlock_t lock;			/* free_area */
	struct free_area free_area[MAX_ORDER];
	atomic_long_t vm_stat[NR_VM_ZONE_STAT_ITEMS];
	struct per_cpu_pages pageset[NR_CPUS];
};
extern struct zone contig_zone;
#define wmark_pages(z, w)	((z)->_watermark[w])
bool zone_watermark_ok(struct zone *z, unsigned int order, unsigned long mark);
#endif
