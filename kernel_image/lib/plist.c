/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/plist.h>

/* Ascending priorities; equal ones in order of arrival. */
void plist_add(struct plist_node *node, struct plist_head *head)
{
	struct plist_node *pos;

	list_for_each_entry(pos, &head->node_list, node_list) {
		if (pos->prio > node->prio) {
			list_add_tail(&node->node_list, &pos->node_list);
			return;
		}
	}
	list_add_tail(&node->node_list, &head->node_list);
}
EXPORT_SYMBOL(plist_add);

void plist_del(struct plist_node *node, struct plist_head *head)
{
	(void)head;
	list_del_init(&node->node_list);
}
EXPORT_SYMBOL(plist_del);
