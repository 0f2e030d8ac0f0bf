/* SPDX-License-Identifier: MIT */
#ifndef _MM_TRACE_HOOKS_H
#define _MM_TRACE_HOOKS_H
/* 6.1's kmem events, for kernel/trace; weak ones stand in where it does not care. */
#include <linux/types.h>
struct kmem_cache; struct page;
void trace_kmalloc(unsigned long call_site, const void *ptr, size_t req, size_t alloc, gfp_t gfp, int node);
void trace_kmem_cache_alloc(unsigned long call_site, const void *ptr, struct kmem_cache *s, gfp_t gfp, int node);
void trace_kfree(unsigned long call_site, const void *ptr);
void trace_kmem_cache_free(unsigned long call_site, const void *ptr, const struct kmem_cache *s);
void trace_mm_page_alloc(struct page *page, unsigned int order, gfp_t gfp, int migratetype);
void trace_mm_page_free(struct page *page, unsigned int order);
#endif
