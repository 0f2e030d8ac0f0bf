/* SPDX-License-Identifier: MIT */
/* What lib/ needs of the rest of the kernel, so that it can be loaded into a test process; and checks in C. */
#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/idr.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/plist.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

void *calloc(size_t n, size_t size);
void free(void *p);

struct kmem_cache *kmalloc_caches[KMALLOC_SHIFT_HIGH + 1];
long live_objects, fail_after = -1;

static void *get(size_t size)
{
	if (fail_after >= 0 && fail_after-- == 0)
		return NULL;
	live_objects++;
	return calloc(1, size);
}
void *kmalloc_trace(struct kmem_cache *s, gfp_t flags, size_t size) { return get(size); }
void *__kmalloc(size_t size, gfp_t flags) { return get(size); }
void *__kmalloc_node_track_caller(size_t size, gfp_t flags, int node, unsigned long caller) { return get(size); }
void *kmalloc_large(size_t size, gfp_t flags) { return get(size); }
void kfree(const void *p)
{
	live_objects -= p != NULL;
	free((void *)p);
}
const char *kstrdup_const(const char *s, gfp_t gfp) { return s; }
void call_rcu(struct rcu_head *head, rcu_callback_t func) { func(head); }
int __cond_resched(void) { return 0; }
void _raw_spin_lock(raw_spinlock_t *l) { }
void _raw_spin_unlock(raw_spinlock_t *l) { }
unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *l) { return 0; }
void _raw_spin_unlock_irqrestore(raw_spinlock_t *l, unsigned long f) { }
int _printk(const char *fmt, ...) { return 0; }
void __check_object_size(const void *ptr, unsigned long n, bool to_user) { }
void preempt_schedule(void) { }
int nr_cpu_ids = 1;

struct item { struct rb_node node; struct list_head list; u32 key, order; };

static bool less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct item, node)->key < rb_entry((struct rb_node *)b, struct item, node)->key;
}

/* The number of black nodes on every path down, or -1 where the rules of a red-black tree are broken. */
static int black_height(struct rb_node *n)
{
	int l, r, black = n ? n->__rb_parent_color & 1 : 0;

	if (!n)
		return 0;
	if (!black && ((n->rb_left && !(n->rb_left->__rb_parent_color & 1)) || (n->rb_right && !(n->rb_right->__rb_parent_color & 1))))
		return -1;
	if ((n->rb_left && rb_parent(n->rb_left) != n) || (n->rb_right && rb_parent(n->rb_right) != n))
		return -1;
	l = black_height(n->rb_left);
	r = black_height(n->rb_right);
	return l < 0 || l != r ? -1 : l + black;
}

/* Inserts n items, removes them in another order, and looks at the tree all the time.  0: right. */
int check_rbtree(u32 seed, u32 n)
{
	struct rb_root_cached root = RB_ROOT_CACHED;
	struct item *items = calloc(n, sizeof(*items));
	int err = 0;

	for (u32 i = 0; i < n && !err; i++) {
		items[i].key = (seed = seed * 1664525 + 1013904223) >> 20;
		rb_add_cached(&items[i].node, &root, less);
		err = black_height(root.rb_root.rb_node) < 0 ? 1 : root.rb_leftmost != rb_first(&root.rb_root) ? 2 : 0;
	}
	for (u32 left = n; left && !err; left--) {
		struct rb_node *node, *prev = NULL;
		u32 seen = 0, pick = (seed = seed * 1664525 + 1013904223) % n;

		for (node = rb_first(&root.rb_root); node; prev = node, node = rb_next(node), seen++)
			if (prev && (less(node, prev) || rb_prev(node) != prev))
				err = 3;
		if (seen != left || prev != rb_last(&root.rb_root))
			err = 4;
		while (items[pick].order)
			pick = (pick + 1) % n;
		items[pick].order = 1;
		rb_erase_cached(&items[pick].node, &root);
		if (black_height(root.rb_root.rb_node) < 0 || root.rb_leftmost != rb_first(&root.rb_root))
			err = 5;
	}
	free(items);
	return err;
}

static int by_key(void *priv, const struct list_head *a, const struct list_head *b)
{
	return (int)list_entry(a, struct item, list)->key - (int)list_entry(b, struct item, list)->key;
}

int check_list_sort(u32 seed, u32 n)
{
	struct item *items = calloc(n, sizeof(*items)), *it, *prev = NULL;
	LIST_HEAD(head);
	u32 seen = 0;
	int err = 0;

	for (u32 i = 0; i < n; i++) {
		items[i].key = (seed = seed * 1664525 + 1013904223) >> 26;
		items[i].order = i;
		list_add_tail(&items[i].list, &head);
	}
	list_sort(NULL, &head, by_key);
	list_for_each_entry(it, &head, list) {
		if (prev && (prev->key > it->key || (prev->key == it->key && prev->order > it->order) || it->list.prev != &prev->list))
			err = 1;
		prev = it;
		seen++;
	}
	if (seen != n || (prev && head.prev != &prev->list))
		err = 2;
	free(items);
	return err;
}

struct xarray *xa_new(void) { return calloc(1, sizeof(struct xarray)); }
struct idr *idr_new(int base)
{
	struct idr *idr = calloc(1, sizeof(*idr));

	idr_init_base(idr, base);
	return idr;
}
struct ida *ida_new(void) { return calloc(1, sizeof(struct ida)); }
