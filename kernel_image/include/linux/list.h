/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_LIST_H
#define _LINUX_LIST_H
#include <linux/types.h>

#define LIST_POISON1	((void *)0x100)
#define LIST_POISON2	((void *)0x122)
#define LIST_HEAD_INIT(n)	{ &(n), &(n) }
#define LIST_HEAD(n)		struct list_head n = LIST_HEAD_INIT(n)

static inline void INIT_LIST_HEAD(struct list_head *l) { l->next = l; l->prev = l; }
static inline void __list_add(struct list_head *e, struct list_head *prev, struct list_head *next)
{
	next->prev = e;
	e->next = next;
	e->prev = prev;
	WRITE_ONCE(prev->next, e);
}
static inline void list_add(struct list_head *e, struct list_head *h) { __list_add(e, h, h->next); }
static inline void list_add_tail(struct list_head *e, struct list_head *h) { __list_add(e, h->prev, h); }
static inline void __list_del(struct list_head *prev, struct list_head *next) { next->prev = prev; WRITE_ONCE(prev->next, next); }
static inline void __list_del_entry(struct list_head *e) { __list_del(e->prev, e->next); }
static inline void list_del(struct list_head *e)
{
	__list_del_entry(e);
	e->next = LIST_POISON1;
	e->prev = LIST_POISON2;
}
static inline void list_del_init(struct list_head *e) { __list_del_entry(e); INIT_LIST_HEAD(e); }
#define list_del_init_careful(e)	list_del_init(e)
static inline void list_replace(struct list_head *old, struct list_head *n)
{
	n->next = old->next; n->next->prev = n;
	n->prev = old->prev; n->prev->next = n;
}
static inline void list_replace_init(struct list_head *old, struct list_head *n) { list_replace(old, n); INIT_LIST_HEAD(old); }
static inline void list_move(struct list_head *e, struct list_head *h) { __list_del_entry(e); list_add(e, h); }
static inline void list_move_tail(struct list_head *e, struct list_head *h) { __list_del_entry(e); list_add_tail(e, h); }
static inline int list_is_first(const struct list_head *e, const struct list_head *h) { return e->prev == h; }
static inline int list_is_last(const struct list_head *e, const struct list_head *h) { return e->next == h; }
static inline int list_empty(const struct list_head *h) { return READ_ONCE(h->next) == h; }
static inline int list_empty_careful(const struct list_head *h) { return list_empty(h) && h->prev == h; }
static inline int list_is_singular(const struct list_head *h) { return !list_empty(h) && h->next == h->prev; }
static inline void list_rotate_left(struct list_head *h) { if (!list_empty(h)) list_move_tail(h->next, h); }
static inline void __list_splice(const struct list_head *l, struct list_head *prev, struct list_head *next)
{
	struct list_head *first = l->next, *last = l->prev;

	first->prev = prev; prev->next = first;
	last->next = next; next->prev = last;
}
static inline void list_splice(const struct list_head *l, struct list_head *h) { if (!list_empty(l)) __list_splice(l, h, h->next); }
static inline void list_splice_tail(struct list_head *l, struct list_head *h) { if (!list_empty(l)) __list_splice(l, h->prev, h); }
static inline void list_splice_init(struct list_head *l, struct list_head *h) { list_splice(l, h); INIT_LIST_HEAD(l); }
static inline void list_splice_tail_init(struct list_head *l, struct list_head *h) { list_splice_tail(l, h); INIT_LIST_HEAD(l); }

#define list_entry(p, t, m)		container_of(p, t, m)
#define list_first_entry(h, t, m)	list_entry((h)->next, t, m)
#define list_last_entry(h, t, m)	list_entry((h)->prev, t, m)
#define list_first_entry_or_null(h, t, m) (list_empty(h) ? NULL : list_first_entry(h, t, m))
#define list_next_entry(p, m)		list_entry((p)->m.next, typeof(*(p)), m)
#define list_prev_entry(p, m)		list_entry((p)->m.prev, typeof(*(p)), m)
#define list_entry_is_head(p, h, m)	(&(p)->m == (h))
#define list_for_each(p, h)		for ((p) = (h)->next; (p) != (h); (p) = (p)->next)
#define list_for_each_prev(p, h)	for ((p) = (h)->prev; (p) != (h); (p) = (p)->prev)
#define list_for_each_safe(p, n, h)	for ((p) = (h)->next, (n) = (p)->next; (p) != (h); (p) = (n), (n) = (p)->next)
#define list_for_each_entry(p, h, m) \
	for ((p) = list_first_entry(h, typeof(*(p)), m); !list_entry_is_head(p, h, m); (p) = list_next_entry(p, m))
