/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TIMERQUEUE_H
#define _LINUX_TIMERQUEUE_H
#include <linux/ktime.h>
#include <linux/rbtree.h>
struct timerqueue_node { struct rb_node node; ktime_t expires; };
struct timerqueue_head { struct rb_root_cached rb_root; };
bool timerqueue_add(struct timerqueue_head *head, struct timerqueue_node *node);
bool timerqueue_del(struct timerqueue_head *head, struct timerqueue_node *node);
struct timerqueue_node *timerqueue_iterate_next(struct timerqueue_node *node);
static inline struct timerqueue_node *timerqueue_getnext(struct timerqueue_head *h)
{
	struct rb_node *l = h->rb_root.rb_leftmost;

	return l ? container_of(l, struct timerqueue_node, node) : NULL;
}
static inline void timerqueue_init_head(struct timerqueue_head *h) { h->rb_root = RB_ROOT_CACHED; }
#endif
