// SPDX-License-Identifier: MIT
/* Free inodes. */
#include "ext4.h"

static noinline struct buffer_head *ext4_read_inode_bitmap(struct super_block *sb)
{
	struct ext4_group_desc *gdp = ext4_get_group_desc(sb);
	struct buffer_head *bh = ext4_sb_bread(sb, gdp->bg_inode_bitmap);

	if (IS_ERR(bh))
		return bh;
	if (!ext4_inode_bitmap_csum_verify(sb, gdp, bh)) {
		__ext4_std_error(sb, __func__, -EILSEQ);
		return ERR_PTR(-EILSEQ);
	}
	return bh;
}

static noinline int find_inode_bit(struct buffer_head *bh, unsigned long *ino)
{
	for (; *ino < EXT4_INODES; ++*ino)
		if (!(bh->b_data[*ino / 8] >> (*ino % 8) & 1))
			return 1;
	return 0;
}

/* There is one group: the choice that the name promises is whether it is worth looking. */
static noinline int find_group_orlov(struct super_block *sb, struct inode *parent)
{
	return ext4_get_group_desc(sb)->bg_free_inodes ? 0 : -1;
}

static noinline int ext4_mark_inode_used(struct super_block *sb, struct buffer_head *bh, unsigned long bit, bool dir)
{
	struct ext4_group_desc *gdp = ext4_get_group_desc(sb);

	bh->b_data[bit / 8] |= 1 << (bit % 8);
	gdp->bg_free_inodes--;
	gdp->bg_used_dirs += dir;
	ext4_inode_bitmap_csum_set(sb, gdp, bh);
	ext4_group_desc_csum_set(sb, gdp);
	return 0;
}

struct inode *__ext4_new_inode(handle_t *handle, struct inode *dir, umode_t mode)
{
	struct super_block *sb = dir->i_sb;
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct inode *inode = new_inode(sb);
	unsigned long bit = EXT4_FIRST_INO - 1;
	struct buffer_head *bh;
	int err = -ENOSPC;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode_init_owner(inode, dir, mode);
	spin_lock(&sbi->s_group_lock);
	if (find_group_orlov(sb, dir) == 0) {
		bh = ext4_read_inode_bitmap(sb);
		err = PTR_ERR_OR_ZERO(bh);
		if (!err)
			err = find_inode_bit(bh, &bit) ? ext4_mark_inode_used(sb, bh, bit, S_ISDIR(mode)) : -ENOSPC;
	}
	spin_unlock(&sbi->s_group_lock);
	if (err) {
		clear_nlink(inode);
		inode->i_ino = 0;
		iput(inode);
		return ERR_PTR(err);
	}
	inode->i_ino = bit + 1;
	inode->i_mtime = inode->i_atime = inode->i_ctime = current_time(inode);
	inode->i_generation++;
	insert_inode_hash(inode);
	ext4_ext_tree_init(handle, inode);
	ext4_init_inode_ops(inode);
	err = __ext4_mark_inode_dirty(handle, inode);
	if (err) {
		clear_nlink(inode);
		iput(inode);
		return ERR_PTR(err);
	}
	return inode;
}

void ext4_free_inode(handle_t *handle, struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct ext4_group_desc *gdp = ext4_get_group_desc(sb);
	unsigned long bit = inode->i_ino - 1;
	struct buffer_head *bh;

	spin_lock(&sbi->s_group_lock);
	bh = ext4_read_inode_bitmap(sb);
	if (!IS_ERR(bh)) {
		bh->b_data[bit / 8] &= ~(1 << (bit % 8));
		gdp->bg_free_inodes++;
		if (S_ISDIR(inode->i_mode))
			gdp->bg_used_dirs--;
		ext4_inode_bitmap_csum_set(sb, gdp, bh);
		ext4_group_desc_csum_set(sb, gdp);
	}
	spin_unlock(&sbi->s_group_lock);
}

u32 ext4_count_free_inodes(struct super_block *sb)
{
	return ext4_get_group_desc(sb)->bg_free_inodes;
}
