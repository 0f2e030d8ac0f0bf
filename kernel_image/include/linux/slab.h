/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H
#include <linux/gfp_types.h>
#include <linux/string.h>
#include <linux/types.h>

#define SLAB_HWCACHE_ALIGN	0x00002000u
#define SLAB_PANIC		0x00040000u
#define SLAB_TYPESAFE_BY_RCU	0x00080000u
#define SLAB_MEM_SPREAD		0x00100000u
#define SLAB_ACCOUNT		0x04000000u
#define SLAB_RECLAIM_ACCOUNT	0x00020000u
typedef unsigned int slab_flags_t;

#define ZERO_SIZE_PTR		((void *)16)
#define ZERO_OR_NULL_PTR(x)	((unsigned long)(x) <= (unsigned long)ZERO_SIZE_PTR)
#define ARCH_KMALLOC_MINALIGN	8
#define KMALLOC_MIN_SIZE	8
#define KMALLOC_SHIFT_HIGH	13		/* larger ones come straight from the page allocator */
#define KMALLOC_MAX_CACHE_SIZE	(1UL << KMALLOC_SHIFT_HIGH)
#define KMALLOC_MAX_SIZE	(1UL << 22)

struct kmem_cache;
extern struct kmem_cache *kmalloc_caches[KMALLOC_SHIFT_HIGH + 1];
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *));
struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
					      unsigned int useroffset, unsigned int usersize, void (*ctor)(void *));
void kmem_cache_destroy(struct kmem_cache *s);
int kmem_cache_shrink(struct kmem_cache *s);
unsigned int kmem_cache_size(struct kmem_cache *s);
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t flags);
void *kmem_cache_alloc_lru(struct kmem_cache *s, void *lru, gfp_t flags);
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node);
void kmem_cache_free(struct kmem_cache *s, void *object);
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t flags, size_t n, void **p);
void kmem_cache_free_bulk(struct kmem_cache *s, size_t n, void **p);
void *__kmalloc(size_t size, gfp_t flags);
void *__kmalloc_node(size_t size, gfp_t flags, int node);
void *__kmalloc_node_track_caller(size_t size, gfp_t flags, int node, unsigned long caller);
void *kmalloc_trace(struct kmem_cache *s, gfp_t flags, size_t size);
void *kmalloc_large(size_t size, gfp_t flags);
void *krealloc(const void *p, size_t new_size, gfp_t flags);
void kfree(const void *object);
void kfree_sensitive(const void *object);
size_t ksize(const void *object);
bool slab_is_available(void);
void __check_heap_object(const void *ptr, unsigned long n, const void *slab, bool to_user);
int should_failslab(struct kmem_cache *s, gfp_t flags);

#define KMEM_CACHE(s, f)	kmem_cache_create(#s, sizeof(struct s), __alignof__(struct s), (f), NULL)
#define __kmalloc_track_caller(size, flags)	__kmalloc_node_track_caller(size, flags, -1, _RET_IP_)

/* log2 of the kmalloc cache, with 1 and 2 for the 96 and 192 byte caches. */
static __always_inline unsigned int __kmalloc_index(size_t size)
{
	if (!size)
		return 0;
	if (size <= KMALLOC_MIN_SIZE)
		return 3;
	if (size > 64 && size <= 96)
		return 1;
	if (size > 128 && size <= 192)
		return 2;
	return 8 * sizeof(long) - __builtin_clzl(size - 1);
}

/* A constant size picks its cache at compile time, as in 6.1. */
static __always_inline void *kmalloc(size_t size, gfp_t flags)
{
	if (__builtin_constant_p(size) && size) {
		if (size > KMALLOC_MAX_CACHE_SIZE)
			return kmalloc_large(size, flags);
		return kmalloc_trace(kmalloc_caches[__kmalloc_index(size)], flags, size);
	}
	return __kmalloc(size, flags);
}
static inline void *kzalloc(size_t size, gfp_t flags) { return kmalloc(size, flags | __GFP_ZERO); }
static inline void *kmalloc_node(size_t size, gfp_t flags, int node) { (void)node; return kmalloc(size, flags); }
static inline void *kzalloc_node(size_t size, gfp_t flags, int node) { (void)node; return kzalloc(size, flags); }
static inline void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t flags) { return kmem_cache_alloc(s, flags | __GFP_ZERO); }
static inline void *kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kmalloc(bytes, flags);
}
static inline void *kcalloc(size_t n, size_t size, gfp_t flags) { return kmalloc_array(n, size, flags | __GFP_ZERO); }
void *kvmalloc(size_t size, gfp_t flags);
void *kvzalloc(size_t size, gfp_t flags);
void *kvmalloc_array(size_t n, size_t size, gfp_t flags);
void *kvcalloc(size_t n, size_t size, gfp_t flags);
void kvfree(const void *addr);
#endif
