/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/radix-tree.h>

int radix_tree_insert(struct xarray *root, unsigned long index, void *item)
{
	int err = xa_insert(root, index, item, root->xa_flags);

	return err == -EBUSY ? -EEXIST : err;
}
EXPORT_SYMBOL(radix_tree_insert);

void *radix_tree_lookup(struct xarray *root, unsigned long index)
{
	return xa_load(root, index);
}
EXPORT_SYMBOL(radix_tree_lookup);

void *radix_tree_delete(struct xarray *root, unsigned long index)
{
	return xa_erase(root, index);
}
EXPORT_SYMBOL(radix_tree_delete);

unsigned int radix_tree_gang_lookup(struct xarray *root, void **results, unsigned long first, unsigned int max)
{
	unsigned long index;
	unsigned int n = 0;
	void *e;

	if (max)
		xa_for_each_start(root, index, e, first) {
			results[n++] = e;
			if (n == max)
				break;
		}
	return n;
}
EXPORT_SYMBOL(radix_tree_gang_lookup);
