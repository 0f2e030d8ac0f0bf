/* SPDX-License-Identifier: MIT */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kmem
#if !defined(_TRACE_KMEM_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_KMEM_H
#include <linux/tracepoint.h>
#include <linux/mm.h>
#include <trace/events/gfpflags.h>

struct kmem_cache;
#ifdef CONFIG_64BIT
#define TRACE_SIZEOF_PAGE	64
#else
#define TRACE_SIZEOF_PAGE	32
#endif
_Static_assert(sizeof(struct page) == TRACE_SIZEOF_PAGE, "formats spell the size of struct page");
/* For formats, which know no types: mem_map is read as a number. */
#define trace_pfn_to_page(pfn)	((void *)((unsigned long)mem_map + ((pfn) - min_low_pfn) * TRACE_SIZEOF_PAGE))

TRACE_EVENT(kmem_cache_alloc,
	TP_PROTO(unsigned long call_site, const void *ptr, struct kmem_cache *s, gfp_t gfp_flags, int node),
	TP_ARGS(call_site, ptr, s, gfp_flags, node),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, ptr)
		__field(size_t, bytes_req)
		__field(size_t, bytes_alloc)
		__field(unsigned long, gfp_flags)
		__field(int, node)
		__field(bool, accounted)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->ptr = ptr;
		__entry->bytes_req = s->object_size;
		__entry->bytes_alloc = s->size;
		__entry->gfp_flags = gfp_flags;
		__entry->node = node;
		__entry->accounted = gfp_flags & __GFP_ACCOUNT;
	),
	TP_printk("call_site=%pS ptr=%p bytes_req=%zu bytes_alloc=%zu gfp_flags=%s node=%d accounted=%s",
		(void *)__entry->call_site, __entry->ptr, __entry->bytes_req, __entry->bytes_alloc,
		show_gfp_flags(__entry->gfp_flags), __entry->node, __entry->accounted ? "true" : "false")
);

TRACE_EVENT(kmalloc,
	TP_PROTO(unsigned long call_site, const void *ptr, size_t bytes_req, size_t bytes_alloc, gfp_t gfp_flags, int node),
	TP_ARGS(call_site, ptr, bytes_req, bytes_alloc, gfp_flags, node),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, ptr)
		__field(size_t, bytes_req)
		__field(size_t, bytes_alloc)
		__field(unsigned long, gfp_flags)
		__field(int, node)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->ptr = ptr;
		__entry->bytes_req = bytes_req;
		__entry->bytes_alloc = bytes_alloc;
		__entry->gfp_flags = gfp_flags;
		__entry->node = node;
	),
	TP_printk("call_site=%pS ptr=%p bytes_req=%zu bytes_alloc=%zu gfp_flags=%s node=%d accounted=%s",
		(void *)__entry->call_site, __entry->ptr, __entry->bytes_req, __entry->bytes_alloc,
		show_gfp_flags(__entry->gfp_flags), __entry->node,
		(1 && (__entry->gfp_flags & (__force unsigned long)__GFP_ACCOUNT)) ? "true" : "false")
);

TRACE_EVENT(kfree,
	TP_PROTO(unsigned long call_site, const void *ptr),
	TP_ARGS(call_site, ptr),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, ptr)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->ptr = ptr;
	),
	TP_printk("call_site=%pS ptr=%p", (void *)__entry->call_site, __entry->ptr)
);

TRACE_EVENT(kmem_cache_free,
	TP_PROTO(unsigned long call_site, const void *ptr, const struct kmem_cache *s),
	TP_ARGS(call_site, ptr, s),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, ptr)
		__string(name, s->name)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->ptr = ptr;
		__assign_str(name, s->name);
	),
	TP_printk("call_site=%pS ptr=%p name=%s", (void *)__entry->call_site, __entry->ptr, __get_str(name))
);

TRACE_EVENT(mm_page_free,
	TP_PROTO(struct page *page, unsigned int order),
	TP_ARGS(page, order),
	TP_STRUCT__entry(
		__field(unsigned long, pfn)
		__field(unsigned int, order)
	),
	TP_fast_assign(
		__entry->pfn = page_to_pfn(page);
		__entry->order = order;
	),
	TP_printk("page=%p pfn=0x%lx order=%d", trace_pfn_to_page(__entry->pfn), __entry->pfn, __entry->order)
);

TRACE_EVENT(mm_page_alloc,
	TP_PROTO(struct page *page, unsigned int order, gfp_t gfp_flags, int migratetype),
	TP_ARGS(page, order, gfp_flags, migratetype),
	TP_STRUCT__entry(
		__field(unsigned long, pfn)
		__field(unsigned int, order)
		__field(unsigned long, gfp_flags)
		__field(int, migratetype)
	),
	TP_fast_assign(
		__entry->pfn = page ? page_to_pfn(page) : -1UL;
		__entry->order = order;
		__entry->gfp_flags = gfp_flags;
		__entry->migratetype = migratetype;
	),
	TP_printk("page=%p pfn=0x%lx order=%d migratetype=%d gfp_flags=%s",
		__entry->pfn != -1UL ? trace_pfn_to_page(__entry->pfn) : NULL, __entry->pfn != -1UL ? __entry->pfn : 0,
		__entry->order, __entry->migratetype, show_gfp_flags(__entry->gfp_flags))
);
#endif
#include <trace/define_trace.h>
