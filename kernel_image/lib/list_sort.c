/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/list_sort.h>

/* While sorting, lists are singly linked by next and end in NULL. */
static struct list_head *merge(void *priv, list_cmp_func_t cmp, struct list_head *a, struct list_head *b)
{
	struct list_head *head, **tail = &head;

	while (a && b) {
		struct list_head **least = cmp(priv, a, b) <= 0 ? &a : &b;

		*tail = *least;
		tail = &(*least)->next;
		*least = *tail;
	}
	*tail = a ? a : b;
	return head;
}

/* Stable merge sort; sorted[i] holds a run of 2^i entries or nothing. */
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head *sorted[8 * sizeof(long)] = { NULL }, *list = head->next, *run, *prev;
	unsigned int i, top = 0;

	if (list_empty(head))
		return;
	head->prev->next = NULL;
	while (list) {
		run = list;
		list = list->next;
		run->next = NULL;
		for (i = 0; sorted[i]; i++) {
			run = merge(priv, cmp, sorted[i], run);
			sorted[i] = NULL;
		}
		sorted[i] = run;
		if (i > top)
			top = i;
	}
	run = NULL;
	for (i = 0; i <= top; i++)
		run = merge(priv, cmp, sorted[i], run);
	for (prev = head; run; prev = run, run = run->next) {
		prev->next = run;
		run->prev = prev;
	}
	prev->next = head;
	head->prev = prev;
}
EXPORT_SYMBOL(list_sort);
