/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

/*
 * xa_head is NULL or the top node.  A node's shift says which six bits of the index choose among its slots.
 * Changes happen under xa_lock; readers may hold only RCU, so nodes are freed after a grace period.
 */
static struct xa_node *to_node(const void *e)
{
	return (struct xa_node *)((unsigned long)e - 2);
}

static void *mk_node(const struct xa_node *n)
{
	return (void *)((unsigned long)n | 2);
}

static bool is_node(const void *e)
{
	return xa_is_internal(e);
}

static void xa_node_free_rcu(struct callback_head *head)
{
	kfree(container_of(head, struct xa_node, rcu_head));
}

static void xa_node_free(struct xa_node *node)
{
	call_rcu(&node->rcu_head, xa_node_free_rcu);
}

static unsigned long node_max(const struct xa_node *n)
{
	return n->shift + XA_CHUNK_SHIFT >= 8 * sizeof(long) ? ~0UL : (1UL << (n->shift + XA_CHUNK_SHIFT)) - 1;
}

static unsigned int slot_of(const struct xa_node *n, unsigned long index)
{
	return index >> n->shift & XA_CHUNK_MASK;
}

static struct xa_node *new_node(struct xarray *xa, struct xa_node *parent, unsigned int shift, unsigned int offset, gfp_t gfp)
{
	struct xa_node *n = kzalloc(sizeof(*n), gfp);

	if (n) {
		n->shift = shift;
		n->offset = offset;
		n->parent = parent;
		n->array = xa;
	}
	return n;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	void *e = READ_ONCE(xa->xa_head);

	if (!e || index > node_max(to_node(e)))
		return NULL;
	while (is_node(e))
		e = READ_ONCE(to_node(e)->slots[slot_of(to_node(e), index)]);
	return e;
}
EXPORT_SYMBOL(xa_load);

/* The leaf that holds index, or NULL. */
static struct xa_node *leaf(struct xarray *xa, unsigned long index)
{
	struct xa_node *n;

	if (!xa->xa_head)
		return NULL;
	n = to_node(xa->xa_head);
	if (index > node_max(n))
		return NULL;
	while (n->shift) {
		void *e = n->slots[slot_of(n, index)];

		if (!e)
			return NULL;
		n = to_node(e);
	}
	return n;
}

/* Empty nodes go, upwards. */
static void prune(struct xarray *xa, struct xa_node *n)
{
	while (n && !n->count) {
		struct xa_node *parent = n->parent;

		if (parent) {
			WRITE_ONCE(parent->slots[n->offset], NULL);
			parent->count--;
			for (int m = 0; m < XA_MAX_MARKS; m++)
				parent->marks[m] &= ~(1ull << n->offset);
		} else {
			WRITE_ONCE(xa->xa_head, NULL);
		}
		xa_node_free(n);
		n = parent;
	}
}

/* A node path down to index, made where missing; -ENOMEM leaves a valid tree. */
static struct xa_node *create(struct xarray *xa, unsigned long index, gfp_t gfp)
{
	struct xa_node *n, *parent;

	if (!xa->xa_head) {
		n = new_node(xa, NULL, 0, 0, gfp);
		if (!n)
			return NULL;
		WRITE_ONCE(xa->xa_head, mk_node(n));
	}
	while (index > node_max(to_node(xa->xa_head))) {
		struct xa_node *old = to_node(xa->xa_head);

		n = new_node(xa, NULL, old->shift + XA_CHUNK_SHIFT, 0, gfp);
		if (!n)
			return NULL;
		if (old->count) {
			n->slots[0] = mk_node(old);
			n->count = 1;
			for (int m = 0; m < XA_MAX_MARKS; m++)
				n->marks[m] = old->marks[m] != 0;
			old->parent = n;
			WRITE_ONCE(xa->xa_head, mk_node(n));
		} else {
			WRITE_ONCE(xa->xa_head, mk_node(n));
			xa_node_free(old);
		}
	}
	for (n = to_node(xa->xa_head); n->shift; n = parent) {
		unsigned int slot = slot_of(n, index);

		if (!n->slots[slot]) {
			parent = new_node(xa, n, n->shift - XA_CHUNK_SHIFT, slot, gfp);
			if (!parent) {
				prune(xa, n);
				return NULL;
			}
			WRITE_ONCE(n->slots[slot], mk_node(parent));
			n->count++;
		}
		parent = to_node(n->slots[slot]);
	}
	return n;
}

