/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/smp.h>
#include <linux/string.h>
#include "slab.h"
#include <trace/events/kmem.h>

/*
 * A slab is a compound page cut into objects; free ones are linked through themselves.  Each CPU allocates
 * from one slab it has frozen, without locks: (freelist, tid) of the CPU are compared and swapped as one
 * 16-byte word (8 on i386), so an interrupt or another CPU in between only causes a retry.  Slabs with room
 * that no CPU owns wait on the node's partial list; full ones are on no list.
 */

static struct kmem_cache boot_kmem_cache;
struct kmem_cache *kmem_cache = &boot_kmem_cache;

/* p points to two words; false if they were not (o1, o2). */
static __always_inline notrace bool cmpxchg_double(void *p, void *o1, unsigned long o2, void *n1, unsigned long n2)
{
	bool same;

#ifdef __x86_64__
	asm volatile("cmpxchg16b %1; setz %0"
#else
	asm volatile("cmpxchg8b %1; setz %0"
#endif
		     : "=qm"(same), "+m"(*(unsigned long (*)[2])p), "+a"(o1), "+d"(o2)
		     : "b"(n1), "c"(n2) : "memory");
	return same;
}

static inline void *get_freepointer(struct kmem_cache *s, void *object)
{
	return *(void **)((char *)object + s->offset);
}

static inline void set_freepointer(struct kmem_cache *s, void *object, void *next)
{
	*(void **)((char *)object + s->offset) = next;
}

static inline unsigned long next_tid(unsigned long tid)
{
	return tid + NR_CPUS;
}

static inline bool cmpxchg_slab(struct slab *slab, void *o1, unsigned long o2, void *n1, unsigned long n2)
{
	return cmpxchg_double(&slab->freelist, o1, o2, n1, n2);
}

/* Pages */

static noinline_for_trace void *setup_object(struct kmem_cache *s, void *object)
{
	if (s->ctor)
		s->ctor(object);
	return object;
}

static noinline_for_trace struct slab *allocate_slab(struct kmem_cache *s, gfp_t flags, int node)
{
	struct page *page = alloc_pages((flags & ~__GFP_ZERO) | __GFP_COMP, s->order);
	struct slab *slab = page_slab(page);
	char *p;

	if (!page)
		return NULL;
	__SetPageSlab(page);
	slab->slab_cache = s;
	slab->counters = 0;
	slab->objects = slab->inuse = s->objects;
	slab->frozen = 1;
	p = slab_address(slab);
	slab->freelist = p;
	for (unsigned int i = 0; i < s->objects; i++, p += s->size) {
		if (s->ctor)
			setup_object(s, p);
		set_freepointer(s, p, i + 1 < s->objects ? p + s->size : NULL);
	}
	atomic_long_inc(&s->node.nr_slabs);
	return slab;
}

static void __free_slab(struct kmem_cache *s, struct slab *slab)
{
	struct page *page = slab_page(slab);

	__ClearPageSlab(page);
	page->index = MIGRATE_UNMOVABLE;
	__free_pages(page, s->order);
}

static void rcu_free_slab(struct callback_head *h)
{
	struct slab *slab = (struct slab *)container_of(h, struct page, rcu_head);
	struct page *page = slab_page(slab);

	__ClearPageSlab(page);
	page->mapping = NULL;
	page->index = MIGRATE_UNMOVABLE;
	__free_pages(page, compound_order(page));
}

static noinline_for_trace void free_slab(struct kmem_cache *s, struct slab *slab)
{
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		call_rcu(&slab_page(slab)->rcu_head, rcu_free_slab);
	else
		__free_slab(s, slab);
}

static noinline_for_trace void discard_slab(struct kmem_cache *s, struct slab *slab)
{
	atomic_long_dec(&s->node.nr_slabs);
	free_slab(s, slab);
}

static inline void add_partial(struct kmem_cache_node *n, struct slab *slab)
{
	n->nr_partial++;
	list_add_tail(&slab->slab_list, &n->partial);
}

static inline void remove_partial(struct kmem_cache_node *n, struct slab *slab)
{
	list_del(&slab->slab_list);
	n->nr_partial--;
}

/* Allocation */

/* Takes a partial slab from the node: frozen, with all its free objects in hand. */
static noinline_for_trace void *get_partial_node(struct kmem_cache *s, struct kmem_cache_node *n, struct slab **ret)
{
	unsigned long flags;
	struct slab *slab, new;
	void *freelist;

	if (!n->nr_partial)
		return NULL;
	spin_lock_irqsave(&n->list_lock, flags);
	if (list_empty(&n->partial)) {
		spin_unlock_irqrestore(&n->list_lock, flags);
		return NULL;
	}
	slab = list_first_entry(&n->partial, struct slab, slab_list);
	do {
		freelist = slab->freelist;
		new.counters = slab->counters;
		unsigned long old = new.counters;

		new.inuse = new.objects;
		new.frozen = 1;
		if (cmpxchg_slab(slab, freelist, old, NULL, new.counters))
			break;
	} while (1);
	remove_partial(n, slab);
	spin_unlock_irqrestore(&n->list_lock, flags);
	*ret = slab;
	return freelist;
}

/* Objects that others freed into our frozen slab; none: it is full and no longer ours. */
static inline void *get_freelist(struct kmem_cache *s, struct slab *slab)
{
	struct slab new;
	unsigned long counters;
	void *freelist;

	do {
		freelist = slab->freelist;
		counters = new.counters = slab->counters;
		new.inuse = new.objects;
		new.frozen = freelist != NULL;
	} while (!cmpxchg_slab(slab, freelist, counters, NULL, new.counters));
	return freelist;
}

/* Gives a CPU's slab back with the objects left in its list. */
static noinline_for_trace void deactivate_slab(struct kmem_cache *s, struct slab *slab, void *freelist)
{
	struct kmem_cache_node *n = &s->node;
	void *tail = freelist, *old_list;
	unsigned long flags, counters;
	struct slab new;
	int count = 0;

	for (void *p = freelist; p; p = get_freepointer(s, p)) {
		tail = p;
		count++;
	}
	spin_lock_irqsave(&n->list_lock, flags);
	do {
		old_list = slab->freelist;
		counters = new.counters = slab->counters;
		new.inuse -= count;
		new.frozen = 0;
		if (tail)
			set_freepointer(s, tail, old_list);
	} while (!cmpxchg_slab(slab, old_list, counters, freelist ? freelist : old_list, new.counters));
	if (!new.inuse && n->nr_partial >= s->min_partial) {
		spin_unlock_irqrestore(&n->list_lock, flags);
		discard_slab(s, slab);
		return;
	}
	if (new.inuse < new.objects)
		add_partial(n, slab);
	spin_unlock_irqrestore(&n->list_lock, flags);
}

static noinline_for_trace void *___slab_alloc(struct kmem_cache *s, gfp_t gfp, int node, unsigned long addr)
{
	struct kmem_cache_cpu *c;
	struct slab *slab, *old;
	unsigned long flags;
	void *freelist, *old_list;

	local_irq_save(flags);
	c = this_cpu_ptr(s->cpu_slab);
	c->tid = next_tid(c->tid);	/* from here on no swap that began before succeeds */
	slab = c->slab;
	if (slab) {
		freelist = c->freelist;
		if (!freelist)
			freelist = get_freelist(s, slab);
		if (freelist)
			goto load;
		c->slab = NULL;
	}
	local_irq_restore(flags);

	freelist = get_partial_node(s, &s->node, &slab);
	if (!freelist) {
		slab = allocate_slab(s, gfp, node);
		if (!slab) {
			if (!(gfp & __GFP_NOWARN))
				printk("SLUB: Unable to allocate memory on node -1, gfp=%#x, cache: %s\n", gfp, s->name);
			return NULL;
		}
		freelist = slab->freelist;
		slab->freelist = NULL;
	}
	local_irq_save(flags);
	c = this_cpu_ptr(s->cpu_slab);
	c->tid = next_tid(c->tid);
	old = c->slab;		/* we may have slept, or an interrupt was here first */
	old_list = c->freelist;
	c->slab = slab;
	c->freelist = NULL;
	if (old)
		deactivate_slab(s, old, old_list);
load:
	c->freelist = get_freepointer(s, freelist);
	c->tid = next_tid(c->tid);
	local_irq_restore(flags);
	return freelist;
}

/* Fault injection hooks on to it; here it only exists. */
noinline_for_trace int should_failslab(struct kmem_cache *s, gfp_t flags)
{
	barrier();
	return 0;
}

static __always_inline void *slab_alloc_node(struct kmem_cache *s, gfp_t gfp, int node, unsigned long addr, size_t orig_size)
{
	struct kmem_cache_cpu *c;
	unsigned long tid;
	void *object;

	might_alloc(gfp);
	if (should_failslab(s, gfp))
		return NULL;
	for (;;) {
		c = this_cpu_ptr(s->cpu_slab);
		tid = READ_ONCE(c->tid);
		barrier();
		object = READ_ONCE(c->freelist);
		if (unlikely(!object)) {
			object = ___slab_alloc(s, gfp, node, addr);
			break;
		}
		/* If somebody else took it meanwhile, what is read here is rubbish that is never stored. */
		if (likely(cmpxchg_double(&c->freelist, object, tid, get_freepointer(s, object), next_tid(tid))))
			break;
	}
	if (object && s->ctor == NULL)
		*(void **)((char *)object + s->offset) = NULL;
	if (unlikely(gfp & __GFP_ZERO) && object)
		memset(object, 0, s->object_size);
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t flags)
{
	void *ret = slab_alloc_node(s, flags, -1, _RET_IP_, s->object_size);

	trace_kmem_cache_alloc(_RET_IP_, ret, s, flags, -1);
	return ret;
}
EXPORT_SYMBOL(kmem_cache_alloc);

void *kmem_cache_alloc_lru(struct kmem_cache *s, void *lru, gfp_t flags)
{
	void *ret = slab_alloc_node(s, flags, -1, _RET_IP_, s->object_size);

	trace_kmem_cache_alloc(_RET_IP_, ret, s, flags, -1);
	return ret;
}
EXPORT_SYMBOL(kmem_cache_alloc_lru);

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node)
{
	void *ret = slab_alloc_node(s, flags, node, _RET_IP_, s->object_size);

	trace_kmem_cache_alloc(_RET_IP_, ret, s, flags, node);
	return ret;
}
EXPORT_SYMBOL(kmem_cache_alloc_node);

