/* SPDX-License-Identifier: MIT */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include "slab.h"
#include <trace/events/kmem.h>

LIST_HEAD(slab_caches);
static DEFINE_MUTEX(slab_mutex);
struct kmem_cache *kmalloc_caches[KMALLOC_SHIFT_HIGH + 1];
EXPORT_SYMBOL(kmalloc_caches);
static bool slab_state_up;

bool slab_is_available(void)
{
	return slab_state_up;
}
EXPORT_SYMBOL(slab_is_available);

static noinline_for_trace struct kmem_cache *create_cache(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
						unsigned int useroffset, unsigned int usersize, void (*ctor)(void *))
{
	struct kmem_cache *s = kmem_cache_alloc(kmem_cache, (slab_state_up ? GFP_KERNEL : GFP_NOWAIT) | __GFP_ZERO);

	if (!s)
		return NULL;
	s->name = name;
	s->object_size = size;
	s->align = max_t(unsigned int, align, flags & SLAB_HWCACHE_ALIGN && size >= 64 ? 64 : sizeof(void *));
	s->ctor = ctor;
	s->useroffset = useroffset;
	s->usersize = usersize;
	s->refcount = 1;
	__kmem_cache_create(s, flags);
	list_add(&s->list, &slab_caches);
	return s;
}

struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
					      unsigned int useroffset, unsigned int usersize, void (*ctor)(void *))
{
	struct kmem_cache *s;

	mutex_lock(&slab_mutex);
	s = create_cache(kstrdup_const(name, GFP_KERNEL), size, align, flags, useroffset, usersize, ctor);
	mutex_unlock(&slab_mutex);
	if (!s && flags & SLAB_PANIC)
		panic("kmem_cache_create: Failed to create slab '%s'\n", name);
	return s;
}
EXPORT_SYMBOL(kmem_cache_create_usercopy);

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *))
{
	return kmem_cache_create_usercopy(name, size, align, flags, 0, 0, ctor);
}
EXPORT_SYMBOL(kmem_cache_create);

void kmem_cache_destroy(struct kmem_cache *s)
{
	if (!s)
		return;
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		rcu_barrier();
	mutex_lock(&slab_mutex);
	if (--s->refcount) {
		mutex_unlock(&slab_mutex);
		return;
	}
	if (__kmem_cache_shutdown(s)) {
		printk("kmem_cache_destroy %s: Slab cache still has objects\n", s->name);
		s->refcount++;
		mutex_unlock(&slab_mutex);
		return;
	}
	list_del(&s->list);
	mutex_unlock(&slab_mutex);
	kfree_const(s->name);
	kmem_cache_free(kmem_cache, s);
}
EXPORT_SYMBOL(kmem_cache_destroy);

int kmem_cache_shrink(struct kmem_cache *s)
{
	return __kmem_cache_shrink(s);
}
EXPORT_SYMBOL(kmem_cache_shrink);

unsigned int kmem_cache_size(struct kmem_cache *s)
{
	return s->object_size;
}
EXPORT_SYMBOL(kmem_cache_size);

struct kmem_cache *kmalloc_slab(size_t size, gfp_t flags)
{
	return size ? kmalloc_caches[__kmalloc_index(size)] : ZERO_SIZE_PTR;
}
EXPORT_SYMBOL(kmalloc_slab);

__init void create_kmalloc_caches(void)
{
	static const char *const names[KMALLOC_SHIFT_HIGH + 1] = {
		NULL, "kmalloc-96", "kmalloc-192", "kmalloc-8", "kmalloc-16", "kmalloc-32", "kmalloc-64", "kmalloc-128",
		"kmalloc-256", "kmalloc-512", "kmalloc-1k", "kmalloc-2k", "kmalloc-4k", "kmalloc-8k",
	};

	for (int i = 1; i <= KMALLOC_SHIFT_HIGH; i++) {
		unsigned int size = i == 1 ? 96 : i == 2 ? 192 : 1u << i;

		/* As the kernel's: a power of two is aligned to itself. */
		kmalloc_caches[i] = create_cache(names[i], size, i < 3 ? 32 : size, 0, 0, size, NULL);
	}
	slab_state_up = true;
}

