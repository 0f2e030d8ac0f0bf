/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_XARRAY_H
#define _LINUX_XARRAY_H
#include <linux/gfp_types.h>
#include <linux/spinlock.h>
#include <linux/err.h>
#include <linux/types.h>

/*
 * A radix tree of 64-slot nodes over unsigned long.  An entry is any pointer with bit 1 clear, or a value
 * (xa_mk_value).  Inner nodes carry bit 1; errors are returned as xa_mk_internal(errno), as in the kernel.
 */
#define XA_CHUNK_SHIFT	6
#define XA_CHUNK_SIZE	(1UL << XA_CHUNK_SHIFT)
#define XA_CHUNK_MASK	(XA_CHUNK_SIZE - 1)
#define XA_MAX_MARKS	3
typedef unsigned int xa_mark_t;
#define XA_MARK_0	0u
#define XA_MARK_1	1u
#define XA_MARK_2	2u
#define XA_PRESENT	8u
#define XA_FREE_MARK	XA_MARK_0

struct xa_node {
	unsigned char shift, offset, count, nr_values;
	struct xa_node *parent;
	struct xarray *array;
	struct callback_head rcu_head;
	void *slots[XA_CHUNK_SIZE];
	u64 marks[XA_MAX_MARKS];
};
struct xarray {
	spinlock_t xa_lock;
	gfp_t xa_flags;
	void *xa_head;
};
#define XA_FLAGS_ALLOC		4u
#define XA_FLAGS_ALLOC1		(4u | 8u)
#define XA_FLAGS_LOCK_IRQ	1u
#define XA_FLAGS_LOCK_BH	2u
#define XA_FLAGS_ACCOUNT	0u
#define XARRAY_INIT(name, flags) { .xa_lock = __SPIN_LOCK_UNLOCKED(name.xa_lock), .xa_flags = flags, .xa_head = NULL }
#define DEFINE_XARRAY_FLAGS(name, flags) struct xarray name = XARRAY_INIT(name, flags)
#define DEFINE_XARRAY(name)	DEFINE_XARRAY_FLAGS(name, 0)
#define DEFINE_XARRAY_ALLOC(name) DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC)
struct xa_limit { u32 max, min; };
#define XA_LIMIT(lo, hi)	((struct xa_limit){ .min = lo, .max = hi })
#define xa_limit_32b		XA_LIMIT(0, 0xffffffffu)
#define xa_limit_31b		XA_LIMIT(0, 0x7fffffffu)

static inline void xa_init_flags(struct xarray *xa, gfp_t flags)
{
	spin_lock_init(&xa->xa_lock);
	xa->xa_flags = flags;
	xa->xa_head = NULL;
}
static inline void xa_init(struct xarray *xa) { xa_init_flags(xa, 0); }
static inline void *xa_mk_value(unsigned long v) { return (void *)(v << 1 | 1); }
static inline unsigned long xa_to_value(const void *e) { return (unsigned long)e >> 1; }
static inline bool xa_is_value(const void *e) { return (unsigned long)e & 1; }
static inline void *xa_mk_internal(unsigned long v) { return (void *)(v << 2 | 2); }
static inline bool xa_is_internal(const void *e) { return ((unsigned long)e & 3) == 2; }
static inline bool xa_is_err(const void *e) { return xa_is_internal(e) && (unsigned long)e >= (unsigned long)xa_mk_internal(-MAX_ERRNO); }
static inline int xa_err(void *e) { return xa_is_err(e) ? (int)((long)e >> 2) : 0; }
static inline bool xa_empty(const struct xarray *xa) { return !xa->xa_head; }

void *xa_load(struct xarray *xa, unsigned long index);
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *__xa_erase(struct xarray *xa, unsigned long index);
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp);
int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp);
int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next, gfp_t gfp);
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_destroy(struct xarray *xa);
#define xa_lock(xa)			spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa)			spin_unlock(&(xa)->xa_lock)
#define xa_lock_irq(xa)			spin_lock_irq(&(xa)->xa_lock)
#define xa_unlock_irq(xa)		spin_unlock_irq(&(xa)->xa_lock)
#define xa_lock_irqsave(xa, f)		spin_lock_irqsave(&(xa)->xa_lock, f)
#define xa_unlock_irqrestore(xa, f)	spin_unlock_irqrestore(&(xa)->xa_lock, f)
#define xa_store_irq(xa, i, e, g)	xa_store(xa, i, e, g)
#define xa_erase_irq(xa, i)		xa_erase(xa, i)
#define xa_for_each_start(xa, index, entry, start) \
	for (index = start, entry = xa_find(xa, &index, ~0UL, XA_PRESENT); entry; \
	     entry = xa_find_after(xa, &index, ~0UL, XA_PRESENT))
#define xa_for_each(xa, index, entry)	xa_for_each_start(xa, index, entry, 0)
#define xa_for_each_marked(xa, index, entry, filter) \
	for (index = 0, entry = xa_find(xa, &index, ~0UL, filter); entry; \
	     entry = xa_find_after(xa, &index, ~0UL, filter))

/* A cursor, for callers that keep their place (the page cache). */
struct xa_state {
	struct xarray *xa;
	unsigned long xa_index;
	void *xa_err_;
};
#define XA_STATE(name, array, index)	struct xa_state name = { .xa = (array), .xa_index = (index), .xa_err_ = NULL }
void *xas_load(struct xa_state *xas);
void *xas_store(struct xa_state *xas, void *entry);
void *xas_find(struct xa_state *xas, unsigned long max);
void *xas_next_entry_(struct xa_state *xas, unsigned long max);
bool xas_nomem(struct xa_state *xas, gfp_t gfp);
static inline int xas_error(const struct xa_state *xas) { return xa_err(xas->xa_err_); }
static inline void xas_set(struct xa_state *xas, unsigned long index) { xas->xa_index = index; xas->xa_err_ = NULL; }
static inline void xas_reset(struct xa_state *xas) { xas->xa_err_ = NULL; }
static inline void xas_set_err(struct xa_state *xas, long err) { xas->xa_err_ = xa_mk_internal(err); }
static inline bool xas_retry(struct xa_state *xas, const void *entry) { (void)xas; (void)entry; return false; }
#define xas_next_entry(xas, max)	xas_next_entry_(xas, max)
#define xas_lock(xas)			xa_lock((xas)->xa)
#define xas_unlock(xas)			xa_unlock((xas)->xa)
#define xas_lock_irq(xas)		xa_lock_irq((xas)->xa)
#define xas_unlock_irq(xas)		xa_unlock_irq((xas)->xa)
#define xas_lock_irqsave(xas, f)	xa_lock_irqsave((xas)->xa, f)
#define xas_unlock_irqrestore(xas, f)	xa_unlock_irqrestore((xas)->xa, f)
#define xas_for_each(xas, entry, max) \
	for (entry = xas_find(xas, max); entry; entry = xas_next_entry(xas, max))
#endif