noinline_for_trace void *__kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node, size_t orig_size, unsigned long caller)
{
	return slab_alloc_node(s, flags, node, caller, orig_size);
}

int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t flags, size_t n, void **p)
{
	for (size_t i = 0; i < n; i++) {
		p[i] = slab_alloc_node(s, flags, -1, _RET_IP_, s->object_size);
		if (!p[i]) {
			kmem_cache_free_bulk(s, i, p);
			return 0;
		}
	}
	return n;
}
EXPORT_SYMBOL(kmem_cache_alloc_bulk);

/* Freeing */

static noinline_for_trace void __slab_free(struct kmem_cache *s, struct slab *slab, void *object, unsigned long addr)
{
	struct kmem_cache_node *n = NULL;
	unsigned long flags = 0, counters;
	struct slab new;
	void *prior;

	do {
		if (unlikely(n)) {
			spin_unlock_irqrestore(&n->list_lock, flags);
			n = NULL;
		}
		prior = slab->freelist;
		counters = new.counters = slab->counters;
		set_freepointer(s, object, prior);
		new.inuse--;
		if ((!new.inuse || !prior) && !new.frozen) {
			n = &s->node;
			spin_lock_irqsave(&n->list_lock, flags);
		}
	} while (!cmpxchg_slab(slab, prior, counters, object, new.counters));
	if (likely(!n))
		return;
	if (!new.inuse && n->nr_partial >= s->min_partial) {
		if (prior)
			remove_partial(n, slab);
		spin_unlock_irqrestore(&n->list_lock, flags);
		discard_slab(s, slab);
		return;
	}
	if (!prior)
		add_partial(n, slab);
	spin_unlock_irqrestore(&n->list_lock, flags);
}

