// SPDX-License-Identifier: MIT
/* The extents of an inode: a sorted array in the inode itself (a tree of depth 0). */
#include "ext4.h"

int ext4_ext_tree_init(handle_t *handle, struct inode *inode)
{
	struct ext4_inode_info *ei = EXT4_I(inode);

	ei->i_eh.eh_magic = EXT4_EXT_MAGIC;
	ei->i_eh.eh_entries = 0;
	return 0;
}

static noinline int __ext4_ext_check(struct inode *inode, struct ext4_extent_header *eh)
{
	struct ext4_extent *ex = EXT4_I(inode)->i_extents;
	u32 next = 0;
	int i;

	if (eh->eh_magic != EXT4_EXT_MAGIC || eh->eh_entries > EXT4_EXTENTS)
		return -EUCLEAN;
	for (i = 0; i < eh->eh_entries; i++) {
		if (ex[i].ee_block < next || ex[i].ee_start + ex[i].ee_len > EXT4_BLOCKS)
			return -EUCLEAN;
		next = ex[i].ee_block + ex[i].ee_len;
	}
	return 0;
}

int ext4_ext_check_inode(struct inode *inode)
{
	return __ext4_ext_check(inode, &EXT4_I(inode)->i_eh);
}

/* The last extent that begins at or before `block`, if any. */
static noinline struct ext4_ext_path *ext4_find_extent(struct inode *inode, u32 block)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct ext4_ext_path *path = kzalloc(sizeof(*path), GFP_KERNEL);
	int l = 0, r = ei->i_eh.eh_entries;

	if (!path)
		return ERR_PTR(-ENOMEM);
	path->p_block = block;
	while (l < r) {
		int m = (l + r) / 2;

		if (ei->i_extents[m].ee_block <= block)
			l = m + 1;
		else
			r = m;
	}
	path->p_ext = l ? &ei->i_extents[l - 1] : NULL;
	return path;
}

static noinline void ext4_free_ext_path(struct ext4_ext_path *path)
{
	kfree(path);
}

static noinline u32 ext4_ext_next_allocated_block(struct inode *inode, struct ext4_ext_path *path)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct ext4_extent *next = path->p_ext ? path->p_ext + 1 : ei->i_extents;

	return next < ei->i_extents + ei->i_eh.eh_entries ? next->ee_block : ~0U;
}

/* Behind what is before it in the file, else anywhere. */
static noinline u32 ext4_ext_find_goal(struct inode *inode, struct ext4_ext_path *path, u32 block)
{
	struct ext4_extent *ex = path->p_ext;

	return ex ? ex->ee_start + (block - ex->ee_block) : 0;
}

static noinline int ext4_can_extents_be_merged(struct ext4_extent *a, struct ext4_extent *b)
{
	return a->ee_block + a->ee_len == b->ee_block && a->ee_start + a->ee_len == b->ee_start;
}

static noinline int ext4_ext_try_to_merge_right(struct inode *inode, struct ext4_extent *ex)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct ext4_extent *end = ei->i_extents + ei->i_eh.eh_entries;
	int merged = 0;

	while (ex + 1 < end && ext4_can_extents_be_merged(ex, ex + 1)) {
		ex->ee_len += ex[1].ee_len;
		memmove(ex + 1, ex + 2, (char *)end - (char *)(ex + 2));
		ei->i_eh.eh_entries--;
		end--;
		merged = 1;
	}
	return merged;
}

static noinline void ext4_ext_try_to_merge(handle_t *handle, struct inode *inode, struct ext4_extent *ex)
{
	if (ex > EXT4_I(inode)->i_extents)
		ext4_ext_try_to_merge_right(inode, ex - 1);
	if (ex < EXT4_I(inode)->i_extents + EXT4_I(inode)->i_eh.eh_entries)
		ext4_ext_try_to_merge_right(inode, ex);
}

