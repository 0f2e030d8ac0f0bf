/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/oom.h>
#include <linux/sched/mm.h>
#include <linux/string.h>
#include <linux/vmstat.h>
#include "internal.h"
#include <trace/events/kmem.h>

struct page *mem_map;
unsigned long min_low_pfn, max_pfn;
atomic_long_t _totalram_pages;
/* One node, one zone: all memory is mapped and all of it is alike. */
struct zone contig_zone = { .name = "Normal" };

static const int fallbacks[MIGRATE_TYPES][MIGRATE_TYPES - 1] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

static inline int gfp_migratetype(gfp_t gfp)
{
	return gfp & __GFP_MOVABLE ? MIGRATE_MOVABLE : gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

/* Buddies: under zone->lock.  The order of a free block is in private, its migrate type in index. */

notrace void add_to_free_list(struct page *page, struct zone *zone, unsigned int order, int mt)
{
	page->private = order;
	page->index = mt;
	__SetPageBuddy(page);
	list_add(&page->lru, &zone->free_area[order].free_list[mt]);
	zone->free_area[order].nr_free++;
}

static inline void del_page_from_free_list(struct page *page, struct zone *zone, unsigned int order)
{
	list_del(&page->lru);
	__ClearPageBuddy(page);
	page->private = 0;
	zone->free_area[order].nr_free--;
}

static void __free_one_page(struct page *page, struct zone *zone, unsigned int order, int mt)
{
	unsigned long pfn = page_to_pfn(page);

	__mod_zone_page_state(zone, NR_FREE_PAGES, 1L << order);
	for (; order < MAX_ORDER - 1; order++) {
		unsigned long buddy_pfn = pfn ^ (1UL << order);
		struct page *buddy;

		if (!pfn_valid(buddy_pfn))
			break;
		buddy = pfn_to_page(buddy_pfn);
		if (!PageBuddy(buddy) || buddy->private != order)
			break;
		del_page_from_free_list(buddy, zone, order);
		pfn &= buddy_pfn;
	}
	add_to_free_list(pfn_to_page(pfn), zone, order, mt);
}

static inline void expand(struct zone *zone, struct page *page, unsigned int low, unsigned int high, int mt)
{
	while (high > low) {
		high--;
		add_to_free_list(page + (1UL << high), zone, high, mt);
	}
}

static __always_inline struct page *__rmqueue_smallest(struct zone *zone, unsigned int order, int mt)
{
	for (unsigned int o = order; o < MAX_ORDER; o++) {
		struct list_head *list = &zone->free_area[o].free_list[mt];

		if (!list_empty(list)) {
			struct page *page = list_first_entry(list, struct page, lru);

			del_page_from_free_list(page, zone, o);
			expand(zone, page, order, o, mt);
			page->index = mt;
			return page;
		}
	}
	return NULL;
}

static struct page *__rmqueue(struct zone *zone, unsigned int order, int mt)
{
	struct page *page = __rmqueue_smallest(zone, order, mt);

	for (int i = 0; !page && i < MIGRATE_TYPES - 1; i++)
		page = __rmqueue_smallest(zone, order, fallbacks[mt][i]);
	return page;
}

static noinline_for_trace int rmqueue_bulk(struct zone *zone, unsigned int order, unsigned long count, struct list_head *list, int mt)
{
	unsigned long flags;
	int n = 0;

	spin_lock_irqsave(&zone->lock, flags);
	while (n < count) {
		struct page *page = __rmqueue(zone, order, mt);

		if (!page)
			break;
		list_add_tail(&page->lru, list);
		n++;
	}
	__mod_zone_page_state(zone, NR_FREE_PAGES, -(long)(n << order));
	spin_unlock_irqrestore(&zone->lock, flags);
	return n;
}

static inline struct page *rmqueue_buddy(struct zone *zone, unsigned int order, int mt)
{
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&zone->lock, flags);
	page = __rmqueue(zone, order, mt);
	if (page)
		__mod_zone_page_state(zone, NR_FREE_PAGES, -(1L << order));
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

static inline struct page *rmqueue_pcplist(struct zone *zone, int mt)
{
	struct per_cpu_pages *pcp;
	struct page *page = NULL;

	preempt_disable();
	pcp = this_cpu_ptr(zone->pageset);
	if (spin_trylock(&pcp->lock)) {
		if (list_empty(&pcp->lists[mt]))
			pcp->count += rmqueue_bulk(zone, 0, pcp->batch, &pcp->lists[mt], mt);
		if (!list_empty(&pcp->lists[mt])) {
			page = list_first_entry(&pcp->lists[mt], struct page, lru);
			list_del(&page->lru);
			pcp->count--;
		}
		spin_unlock(&pcp->lock);
	}
	preempt_enable();
	return page;
}

static noinline_for_trace struct page *rmqueue(struct zone *zone, unsigned int order, gfp_t gfp)
{
	int mt = gfp_migratetype(gfp);
	struct page *page = NULL;

	if (!order)
		page = rmqueue_pcplist(zone, mt);
	return page ? page : rmqueue_buddy(zone, order, mt);
}

bool zone_watermark_ok(struct zone *z, unsigned int order, unsigned long mark)
{
	if (zone_page_state(z, NR_FREE_PAGES) <= mark)
		return false;
	for (unsigned int o = order; o < MAX_ORDER; o++)
		if (z->free_area[o].nr_free)
			return true;
	return !order;
}

void prep_compound_page(struct page *page, unsigned int order)
{
	__SetPageHead(page);
	page[1].compound_order = order;
	for (unsigned long i = 1; i < 1UL << order; i++)
		page[i].compound_head = (unsigned long)page | 1;
}

static void prep_new_page(struct page *page, unsigned int order, gfp_t gfp)
{
	page->mapping = NULL;
	page->private = 0;
	set_page_count(page, 1);
	atomic_set(&page->_mapcount, -1);
	if (gfp & __GFP_ZERO)
		memset(page_address(page), 0, PAGE_SIZE << order);
	if (order && gfp & __GFP_COMP)
		prep_compound_page(page, order);
}

static noinline_for_trace struct page *get_page_from_freelist(gfp_t gfp, unsigned int order, int wmark)
{
	struct zone *zone = &contig_zone;
	struct page *page;

	if (wmark >= 0 && !zone_watermark_ok(zone, order, wmark_pages(zone, wmark)))
		return NULL;
	page = rmqueue(zone, order, gfp);
	if (page)
		prep_new_page(page, order, gfp);
	return page;
}

/* Error injection hooks on to it; here it only exists. */
noinline_for_trace bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	barrier();
	return false;
}

