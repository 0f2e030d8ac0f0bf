/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_LLIST_H
#define _LINUX_LLIST_H
#include <linux/types.h>
#include <asm/cmpxchg.h>
/* A list that interrupts and other CPUs add to without a lock and one consumer empties. */
struct llist_head { struct llist_node *first; };
struct llist_node { struct llist_node *next; };
#define LLIST_HEAD_INIT(n)	{ NULL }
#define LLIST_HEAD(n)		struct llist_head n = LLIST_HEAD_INIT(n)
static inline void init_llist_head(struct llist_head *l) { l->first = NULL; }
static inline bool llist_empty(const struct llist_head *h) { return !READ_ONCE(h->first); }
static inline bool llist_add_batch(struct llist_node *first, struct llist_node *last, struct llist_head *h)
{
	struct llist_node *old;

	do {
		old = READ_ONCE(h->first);
		last->next = old;
	} while (cmpxchg(&h->first, old, first) != old);
	return !old;
}
static inline bool llist_add(struct llist_node *n, struct llist_head *h) { return llist_add_batch(n, n, h); }
static inline struct llist_node *llist_del_all(struct llist_head *h) { return xchg(&h->first, (struct llist_node *)NULL); }
static inline struct llist_node *llist_reverse_order(struct llist_node *l)
{
	struct llist_node *r = NULL;

	while (l) {
		struct llist_node *t = l;

		l = l->next;
		t->next = r;
		r = t;
	}
	return r;
}
#define llist_entry(p, t, m)	container_of(p, t, m)
#define llist_for_each(p, n)	for ((p) = (n); (p); (p) = (p)->next)
#define llist_for_each_safe(p, t, n) for ((p) = (n); (p) && ((t) = (p)->next, 1); (p) = (t))
#define llist_for_each_entry(p, n, m) \
	for ((p) = llist_entry(n, typeof(*(p)), m); &(p)->m != NULL; (p) = llist_entry((p)->m.next, typeof(*(p)), m))
#define llist_for_each_entry_safe(p, t, n, m) \
	for ((p) = llist_entry(n, typeof(*(p)), m); \
	     (uintptr_t)&(p)->m != 0 && ((t) = llist_entry((p)->m.next, typeof(*(p)), m), 1); (p) = (t))
#endif