static noinline_for_trace void *__kmalloc_large_node(size_t size, gfp_t flags, int node)
{
	struct page *page = alloc_pages(flags | __GFP_COMP, order_base_2(PFN_UP(size)));

	return page ? page_address(page) : NULL;
}

void *kmalloc_large(size_t size, gfp_t flags)
{
	void *ret = __kmalloc_large_node(size, flags, -1);

	trace_kmalloc(_RET_IP_, ret, size, PAGE_SIZE << order_base_2(PFN_UP(size)), flags, -1);
	return ret;
}
EXPORT_SYMBOL(kmalloc_large);

static __always_inline void *__do_kmalloc_node(size_t size, gfp_t flags, int node, unsigned long caller)
{
	struct kmem_cache *s;
	void *ret;

	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE)) {
		ret = __kmalloc_large_node(size, flags, node);
		trace_kmalloc(caller, ret, size, PAGE_SIZE << order_base_2(PFN_UP(size)), flags, node);
		return ret;
	}
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	s = kmalloc_slab(size, flags);
	ret = __kmem_cache_alloc_node(s, flags, node, size, caller);
	trace_kmalloc(caller, ret, size, s->size, flags, node);
	return ret;
}

void *__kmalloc(size_t size, gfp_t flags)
{
	return __do_kmalloc_node(size, flags, -1, _RET_IP_);
}
EXPORT_SYMBOL(__kmalloc);

void *__kmalloc_node(size_t size, gfp_t flags, int node)
{
	return __do_kmalloc_node(size, flags, node, _RET_IP_);
}
EXPORT_SYMBOL(__kmalloc_node);

void *__kmalloc_node_track_caller(size_t size, gfp_t flags, int node, unsigned long caller)
{
	return __do_kmalloc_node(size, flags, node, caller);
}
EXPORT_SYMBOL(__kmalloc_node_track_caller);

void *kmalloc_trace(struct kmem_cache *s, gfp_t flags, size_t size)
{
	void *ret = __kmem_cache_alloc_node(s, flags, -1, size, _RET_IP_);

	trace_kmalloc(_RET_IP_, ret, size, s->size, flags, -1);
	return ret;
}
EXPORT_SYMBOL(kmalloc_trace);

static noinline_for_trace void free_large_kmalloc(struct page *page)
{
	__free_pages(page, compound_order(page));
}

void kfree(const void *object)
{
	struct page *page;

	trace_kfree(_RET_IP_, object);
	if (unlikely(ZERO_OR_NULL_PTR(object)))
		return;
	page = virt_to_head_page(object);
	if (unlikely(!PageSlab(page))) {
		free_large_kmalloc(page);
		return;
	}
	__kmem_cache_free(page_slab(page)->slab_cache, (void *)object, _RET_IP_);
}
EXPORT_SYMBOL(kfree);

static size_t __ksize(const void *object)
{
	struct page *page = virt_to_head_page(object);

	return PageSlab(page) ? page_slab(page)->slab_cache->object_size : PAGE_SIZE << compound_order(page);
}

size_t ksize(const void *object)
{
	return ZERO_OR_NULL_PTR(object) ? 0 : __ksize(object);
}
EXPORT_SYMBOL(ksize);

void kfree_sensitive(const void *object)
{
	if (!ZERO_OR_NULL_PTR(object))
		memset((void *)object, 0, ksize(object));
	kfree(object);
}
EXPORT_SYMBOL(kfree_sensitive);

void *krealloc(const void *p, size_t new_size, gfp_t flags)
{
	size_t old = ksize(p);
	void *ret;

	if (!new_size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (old >= new_size)
		return (void *)p;
	ret = __kmalloc_track_caller(new_size, flags);
	if (ret && !ZERO_OR_NULL_PTR(p)) {
		memcpy(ret, p, old);
		kfree(p);
	}
	return ret;
}
EXPORT_SYMBOL(krealloc);
