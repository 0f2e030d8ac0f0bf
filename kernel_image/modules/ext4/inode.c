// SPDX-License-Identifier: MIT
/* Inodes: from the table and back, their sums, attributes and end. */
#include "ext4.h"

static noinline int __ext4_get_inode_loc(struct super_block *sb, unsigned long ino, struct ext4_iloc *iloc)
{
	unsigned long n = ino - 1;

	if (!ino || ino > EXT4_INODES)
		return -EUCLEAN;
	iloc->bh = ext4_sb_bread(sb, ext4_get_group_desc(sb)->bg_inode_table + n / EXT4_INODES_PER_BLOCK);
	iloc->offset = n % EXT4_INODES_PER_BLOCK * EXT4_INODE_SIZE;
	return PTR_ERR_OR_ZERO(iloc->bh);
}

static noinline int ext4_get_inode_loc(struct inode *inode, struct ext4_iloc *iloc)
{
	return __ext4_get_inode_loc(inode->i_sb, inode->i_ino, iloc);
}

static __always_inline notrace struct ext4_inode *ext4_raw_inode(struct ext4_iloc *iloc)
{
	return (struct ext4_inode *)(iloc->bh->b_data + iloc->offset);
}

static noinline u32 ext4_inode_csum(struct super_block *sb, unsigned long ino, struct ext4_inode *raw)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	u32 number = ino, csum = ext4_chksum(sbi, sbi->s_csum_seed, &number, sizeof(number));

	return ext4_chksum(sbi, csum, raw, offsetof(struct ext4_inode, i_checksum));
}

static noinline int ext4_inode_csum_verify(struct super_block *sb, unsigned long ino, struct ext4_inode *raw)
{
	return raw->i_checksum == ext4_inode_csum(sb, ino, raw);
}

static noinline void ext4_inode_csum_set(struct inode *inode, struct ext4_inode *raw)
{
	raw->i_checksum = ext4_inode_csum(inode->i_sb, inode->i_ino, raw);
}

static noinline int ext4_fill_raw_inode(struct inode *inode, struct ext4_inode *raw)
{
	struct ext4_inode_info *ei = EXT4_I(inode);

	BUILD_BUG_ON(sizeof(*raw) > EXT4_INODE_SIZE);
	raw->i_mode = inode->i_mode;
	raw->i_links_count = inode->i_nlink;
	raw->i_uid = inode->i_uid.val;
	raw->i_gid = inode->i_gid.val;
	raw->i_size = inode->i_size;
	raw->i_blocks = inode->i_blocks;
	raw->i_generation = inode->i_generation;
	raw->i_atime = inode->i_atime.tv_sec;
	raw->i_mtime = inode->i_mtime.tv_sec;
	raw->i_ctime = inode->i_ctime.tv_sec;
	raw->i_eh = ei->i_eh;
	memcpy(raw->i_extents, ei->i_extents, sizeof(raw->i_extents));
	if (S_ISLNK(inode->i_mode) && inode->i_link)
		strscpy(raw->i_symlink, inode->i_link, sizeof(raw->i_symlink));
	ext4_inode_csum_set(inode, raw);
	return 0;
}

void ext4_init_inode_ops(struct inode *inode)
{
	if (S_ISREG(inode->i_mode)) {
		inode->i_op = &ext4_file_inode_operations;
		inode->i_fop = &ext4_file_operations;
		ext4_set_aops(inode);
	} else if (S_ISDIR(inode->i_mode)) {
		inode->i_op = &ext4_dir_inode_operations;
		inode->i_fop = &ext4_dir_operations;
	} else {
		inode->i_op = &ext4_symlink_inode_operations;
	}
}

static noinline int ext4_iget_fill(struct inode *inode, struct ext4_inode *raw)
{
	struct ext4_inode_info *ei = EXT4_I(inode);

	inode->i_mode = raw->i_mode;
	set_nlink(inode, raw->i_links_count);
	inode->i_uid = KUIDT_INIT(raw->i_uid);
	inode->i_gid = KGIDT_INIT(raw->i_gid);
	inode->i_size = raw->i_size;
	inode->i_blocks = raw->i_blocks;
	inode->i_generation = raw->i_generation;
	inode->i_atime.tv_sec = raw->i_atime;
	inode->i_mtime.tv_sec = raw->i_mtime;
	inode->i_ctime.tv_sec = raw->i_ctime;
	ei->i_eh = raw->i_eh;
	memcpy(ei->i_extents, raw->i_extents, sizeof(ei->i_extents));
	if (S_ISLNK(inode->i_mode)) {
		inode->i_link = kstrdup(raw->i_symlink, GFP_KERNEL);
		if (!inode->i_link)
			return -ENOMEM;
	}
	ext4_init_inode_ops(inode);
	return ext4_ext_check_inode(inode);
}

