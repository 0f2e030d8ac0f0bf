// SPDX-License-Identifier: MIT
/* Pages that a file no longer has. */
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/string.h>
#include <linux/sched.h>
#include <linux/export.h>

static void truncate_cleanup_folio(struct folio *folio)
{
	folio_cancel_dirty(folio);
}

static noinline int truncate_inode_folio(struct address_space *mapping, struct folio *folio)
{
	if (folio->mapping != mapping)
		return -EIO;
	truncate_cleanup_folio(folio);
	filemap_remove_folio(folio);
	return 0;
}

/* The page that the new end lies in keeps its first bytes. */
static void truncate_partial(struct address_space *mapping, loff_t lstart)
{
	struct folio *folio = __filemap_get_folio(mapping, lstart >> PAGE_SHIFT, FGP_LOCK, 0);
	unsigned int offset = lstart & (PAGE_SIZE - 1);

	if (!folio)
		return;
	memset((char *)folio_address(folio) + offset, 0, PAGE_SIZE - offset);
	folio_unlock(folio);
	folio_put(folio);
}

void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, loff_t lend)
{
	unsigned long index, start = (lstart + PAGE_SIZE - 1) >> PAGE_SHIFT;
	unsigned long end = lend == -1 ? ~0UL : (unsigned long)(lend >> PAGE_SHIFT);
	struct folio *folio;

	if (!mapping->nrpages)
		return;
	if (lstart & (PAGE_SIZE - 1))
		truncate_partial(mapping, lstart);
	xa_for_each_start(&mapping->i_pages, index, folio, start) {
		if (index > end)
			break;
		folio_get(folio);
		folio_lock(folio);
		truncate_inode_folio(mapping, folio);
		folio_unlock(folio);
		folio_put(folio);
		cond_resched();
	}
}
EXPORT_SYMBOL(truncate_inode_pages_range);

void truncate_inode_pages(struct address_space *mapping, loff_t lstart)
{
	truncate_inode_pages_range(mapping, lstart, (loff_t)-1);
}
EXPORT_SYMBOL(truncate_inode_pages);

void truncate_inode_pages_final(struct address_space *mapping)
{
	truncate_inode_pages(mapping, 0);
}
EXPORT_SYMBOL(truncate_inode_pages_final);

void truncate_pagecache(struct inode *inode, loff_t newsize)
{
	truncate_inode_pages(inode->i_mapping, newsize);
}
EXPORT_SYMBOL(truncate_pagecache);

void truncate_setsize(struct inode *inode, loff_t newsize)
{
	loff_t oldsize = inode->i_size;

	i_size_write(inode, newsize);
	if (newsize < oldsize)
		truncate_pagecache(inode, newsize);
}
EXPORT_SYMBOL(truncate_setsize);
