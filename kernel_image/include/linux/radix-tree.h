/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_RADIX_TREE_H
#define _LINUX_RADIX_TREE_H
#include <linux/xarray.h>
#define radix_tree_root			xarray
#define RADIX_TREE(name, mask)		struct xarray name = XARRAY_INIT(name, mask)
#define INIT_RADIX_TREE(root, mask)	xa_init_flags(root, mask)
#define radix_tree_empty(root)		xa_empty(root)
int radix_tree_insert(struct xarray *root, unsigned long index, void *item);
void *radix_tree_lookup(struct xarray *root, unsigned long index);
void *radix_tree_delete(struct xarray *root, unsigned long index);
unsigned int radix_tree_gang_lookup(struct xarray *root, void **results, unsigned long first, unsigned int max);
#endif