struct inode *__ext4_iget(struct super_block *sb, unsigned long ino)
{
	struct inode *inode = iget_locked(sb, ino);
	struct ext4_iloc iloc;
	int ret;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!(inode->i_state & I_NEW))
		return inode;
	ret = __ext4_get_inode_loc(sb, ino, &iloc);
	if (!ret && !ext4_inode_csum_verify(sb, ino, ext4_raw_inode(&iloc)))
		ret = -EILSEQ;
	if (!ret)
		ret = ext4_iget_fill(inode, ext4_raw_inode(&iloc));
	if (ret) {
		__ext4_std_error(sb, __func__, ret);
		inode->i_ino = 0;		/* nothing of it is freed on the disk */
		iget_failed(inode);
		return ERR_PTR(ret);
	}
	unlock_new_inode(inode);
	return inode;
}

static noinline int ext4_reserve_inode_write(handle_t *handle, struct inode *inode, struct ext4_iloc *iloc)
{
	int err = ext4_get_inode_loc(inode, iloc);

	return err ? err : __ext4_journal_get_write_access(handle, iloc->bh);
}

static noinline int ext4_do_update_inode(handle_t *handle, struct inode *inode, struct ext4_iloc *iloc)
{
	int err = ext4_fill_raw_inode(inode, ext4_raw_inode(iloc));

	return err ? err : __ext4_handle_dirty_metadata(handle, inode, iloc->bh);
}

static noinline int ext4_mark_iloc_dirty(handle_t *handle, struct inode *inode, struct ext4_iloc *iloc)
{
	return ext4_do_update_inode(handle, inode, iloc);
}

int __ext4_mark_inode_dirty(handle_t *handle, struct inode *inode)
{
	struct ext4_iloc iloc;
	int err;

	might_sleep();
	err = ext4_reserve_inode_write(handle, inode, &iloc);
	if (!err)
		err = ext4_mark_iloc_dirty(handle, inode, &iloc);
	if (err)
		__ext4_std_error(inode->i_sb, __func__, err);
	return err;
}

void ext4_dirty_inode(struct inode *inode, int flags)
{
	handle_t *handle = __ext4_journal_start_sb(inode->i_sb, 2);

	if (IS_ERR(handle))
		return;
	__ext4_mark_inode_dirty(handle, inode);
	__ext4_journal_stop(handle);
}

int ext4_write_inode(struct inode *inode, int wait)
{
	struct ext4_iloc iloc;
	int err = ext4_get_inode_loc(inode, &iloc);

	if (!err)
		iloc.bh->b_dirty = false;
	return err;
}

int ext4_truncate(struct inode *inode)
{
	handle_t *handle = __ext4_journal_start_sb(inode->i_sb, 8);
	int err;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	down_write(&EXT4_I(inode)->i_data_sem);
	err = ext4_ext_truncate(handle, inode);
	up_write(&EXT4_I(inode)->i_data_sem);
	__ext4_journal_stop(handle);
	return err;
}

int ext4_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int error = setattr_prepare(dentry, attr);

	if (error)
		return error;
	if (S_ISREG(inode->i_mode) && (attr->ia_valid & ATTR_SIZE)) {
		loff_t oldsize = inode->i_size;

		i_size_write(inode, attr->ia_size);
		if (attr->ia_size < oldsize) {
			truncate_pagecache(inode, attr->ia_size);
			error = ext4_truncate(inode);
		}
	}
	if (!error) {
		setattr_copy(inode, attr);
		mark_inode_dirty(inode);
	}
	return error;
}

int ext4_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
{
	generic_fillattr(d_inode(path->dentry), stat);
	return 0;
}

/* The last reference is gone: a file without a name gives everything back. */
void ext4_evict_inode(struct inode *inode)
{
	truncate_inode_pages_final(inode->i_mapping);
	if (!inode->i_nlink && inode->i_ino) {
		handle_t *handle = __ext4_journal_start_sb(inode->i_sb, 8);

		if (!IS_ERR(handle)) {
			inode->i_size = 0;
			ext4_ext_truncate(handle, inode);
			ext4_free_inode(handle, inode);
			__ext4_journal_stop(handle);
		}
	}
	clear_inode(inode);
}
