/* SPDX-License-Identifier: MIT */
#include "slab.h"
#include "trace_hooks.h"

__weak notrace void trace_kmalloc(unsigned long call_site, const void *ptr, size_t req, size_t alloc, gfp_t gfp, int node) { }
__weak notrace void trace_kmem_cache_alloc(unsigned long call_site, const void *ptr, struct kmem_cache *s, gfp_t gfp, int node) { }
__weak notrace void trace_kfree(unsigned long call_site, const void *ptr) { }
__weak notrace void trace_kmem_cache_free(unsigned long call_site, const void *ptr, const struct kmem_cache *s) { }
__weak notrace void trace_mm_page_alloc(struct page *page, unsigned int order, gfp_t gfp, int migratetype) { }
__weak notrace void trace_mm_page_free(struct page *page, unsigned int order) { }

ABI_DEFS(mm)
{
	ABI_OFFSET(kmem_cache, name);
	ABI_OFFSET(kmem_cache, size);
	ABI_OFFSET(kmem_cache, object_size);
	ABI_SIZE(page);
}
