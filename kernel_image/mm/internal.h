/* SPDX-License-Identifier: MIT */
#ifndef _MM_INTERNAL_H
#define _MM_INTERNAL_H
#include <linux/mm.h>
#include <linux/mmzone.h>

/* page_alloc.c */
void add_to_free_list(struct page *page, struct zone *zone, unsigned int order, int mt);	/* zone->lock */
void prep_compound_page(struct page *page, unsigned int order);
void warn_alloc(gfp_t gfp, void *nodemask, const char *what);
/* vmscan.c */
void wakeup_kswapd(struct zone *zone, gfp_t gfp, int order, int highest_zoneidx);
unsigned long try_to_free_pages(gfp_t gfp, int order);
unsigned long shrink_slab(gfp_t gfp, int nid, int priority);
#endif
