/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_PAGEMAP_H
#define _LINUX_PAGEMAP_H
#include <linux/fs.h>
#include <linux/mm.h>

#define FGP_ACCESSED	0x01
#define FGP_LOCK	0x02
#define FGP_CREAT	0x04
#define FGP_WRITE	0x08
#define FGP_NOWAIT	0x20
#define FGP_STABLE	0x100

#define mapping_gfp_mask(m)		((m)->gfp_mask)
#define mapping_set_gfp_mask(m, g)	((m)->gfp_mask = (g))
#define page_offset(p)			((loff_t)(p)->index << PAGE_SHIFT)
#define offset_in_page(p)		((unsigned long)(p) & (PAGE_SIZE - 1))

struct folio *__filemap_get_folio(struct address_space *mapping, unsigned long index, int fgp_flags, gfp_t gfp);
struct page *pagecache_get_page(struct address_space *mapping, unsigned long index, int fgp_flags, gfp_t gfp);
struct page *grab_cache_page_write_begin(struct address_space *mapping, unsigned long index);
int filemap_add_folio(struct address_space *mapping, struct folio *folio, unsigned long index, gfp_t gfp);
int __filemap_add_folio(struct address_space *mapping, struct folio *folio, unsigned long index, gfp_t gfp);
void filemap_remove_folio(struct folio *folio);
void __filemap_remove_folio(struct folio *folio);
int filemap_write_and_wait_range(struct address_space *mapping, loff_t lstart, loff_t lend);
int filemap_fdatawrite(struct address_space *mapping);
void folio_lock(struct folio *folio);
void __folio_lock(struct folio *folio);
void folio_unlock(struct folio *folio);
void unlock_page(struct page *page);
void folio_mark_accessed(struct folio *folio);
void mark_page_accessed(struct page *page);
bool folio_mark_dirty(struct folio *folio);
bool filemap_dirty_folio(struct address_space *mapping, struct folio *folio);
int set_page_dirty(struct page *page);
void folio_account_dirtied(struct folio *folio, struct address_space *mapping);
void folio_cancel_dirty(struct folio *folio);
bool folio_clear_dirty_for_io(struct folio *folio);
void folio_start_writeback(struct folio *folio);
void folio_end_writeback(struct folio *folio);
void truncate_inode_pages(struct address_space *mapping, loff_t lstart);
void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, loff_t lend);
void truncate_inode_pages_final(struct address_space *mapping);
void truncate_pagecache(struct inode *inode, loff_t newsize);
void truncate_setsize(struct inode *inode, loff_t newsize);
void balance_dirty_pages_ratelimited(struct address_space *mapping);
int PageHeadHuge(struct page *page);
void pagecache_init(void);
#endif
