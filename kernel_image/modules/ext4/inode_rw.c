// SPDX-License-Identifier: MIT
/* The data of inodes: blocks behind pages, reading, writing and writing back. */
#include "ext4.h"

static noinline int __check_block_validity(struct inode *inode, struct ext4_map_blocks *map)
{
	return map->m_pblk >= EXT4_FIRST_DATA_BLOCK && map->m_pblk + map->m_len <= EXT4_BLOCKS ? 0 : -EUCLEAN;
}

int ext4_map_blocks(handle_t *handle, struct inode *inode, struct ext4_map_blocks *map, int flags)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	int retval;

	down_read(&ei->i_data_sem);
	retval = ext4_ext_map_blocks(handle, inode, map, 0);
	up_read(&ei->i_data_sem);
	if (!retval && (flags & EXT4_GET_BLOCKS_CREATE)) {
		down_write(&ei->i_data_sem);
		retval = ext4_ext_map_blocks(handle, inode, map, flags);
		up_write(&ei->i_data_sem);
	}
	if (retval > 0 && __check_block_validity(inode, map))
		return -EUCLEAN;
	return retval;
}

static noinline struct buffer_head *ext4_getblk(handle_t *handle, struct inode *inode, u32 block, int map_flags)
{
	struct ext4_map_blocks map = { .m_lblk = block, .m_len = 1 };
	int err = ext4_map_blocks(handle, inode, &map, map_flags);

	if (err <= 0)
		return err ? ERR_PTR(err) : NULL;
	return ext4_sb_bread(inode->i_sb, map.m_pblk);
}

struct buffer_head *ext4_bread(handle_t *handle, struct inode *inode, u32 block, int map_flags)
{
	return ext4_getblk(handle, inode, block, map_flags);
}

static noinline void mpage_end_io(struct folio *folio)
{
	folio_set_uptodate(folio);
	folio_unlock(folio);
}

static noinline int ext4_mpage_readpages(struct inode *inode, struct folio *folio)
{
	struct buffer_head *bh = ext4_bread(NULL, inode, folio->index, 0);

	if (IS_ERR(bh)) {
		folio_unlock(folio);
		return PTR_ERR(bh);
	}
	if (bh)
		memcpy(folio_address(folio), bh->b_data, PAGE_SIZE);
	else
		memset(folio_address(folio), 0, PAGE_SIZE);
	mpage_end_io(folio);
	return 0;
}

static noinline int ext4_read_folio(struct file *file, struct folio *folio)
{
	return ext4_mpage_readpages(folio->mapping->host, folio);
}

static noinline int ext4_writepage_trans_blocks(struct inode *inode)
{
	return EXT4_EXTENTS;
}

/* The page must be whole before a part of it changes, and have a block before it is written. */
static noinline int ext4_block_write_begin(handle_t *handle, struct inode *inode, struct folio *folio, unsigned int len)
{
	struct ext4_map_blocks map = { .m_lblk = folio->index, .m_len = 1 };
	struct buffer_head *bh;
	int ret = ext4_map_blocks(handle, inode, &map, 0);
	bool was_hole = !ret;

	if (was_hole)
		ret = ext4_map_blocks(handle, inode, &map, EXT4_GET_BLOCKS_CREATE);
	if (ret < 0)
		return ret;
	if (folio_test_uptodate(folio))
		return 0;
	bh = ext4_sb_bread(inode->i_sb, map.m_pblk);
	if (IS_ERR(bh))
		return PTR_ERR(bh);
	if (was_hole)
		memset(folio_address(folio), 0, PAGE_SIZE);
	else if (len < PAGE_SIZE)
		memcpy(folio_address(folio), bh->b_data, PAGE_SIZE);
	folio_set_uptodate(folio);
	return 0;
}

static noinline int ext4_write_begin(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
				     struct page **pagep, void **fsdata)
{
	struct inode *inode = mapping->host;
	struct page *page = grab_cache_page_write_begin(mapping, pos >> PAGE_SHIFT);
	handle_t *handle;
	int ret;

	if (!page)
		return -ENOMEM;
	handle = __ext4_journal_start_sb(inode->i_sb, ext4_writepage_trans_blocks(inode));
	ret = PTR_ERR_OR_ZERO(handle);
	if (!ret) {
		ret = ext4_block_write_begin(handle, inode, page_folio(page), len);
		if (ret)
			__ext4_journal_stop(handle);
	}
	if (ret) {
		unlock_page(page);
		put_page(page);
		return ret;
	}
	*pagep = page;
	*fsdata = handle;
	return 0;
}

static noinline int ext4_write_end(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
				   unsigned int copied, struct page *page, void *fsdata)
{
	struct inode *inode = mapping->host;
	handle_t *handle = fsdata;

	if (pos + copied > inode->i_size) {
		i_size_write(inode, pos + copied);
		__ext4_mark_inode_dirty(handle, inode);
	}
	set_page_dirty(page);
	mark_page_accessed(page);
	unlock_page(page);
	put_page(page);
	__ext4_journal_stop(handle);
	return copied;
}

static noinline bool ext4_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	return filemap_dirty_folio(mapping, folio);
}

static noinline void ext4_end_bio(struct folio *folio)
{
	folio_end_writeback(folio);
}

static noinline int ext4_bio_write_page(struct inode *inode, struct folio *folio)
{
	struct buffer_head *bh;

	folio_start_writeback(folio);
	bh = ext4_bread(NULL, inode, folio->index, 0);
	if (!IS_ERR_OR_NULL(bh))
		memcpy(bh->b_data, folio_address(folio), PAGE_SIZE);
	ext4_end_bio(folio);
	return PTR_ERR_OR_ZERO(bh);
}

static noinline int mpage_submit_page(struct inode *inode, struct folio *folio)
{
	return folio_clear_dirty_for_io(folio) ? ext4_bio_write_page(inode, folio) : 0;
}

static noinline int mpage_prepare_extent_to_map(struct address_space *mapping)
{
	unsigned long index;
	struct folio *folio;
	int err = 0;

	xa_for_each(&mapping->i_pages, index, folio) {
		if (!folio_test_dirty(folio))
			continue;
		folio_get(folio);
		folio_lock(folio);
		err = mpage_submit_page(mapping->host, folio);
		folio_unlock(folio);
		folio_put(folio);
		if (err)
			break;
		cond_resched();
	}
	return err;
}

static noinline int ext4_writepages(struct address_space *mapping)
{
	return mpage_prepare_extent_to_map(mapping);
}

void ext4_set_aops(struct inode *inode)
{
	static const struct address_space_operations ext4_aops = {
		.read_folio = ext4_read_folio,
		.writepages = ext4_writepages,
		.write_begin = ext4_write_begin,
		.write_end = ext4_write_end,
		.dirty_folio = ext4_dirty_folio,
	};

	inode->i_mapping->a_ops = &ext4_aops;
}