static noinline int __ext4_ext_dirty(handle_t *handle, struct inode *inode)
{
	return __ext4_mark_inode_dirty(handle, inode);
}

static noinline int ext4_ext_insert_extent(handle_t *handle, struct inode *inode, struct ext4_ext_path *path,
					   struct ext4_extent *newext)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct ext4_extent *at = path->p_ext ? path->p_ext + 1 : ei->i_extents;
	struct ext4_extent *end = ei->i_extents + ei->i_eh.eh_entries;

	if (path->p_ext && ext4_can_extents_be_merged(path->p_ext, newext)) {
		path->p_ext->ee_len += newext->ee_len;
		at = path->p_ext;
	} else {
		if (ei->i_eh.eh_entries == EXT4_EXTENTS)
			return -EFBIG;
		memmove(at + 1, at, (char *)end - (char *)at);
		*at = *newext;
		ei->i_eh.eh_entries++;
	}
	ext4_ext_try_to_merge(handle, inode, at);
	return __ext4_ext_dirty(handle, inode);
}

/* How many blocks were mapped; 0 for a hole when none may be allocated. */
int ext4_ext_map_blocks(handle_t *handle, struct inode *inode, struct ext4_map_blocks *map, int flags)
{
	struct ext4_ext_path *path = ext4_find_extent(inode, map->m_lblk);
	struct ext4_allocation_request ar;
	struct ext4_extent newex, *ex;
	u32 next;
	int err = 0, ret = 0;

	if (IS_ERR(path))
		return PTR_ERR(path);
	ex = path->p_ext;
	if (ex && map->m_lblk < ex->ee_block + ex->ee_len) {
		u32 left = ex->ee_block + ex->ee_len - map->m_lblk;

		map->m_pblk = ex->ee_start + (map->m_lblk - ex->ee_block);
		ret = map->m_len = min(map->m_len, left);
		goto out;
	}
	if (!(flags & EXT4_GET_BLOCKS_CREATE))
		goto out;
	next = ext4_ext_next_allocated_block(inode, path);
	ar = (struct ext4_allocation_request){
		.inode = inode, .logical = map->m_lblk, .len = min(map->m_len, next - map->m_lblk),
		.goal = ext4_ext_find_goal(inode, path, map->m_lblk),
	};
	newex.ee_start = ext4_mb_new_blocks(handle, &ar, &err);
	if (err)
		goto out;
	newex.ee_block = map->m_lblk;
	newex.ee_len = ar.len;
	err = ext4_ext_insert_extent(handle, inode, path, &newex);
	if (err) {
		ext4_free_blocks(handle, inode, newex.ee_start, ar.len);
		goto out;
	}
	inode->i_blocks += (u64)ar.len << (PAGE_SHIFT - 9);
	map->m_pblk = newex.ee_start;
	ret = map->m_len = ar.len;
out:
	ext4_free_ext_path(path);
	return err ? err : ret;
}

/* Gives back all blocks from `start` on. */
static noinline int ext4_ext_remove_space(handle_t *handle, struct inode *inode, u32 start)
{
	struct ext4_inode_info *ei = EXT4_I(inode);

	while (ei->i_eh.eh_entries) {
		struct ext4_extent *ex = &ei->i_extents[ei->i_eh.eh_entries - 1];
		u32 keep = ex->ee_block < start ? start - ex->ee_block : 0;

		if (keep >= ex->ee_len)
			break;
		ext4_free_blocks(handle, inode, ex->ee_start + keep, ex->ee_len - keep);
		inode->i_blocks -= (u64)(ex->ee_len - keep) << (PAGE_SHIFT - 9);
		ex->ee_len = keep;
		if (keep)
			break;
		ei->i_eh.eh_entries--;
	}
	return 0;
}

int ext4_ext_truncate(handle_t *handle, struct inode *inode)
{
	u32 last = (u32)((inode->i_size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	int err = ext4_ext_remove_space(handle, inode, last);

	return err ? err : __ext4_ext_dirty(handle, inode);
}