static void mark_up(struct xa_node *n, unsigned int slot, unsigned int m, bool set)
{
	for (; n; slot = n->offset, n = n->parent) {
		u64 old = n->marks[m];

		if (set) {
			n->marks[m] |= 1ull << slot;
			if (old)
				break;
		} else {
			n->marks[m] &= ~(1ull << slot);
			if (n->marks[m])
				break;
		}
	}
}

void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	struct xa_node *n;
	unsigned int slot;
	void *old;

	n = entry ? create(xa, index, gfp) : leaf(xa, index);
	if (!n)
		return entry ? xa_mk_internal(-ENOMEM) : NULL;
	slot = slot_of(n, index);
	old = n->slots[slot];
	WRITE_ONCE(n->slots[slot], entry);
	n->count += !!entry - !!old;
	if (!entry) {
		for (unsigned int m = 0; m < XA_MAX_MARKS; m++)
			if (n->marks[m] >> slot & 1)
				mark_up(n, slot, m, false);
		prune(xa, n);
	}
	return old;
}
EXPORT_SYMBOL(__xa_store);

/* Marks of an upper node follow: clearing the last one of a child clears the parent's bit. */
void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	unsigned long flags;
	struct xa_node *n;

	xa_lock_irqsave(xa, flags);
	n = leaf(xa, index);
	if (n && n->slots[slot_of(n, index)])
		mark_up(n, slot_of(n, index), mark, true);
	xa_unlock_irqrestore(xa, flags);
}
EXPORT_SYMBOL(xa_set_mark);

void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	unsigned long flags;
	struct xa_node *n;

	xa_lock_irqsave(xa, flags);
	n = leaf(xa, index);
	if (n)
		mark_up(n, slot_of(n, index), mark, false);
	xa_unlock_irqrestore(xa, flags);
}
EXPORT_SYMBOL(xa_clear_mark);

bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_node *n = leaf(xa, index);

	return n && n->marks[mark] >> slot_of(n, index) & 1;
}
EXPORT_SYMBOL(xa_get_mark);

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	return __xa_store(xa, index, NULL, 0);
}
EXPORT_SYMBOL(__xa_erase);

#define LOCKED(xa, expr) ({							\
	unsigned long _flags; __typeof__(expr) _r;				\
	xa_lock_irqsave(xa, _flags); _r = (expr); xa_unlock_irqrestore(xa, _flags); _r; })

/* Nodes are allocated under the lock, so never by sleeping. */
static gfp_t atomic_gfp(gfp_t gfp)
{
	return (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_HIGH;
}

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return LOCKED(xa, __xa_store(xa, index, entry, atomic_gfp(gfp)));
}
EXPORT_SYMBOL(xa_store);

void *xa_erase(struct xarray *xa, unsigned long index)
{
	return LOCKED(xa, __xa_erase(xa, index));
}
EXPORT_SYMBOL(xa_erase);

static void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	void *cur = xa_load(xa, index), *ret;

	if (cur != old)
		return cur;
	ret = __xa_store(xa, index, entry, gfp);
	return xa_is_err(ret) ? ret : old;
}

void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	return LOCKED(xa, __xa_cmpxchg(xa, index, old, entry, atomic_gfp(gfp)));
}
EXPORT_SYMBOL(xa_cmpxchg);

int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	void *cur = xa_cmpxchg(xa, index, NULL, entry, gfp);

	return xa_is_err(cur) ? xa_err(cur) : cur ? -EBUSY : 0;
}
EXPORT_SYMBOL(xa_insert);

/* The lowest free index from *index on; false: none up to max. */
static bool first_free(struct xarray *xa, unsigned long *index, unsigned long max)
{
	unsigned long i = *index;

	while (i <= max) {
		struct xa_node *n = leaf(xa, i);

		if (!n)
			break;
		if (n->count == XA_CHUNK_SIZE)
			i = (i | XA_CHUNK_MASK) + 1;
		else if (n->slots[i & XA_CHUNK_MASK])
			i++;
		else
			break;
		if (!i)
			return false;
	}
	*index = i;
	return i <= max;
}