void warn_alloc(gfp_t gfp, void *nodemask, const char *what)
{
	printk("%s: %s, mode:%#x, free pages: %lu\n", current->comm, what, gfp, zone_page_state(&contig_zone, NR_FREE_PAGES));
}

static noinline_for_trace struct page *__alloc_pages_slowpath(gfp_t gfp, unsigned int order)
{
	struct oom_control oc = { .gfp_mask = gfp, .order = order };
	int wmark = gfp & (__GFP_MEMALLOC | __GFP_HIGH) ? -1 : WMARK_MIN;
	struct page *page;

	if (gfp & __GFP_KSWAPD_RECLAIM)
		wakeup_kswapd(&contig_zone, gfp, order, 0);
	for (int tries = 0;; tries++) {
		page = get_page_from_freelist(gfp, order, wmark);
		if (page || !(gfp & __GFP_DIRECT_RECLAIM))
			break;
		if (try_to_free_pages(gfp, order) && tries < 3)
			continue;
		drain_all_pages(NULL);
		page = get_page_from_freelist(gfp, order, wmark);
		if (page || gfp & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL) || order > PAGE_ALLOC_COSTLY_ORDER)
			break;
		if (tries > 8 || !out_of_memory(&oc))
			break;
		schedule_timeout_uninterruptible(1);
	}
	if (!page && !(gfp & __GFP_NOWARN))
		warn_alloc(gfp, NULL, "page allocation failure");
	return page;
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order, int preferred_nid, void *nodemask)
{
	struct page *page;

	if (order >= MAX_ORDER)
		return NULL;
	might_alloc(gfp);
	if (should_fail_alloc_page(gfp, order))
		return NULL;
	page = get_page_from_freelist(gfp, order, WMARK_LOW);
	if (unlikely(!page))
		page = __alloc_pages_slowpath(gfp, order);
	trace_mm_page_alloc(page, order, gfp, gfp_migratetype(gfp));
	return page;
}
EXPORT_SYMBOL(__alloc_pages);

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return __alloc_pages(gfp, order, 0, NULL);
}
EXPORT_SYMBOL(alloc_pages);

struct folio *__folio_alloc(gfp_t gfp, unsigned int order, int preferred_nid, void *nodemask)
{
	return (struct folio *)__alloc_pages(gfp | __GFP_COMP, order, preferred_nid, nodemask);
}
EXPORT_SYMBOL(__folio_alloc);

struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	return (struct folio *)alloc_pages(gfp | __GFP_COMP, order);
}
EXPORT_SYMBOL(folio_alloc);

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	return page ? (unsigned long)page_address(page) : 0;
}
EXPORT_SYMBOL(__get_free_pages);

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}
EXPORT_SYMBOL(get_zeroed_page);

static void free_pages_prepare(struct page *page, unsigned int order)
{
	trace_mm_page_free(page, order);
	if (PageHead(page))
		for (unsigned long i = 1; i < 1UL << order; i++)
			page[i].compound_head = 0;
	page->flags = 0;
	page->mapping = NULL;
}

static void free_one_page(struct zone *zone, struct page *page, unsigned int order, int mt)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	__free_one_page(page, zone, order, mt);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* page->index keeps the migrate type while the owner does not use it: ask only here. */
static int page_migratetype(struct page *page)
{
	return page->index < MIGRATE_TYPES ? page->index : MIGRATE_MOVABLE;
}

static noinline_for_trace void free_pcppages_bulk(struct zone *zone, int count, struct per_cpu_pages *pcp)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (int mt = 0; mt < MIGRATE_TYPES; mt++) {
		while (count > 0 && !list_empty(&pcp->lists[mt])) {
			struct page *page = list_last_entry(&pcp->lists[mt], struct page, lru);

			list_del(&page->lru);
			__free_one_page(page, zone, 0, mt);
			pcp->count--;
			count--;
		}
	}
	spin_unlock_irqrestore(&zone->lock, flags);
}

static void free_unref_page_commit(struct zone *zone, struct per_cpu_pages *pcp, struct page *page, int mt)
{
	list_add(&page->lru, &pcp->lists[mt]);
	if (++pcp->count >= pcp->high)
		free_pcppages_bulk(zone, pcp->batch, pcp);
}

void free_unref_page(struct page *page, unsigned int order)
{
	struct zone *zone = &contig_zone;
	struct per_cpu_pages *pcp;
	int mt = page_migratetype(page);

	free_pages_prepare(page, order);
	preempt_disable();
	pcp = this_cpu_ptr(zone->pageset);
	if (!order && spin_trylock(&pcp->lock)) {
		free_unref_page_commit(zone, pcp, page, mt);
		spin_unlock(&pcp->lock);
	} else {
		free_one_page(zone, page, order, mt);
	}
	preempt_enable();
}

static noinline_for_trace void __free_pages_ok(struct page *page, unsigned int order)
{
	int mt = page_migratetype(page);

	free_pages_prepare(page, order);
	free_one_page(&contig_zone, page, order, mt);
}

static inline void free_the_page(struct page *page, unsigned int order)
{
	if (!order)
		free_unref_page(page, order);
	else
		__free_pages_ok(page, order);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (put_page_testzero(page))
		free_the_page(page, order);
}
EXPORT_SYMBOL(__free_pages);

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page((void *)addr), order);
}
EXPORT_SYMBOL(free_pages);

/* The last reference to a page of a file or a folio. */
void __folio_put(struct folio *folio)
{
	free_the_page(&folio->page, folio_order(folio));
}
EXPORT_SYMBOL(__folio_put);

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	return (void *)__get_free_pages(gfp, order_base_2(PFN_UP(size)));
}
EXPORT_SYMBOL(alloc_pages_exact);

void free_pages_exact(void *virt, size_t size)
{
	free_pages((unsigned long)virt, order_base_2(PFN_UP(size)));
}
EXPORT_SYMBOL(free_pages_exact);

/* Pages that wait on this CPU's lists go back to the free areas. */
void drain_local_pages(void *zone)
{
	struct per_cpu_pages *pcp;

	preempt_disable();
	pcp = this_cpu_ptr(contig_zone.pageset);
	if (pcp->count && spin_trylock(&pcp->lock)) {
		free_pcppages_bulk(&contig_zone, pcp->count, pcp);
		spin_unlock(&pcp->lock);
	}
	preempt_enable();
}

void drain_all_pages(void *zone)
{
	int cpu;

	for_each_online_cpu(cpu) {
		struct per_cpu_pages *pcp = per_cpu_ptr(contig_zone.pageset, cpu);

		if (pcp->count && spin_trylock(&pcp->lock)) {
			free_pcppages_bulk(&contig_zone, pcp->count, pcp);
			spin_unlock(&pcp->lock);
		}
	}
}
