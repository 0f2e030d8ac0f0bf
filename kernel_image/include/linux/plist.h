/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_PLIST_H
#define _LINUX_PLIST_H
#include <linux/list.h>
struct plist_head { struct list_head node_list; };
struct plist_node { int prio; struct list_head prio_list, node_list; };
#define PLIST_HEAD_INIT(head)	{ .node_list = LIST_HEAD_INIT((head).node_list) }
#define PLIST_HEAD(head)	struct plist_head head = PLIST_HEAD_INIT(head)
static inline void plist_head_init(struct plist_head *head) { INIT_LIST_HEAD(&head->node_list); }
static inline void plist_node_init(struct plist_node *node, int prio)
{
	node->prio = prio;
	INIT_LIST_HEAD(&node->prio_list);
	INIT_LIST_HEAD(&node->node_list);
}
void plist_add(struct plist_node *node, struct plist_head *head);
void plist_del(struct plist_node *node, struct plist_head *head);
static inline bool plist_head_empty(const struct plist_head *head) { return list_empty(&head->node_list); }
#define plist_first(head)	list_entry((head)->node_list.next, struct plist_node, node_list)
#define plist_for_each(pos, head) list_for_each_entry(pos, &(head)->node_list, node_list)
#endif