static __always_inline void slab_free(struct kmem_cache *s, struct slab *slab, void *object, unsigned long addr)
{
	for (;;) {
		struct kmem_cache_cpu *c = this_cpu_ptr(s->cpu_slab);
		unsigned long tid = READ_ONCE(c->tid);
		void *freelist;

		barrier();
		if (unlikely(slab != READ_ONCE(c->slab))) {
			__slab_free(s, slab, object, addr);
			return;
		}
		freelist = READ_ONCE(c->freelist);
		set_freepointer(s, object, freelist);
		if (likely(cmpxchg_double(&c->freelist, freelist, tid, object, next_tid(tid))))
			return;
	}
}

void kmem_cache_free(struct kmem_cache *s, void *x)
{
	if (!x)
		return;
	trace_kmem_cache_free(_RET_IP_, x, s);
	slab_free(s, virt_to_slab(x), x, _RET_IP_);
}
EXPORT_SYMBOL(kmem_cache_free);

noinline_for_trace void __kmem_cache_free(struct kmem_cache *s, void *x, unsigned long caller)
{
	slab_free(s, virt_to_slab(x), x, caller);
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t n, void **p)
{
	while (n--)
		slab_free(s, virt_to_slab(p[n]), p[n], _RET_IP_);
}
EXPORT_SYMBOL(kmem_cache_free_bulk);