#define list_for_each_entry_reverse(p, h, m) \
	for ((p) = list_last_entry(h, typeof(*(p)), m); !list_entry_is_head(p, h, m); (p) = list_prev_entry(p, m))
#define list_for_each_entry_from(p, h, m) \
	for (; !list_entry_is_head(p, h, m); (p) = list_next_entry(p, m))
#define list_for_each_entry_continue(p, h, m) \
	for ((p) = list_next_entry(p, m); !list_entry_is_head(p, h, m); (p) = list_next_entry(p, m))
#define list_for_each_entry_continue_reverse(p, h, m) \
	for ((p) = list_prev_entry(p, m); !list_entry_is_head(p, h, m); (p) = list_prev_entry(p, m))
#define list_for_each_entry_safe(p, n, h, m) \
	for ((p) = list_first_entry(h, typeof(*(p)), m), (n) = list_next_entry(p, m); \
	     !list_entry_is_head(p, h, m); (p) = (n), (n) = list_next_entry(n, m))
#define list_for_each_entry_safe_reverse(p, n, h, m) \
	for ((p) = list_last_entry(h, typeof(*(p)), m), (n) = list_prev_entry(p, m); \
	     !list_entry_is_head(p, h, m); (p) = (n), (n) = list_prev_entry(n, m))
static inline size_t list_count_nodes(struct list_head *h)
{
	struct list_head *p;
	size_t n = 0;

	list_for_each(p, h)
		n++;
	return n;
}

#define HLIST_HEAD_INIT		{ .first = NULL }
#define HLIST_HEAD(n)		struct hlist_head n = { .first = NULL }
#define INIT_HLIST_HEAD(p)	((p)->first = NULL)
static inline void INIT_HLIST_NODE(struct hlist_node *n) { n->next = NULL; n->pprev = NULL; }
static inline int hlist_unhashed(const struct hlist_node *n) { return !n->pprev; }
static inline int hlist_empty(const struct hlist_head *h) { return !READ_ONCE(h->first); }
static inline void __hlist_del(struct hlist_node *n)
{
	WRITE_ONCE(*n->pprev, n->next);
	if (n->next)
		n->next->pprev = n->pprev;
}
static inline void hlist_del(struct hlist_node *n) { __hlist_del(n); n->next = LIST_POISON1; n->pprev = LIST_POISON2; }
static inline void hlist_del_init(struct hlist_node *n) { if (n->pprev) { __hlist_del(n); INIT_HLIST_NODE(n); } }
static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	n->pprev = &h->first;
	if (h->first)
		h->first->pprev = &n->next;
	WRITE_ONCE(h->first, n);
}
static inline void hlist_add_before(struct hlist_node *n, struct hlist_node *next)
{
	n->pprev = next->pprev;
	n->next = next;
	next->pprev = &n->next;
	WRITE_ONCE(*n->pprev, n);
}
static inline void hlist_add_behind(struct hlist_node *n, struct hlist_node *prev)
{
	n->next = prev->next;
	n->pprev = &prev->next;
	if (n->next)
		n->next->pprev = &n->next;
	WRITE_ONCE(prev->next, n);
}
#define hlist_entry(p, t, m)	container_of(p, t, m)
#define hlist_entry_safe(p, t, m) ({ typeof(p) ____p = (p); ____p ? hlist_entry(____p, t, m) : NULL; })
#define hlist_for_each(p, h)	for ((p) = (h)->first; (p); (p) = (p)->next)
#define hlist_for_each_safe(p, n, h) for ((p) = (h)->first; (p) && ((n) = (p)->next, 1); (p) = (n))
#define hlist_for_each_entry(p, h, m) \
	for ((p) = hlist_entry_safe((h)->first, typeof(*(p)), m); (p); (p) = hlist_entry_safe((p)->m.next, typeof(*(p)), m))
#define hlist_for_each_entry_safe(p, n, h, m) \
	for ((p) = hlist_entry_safe((h)->first, typeof(*(p)), m); (p) && ((n) = (p)->m.next, 1); \
	     (p) = hlist_entry_safe(n, typeof(*(p)), m))
#endif
