/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_RCULIST_H
#define _LINUX_RCULIST_H
#include <linux/list.h>
#include <linux/rcupdate.h>
/* x86 keeps stores in order, so publishing is a plain store after the others. */
#define list_add_rcu(n, h)		list_add(n, h)
#define list_add_tail_rcu(n, h)		list_add_tail(n, h)
static inline void list_del_rcu(struct list_head *e) { __list_del_entry(e); e->prev = LIST_POISON2; }
#define list_replace_rcu(o, n)		list_replace(o, n)
#define list_entry_rcu(p, t, m)		container_of(READ_ONCE(p), t, m)
#define list_next_rcu(l)		((l)->next)
#define list_first_or_null_rcu(h, t, m)	list_first_entry_or_null(h, t, m)
#define list_for_each_entry_rcu(p, h, m, c...) \
	for ((p) = list_entry_rcu((h)->next, typeof(*(p)), m); &(p)->m != (h); (p) = list_entry_rcu((p)->m.next, typeof(*(p)), m))
#define list_for_each_entry_continue_rcu(p, h, m) \
	for ((p) = list_entry_rcu((p)->m.next, typeof(*(p)), m); &(p)->m != (h); (p) = list_entry_rcu((p)->m.next, typeof(*(p)), m))
#define hlist_add_head_rcu(n, h)	hlist_add_head(n, h)
#define hlist_add_tail_rcu(n, h)	hlist_add_head(n, h)
static inline void hlist_del_rcu(struct hlist_node *n) { __hlist_del(n); n->pprev = LIST_POISON2; }
static inline void hlist_del_init_rcu(struct hlist_node *n) { if (n->pprev) { __hlist_del(n); n->pprev = NULL; } }
#define hlist_for_each_entry_rcu(p, h, m, c...) hlist_for_each_entry(p, h, m)
#define hlist_for_each_entry_rcu_notrace(p, h, m) hlist_for_each_entry(p, h, m)
#endif