/* Caches */

/* The smallest order that wastes at most an eighth. */
static void calculate_order(struct kmem_cache *s)
{
	for (s->order = 0; s->order < PAGE_ALLOC_COSTLY_ORDER; s->order++) {
		unsigned long bytes = PAGE_SIZE << s->order;

		if (bytes >= s->size && bytes % s->size <= bytes / 8 && bytes / s->size >= (s->size <= PAGE_SIZE / 4 ? 8 : 2))
			break;
	}
	while (PAGE_SIZE << s->order < s->size)
		s->order++;
	s->objects = min((PAGE_SIZE << s->order) / s->size, 32767ul);
}

int __kmem_cache_create(struct kmem_cache *s, slab_flags_t flags)
{
	unsigned int size = ALIGN(s->object_size, sizeof(void *));

	s->flags = flags;
	/* An object that must keep its contents while free has the pointer behind it. */
	if (flags & SLAB_TYPESAFE_BY_RCU || s->ctor) {
		s->offset = size;
		size += sizeof(void *);
	} else {
		s->offset = ALIGN_DOWN(s->object_size / 2, sizeof(void *));
	}
	s->size = ALIGN(size, s->align);
	calculate_order(s);
	s->min_partial = 5;
	spin_lock_init(&s->node.list_lock);
	INIT_LIST_HEAD(&s->node.partial);
	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		s->cpu_slab[cpu].tid = cpu;
	return 0;
}

static void flush_cpu_slab(void *data)
{
	struct kmem_cache *s = data;
	struct kmem_cache_cpu *c;
	unsigned long flags;
	struct slab *slab;
	void *freelist;

	local_irq_save(flags);
	c = this_cpu_ptr(s->cpu_slab);
	slab = c->slab;
	freelist = c->freelist;
	c->tid = next_tid(c->tid);
	c->slab = NULL;
	c->freelist = NULL;
	if (slab)
		deactivate_slab(s, slab, freelist);
	local_irq_restore(flags);
}

static void flush_all(struct kmem_cache *s)
{
	on_each_cpu(flush_cpu_slab, s, 1);
}

int __kmem_cache_shrink(struct kmem_cache *s)
{
	struct slab *slab, *next;
	unsigned long flags;
	LIST_HEAD(empty);

	flush_all(s);
	spin_lock_irqsave(&s->node.list_lock, flags);
	list_for_each_entry_safe(slab, next, &s->node.partial, slab_list) {
		if (!slab->inuse) {
			remove_partial(&s->node, slab);
			list_add(&slab->slab_list, &empty);
		}
	}
	spin_unlock_irqrestore(&s->node.list_lock, flags);
	list_for_each_entry_safe(slab, next, &empty, slab_list)
		discard_slab(s, slab);
	return atomic_long_read(&s->node.nr_slabs) != 0;
}

/* Nonzero: objects are still in use. */
int __kmem_cache_shutdown(struct kmem_cache *s)
{
	return __kmem_cache_shrink(s);
}

/* Copying to or from user memory must stay inside one object. */
void __check_heap_object(const void *ptr, unsigned long n, const void *slab_, bool to_user)
{
	const struct slab *slab = slab_;
	struct kmem_cache *s = slab->slab_cache;
	unsigned long offset = ((unsigned long)ptr - (unsigned long)slab_address(slab)) % s->size;

	if (offset <= s->object_size && n <= s->object_size - offset)
		return;
	panic("usercopy: Kernel memory %s attempt detected %s SLUB object '%s' (offset %lu, size %lu)!",
	      to_user ? "exposure" : "overwrite", to_user ? "from" : "to", s->name, offset, n);
}

__init void kmem_cache_init(void)
{
	kmem_cache->name = "kmem_cache";
	kmem_cache->object_size = sizeof(struct kmem_cache);
	kmem_cache->align = 64;
	kmem_cache->refcount = -1;
	__kmem_cache_create(kmem_cache, SLAB_HWCACHE_ALIGN);
	list_add(&kmem_cache->list, &slab_caches);
	create_kmalloc_caches();
}