int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	unsigned long index = limit.min;
	void *ret;

	if (xa->xa_flags & 8u && !index)	/* XA_FLAGS_ALLOC1 starts at 1 */
		index = 1;
	if (!first_free(xa, &index, limit.max))
		return -EBUSY;
	ret = __xa_store(xa, index, entry, gfp);
	if (xa_is_err(ret))
		return xa_err(ret);
	*id = index;
	return 0;
}
EXPORT_SYMBOL(__xa_alloc);

int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	return LOCKED(xa, __xa_alloc(xa, id, entry, limit, atomic_gfp(gfp)));
}
EXPORT_SYMBOL(xa_alloc);

int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next, gfp_t gfp)
{
	struct xa_limit upper = { .min = max(limit.min, *next), .max = limit.max };
	int ret = xa_alloc(xa, id, entry, upper, gfp), wrapped = 0;

	if (ret == -EBUSY && upper.min > limit.min) {
		ret = xa_alloc(xa, id, entry, limit, gfp);
		wrapped = 1;
	}
	if (ret)
		return ret;
	*next = *id + 1;
	return wrapped;
}
EXPORT_SYMBOL(xa_alloc_cyclic);

/* The first entry with index in [*index, max] that has the mark (or any, for XA_PRESENT). */
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	unsigned long i = *index;
	struct xa_node *n;

	if (!xa->xa_head)
		return NULL;
restart:
	n = to_node(xa->xa_head);
	if (i > max || i > node_max(n))
		return NULL;
	for (;;) {
		unsigned int slot = slot_of(n, i);
		void *e = NULL;

		for (; slot < XA_CHUNK_SIZE; slot++) {
			e = n->slots[slot];
			if (e && (filter == XA_PRESENT || n->marks[filter] >> slot & 1))
				break;
			i = ((i >> n->shift) + 1) << n->shift;
			if (!i)
				return NULL;
		}
		if (slot == XA_CHUNK_SIZE)
			goto restart;
		if (i > max)
			return NULL;
		if (!n->shift) {
			*index = i;
			return e;
		}
		n = to_node(e);
	}
}
EXPORT_SYMBOL(xa_find);

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	unsigned long i = *index + 1;
	void *e;

	if (!i)
		return NULL;
	e = xa_find(xa, &i, max, filter);
	if (e)
		*index = i;
	return e;
}
EXPORT_SYMBOL(xa_find_after);

static void destroy(struct xa_node *n)
{
	if (n->shift)
		for (unsigned int i = 0; i < XA_CHUNK_SIZE; i++)
			if (n->slots[i])
				destroy(to_node(n->slots[i]));
	xa_node_free(n);
}

void xa_destroy(struct xarray *xa)
{
	unsigned long flags;
	void *head;

	xa_lock_irqsave(xa, flags);
	head = xa->xa_head;
	xa->xa_head = NULL;
	xa_unlock_irqrestore(xa, flags);
	if (head)
		destroy(to_node(head));
}
EXPORT_SYMBOL(xa_destroy);

void *xas_load(struct xa_state *xas)
{
	return xa_load(xas->xa, xas->xa_index);
}
EXPORT_SYMBOL(xas_load);

/* The caller holds the lock; -ENOMEM is left in the state. */
void *xas_store(struct xa_state *xas, void *entry)
{
	void *old = __xa_store(xas->xa, xas->xa_index, entry, GFP_NOWAIT | __GFP_HIGH);

	if (xa_is_err(old)) {
		xas->xa_err_ = old;
		return NULL;
	}
	return old;
}
EXPORT_SYMBOL(xas_store);

void *xas_find(struct xa_state *xas, unsigned long max)
{
	return xa_find(xas->xa, &xas->xa_index, max, XA_PRESENT);
}
EXPORT_SYMBOL(xas_find);

void *xas_next_entry_(struct xa_state *xas, unsigned long max)
{
	return xa_find_after(xas->xa, &xas->xa_index, max, XA_PRESENT);
}
EXPORT_SYMBOL(xas_next_entry_);

/* Nodes are never preallocated: a store that failed fails again. */
bool xas_nomem(struct xa_state *xas, gfp_t gfp)
{
	(void)gfp;
	(void)xas;
	return false;
}
EXPORT_SYMBOL(xas_nomem);
