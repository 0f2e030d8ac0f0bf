/* SPDX-License-Identifier: MIT */
#ifndef _MM_SLAB_H
#define _MM_SLAB_H
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

/* The words of struct page, for a page that holds objects. */
struct slab {
	unsigned long __page_flags;
	struct list_head slab_list;		/* node->partial, under list_lock */
	struct kmem_cache *slab_cache;
	/* Changed together: the free objects that no CPU owns, and how many are in use. */
	void *freelist;
	union {
		unsigned long counters;
		struct {
			unsigned int inuse:16, objects:15, frozen:1;	/* frozen: some CPU allocates from it */
		};
	};
	atomic_t __page_mapcount, __page_refcount;
} __aligned(2 * sizeof(long));
_Static_assert(sizeof(struct slab) == sizeof(struct page), "struct slab overlays struct page");

/* freelist and tid are swapped as one: whoever changes the list changes tid. */
struct kmem_cache_cpu {
	void *freelist;
	unsigned long tid;
	struct slab *slab;
	unsigned long pad;
} __aligned(2 * sizeof(long));

struct kmem_cache_node {
	spinlock_t list_lock;
	unsigned long nr_partial;
	struct list_head partial;
	atomic_long_t nr_slabs;
};

struct kmem_cache {
	struct kmem_cache_cpu cpu_slab[NR_CPUS];
	slab_flags_t flags;
	unsigned int size, object_size, align;
	unsigned int offset;			/* where a free object keeps the pointer to the next */
	unsigned int order, objects;
	unsigned long min_partial;
	int refcount;
	void (*ctor)(void *);
	const char *name;
	struct list_head list;			/* slab_caches, under slab_mutex */
	struct kmem_cache_node node;
	unsigned int useroffset, usersize;
};

extern struct list_head slab_caches;
extern struct kmem_cache *kmem_cache;

#define slab_page(s)	((struct page *)(s))
#define page_slab(p)	((struct slab *)(p))
#define slab_address(s)	page_address(slab_page(s))
static inline struct slab *virt_to_slab(const void *addr)
{
	struct page *page = virt_to_head_page(addr);

	return PageSlab(page) ? page_slab(page) : NULL;
}

/* slub.c */
int __kmem_cache_create(struct kmem_cache *s, slab_flags_t flags);
int __kmem_cache_shutdown(struct kmem_cache *s);
int __kmem_cache_shrink(struct kmem_cache *s);
void *__kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node, size_t orig_size, unsigned long caller);
void __kmem_cache_free(struct kmem_cache *s, void *x, unsigned long caller);
/* slab_common.c */
struct kmem_cache *kmalloc_slab(size_t size, gfp_t flags);
void create_kmalloc_caches(void);
#endif
