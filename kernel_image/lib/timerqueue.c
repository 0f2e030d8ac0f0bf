// SPDX-License-Identifier: MIT
/* Timers in a tree by time, the first at hand. */
#include <linux/timerqueue.h>
#include <linux/export.h>

static bool timerqueue_less(struct rb_node *a, const struct rb_node *b)
{
	return container_of(a, struct timerqueue_node, node)->expires < container_of(b, struct timerqueue_node, node)->expires;
}

/* True when the new one is the first. */
bool timerqueue_add(struct timerqueue_head *head, struct timerqueue_node *node)
{
	rb_add_cached(&node->node, &head->rb_root, timerqueue_less);
	return head->rb_root.rb_leftmost == &node->node;
}

bool timerqueue_del(struct timerqueue_head *head, struct timerqueue_node *node)
{
	rb_erase_cached(&node->node, &head->rb_root);
	RB_CLEAR_NODE(&node->node);
	return !RB_EMPTY_ROOT(&head->rb_root.rb_root);
}

struct timerqueue_node *timerqueue_iterate_next(struct timerqueue_node *node)
{
	struct rb_node *n = rb_next(&node->node);

	return n ? container_of(n, struct timerqueue_node, node) : NULL;
}
