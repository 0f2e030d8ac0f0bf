// SPDX-License-Identifier: MIT
/* Free blocks: the bitmap, its sums and its counts. */
#include "ext4.h"

struct ext4_group_desc *ext4_get_group_desc(struct super_block *sb)
{
	return EXT4_SB(sb)->s_group_desc;
}

static noinline u32 bitmap_csum(struct super_block *sb, struct buffer_head *bh, u32 bits)
{
	return ext4_chksum(EXT4_SB(sb), EXT4_SB(sb)->s_csum_seed, bh->b_data, bits / 8);
}

int ext4_block_bitmap_csum_verify(struct super_block *sb, struct ext4_group_desc *gdp, struct buffer_head *bh)
{
	return gdp->bg_block_bitmap_csum == bitmap_csum(sb, bh, EXT4_BLOCKS);
}

void ext4_block_bitmap_csum_set(struct super_block *sb, struct ext4_group_desc *gdp, struct buffer_head *bh)
{
	gdp->bg_block_bitmap_csum = bitmap_csum(sb, bh, EXT4_BLOCKS);
}

int ext4_inode_bitmap_csum_verify(struct super_block *sb, struct ext4_group_desc *gdp, struct buffer_head *bh)
{
	return gdp->bg_inode_bitmap_csum == bitmap_csum(sb, bh, EXT4_INODES);
}

void ext4_inode_bitmap_csum_set(struct super_block *sb, struct ext4_group_desc *gdp, struct buffer_head *bh)
{
	gdp->bg_inode_bitmap_csum = bitmap_csum(sb, bh, EXT4_INODES);
}

static noinline int ext4_validate_block_bitmap(struct super_block *sb, struct ext4_group_desc *gdp, struct buffer_head *bh)
{
	if (ext4_block_bitmap_csum_verify(sb, gdp, bh))
		return 0;
	__ext4_std_error(sb, __func__, -EILSEQ);
	return -EILSEQ;
}

static noinline struct buffer_head *ext4_read_block_bitmap_nowait(struct super_block *sb)
{
	return ext4_sb_bread(sb, ext4_get_group_desc(sb)->bg_block_bitmap);
}

static noinline int ext4_wait_block_bitmap(struct super_block *sb, struct buffer_head *bh)
{
	return ext4_validate_block_bitmap(sb, ext4_get_group_desc(sb), bh);
}

/* The caller holds s_group_lock, so that bits and sum agree. */
struct buffer_head *ext4_read_block_bitmap(struct super_block *sb)
{
	struct buffer_head *bh = ext4_read_block_bitmap_nowait(sb);
	int err;

	if (IS_ERR(bh))
		return bh;
	err = ext4_wait_block_bitmap(sb, bh);
	return err ? ERR_PTR(err) : bh;
}

static noinline int ext4_has_free_clusters(struct ext4_sb_info *sbi, u32 nclusters)
{
	return sbi->s_group_desc->bg_free_blocks >= nclusters;
}

int ext4_claim_free_clusters(struct ext4_sb_info *sbi, u32 nclusters)
{
	return ext4_has_free_clusters(sbi, nclusters) ? 0 : -ENOSPC;
}

u32 ext4_count_free_clusters(struct super_block *sb)
{
	return ext4_get_group_desc(sb)->bg_free_blocks;
}

/* Space may come back when what is deleted has been written: once. */
int ext4_should_retry_alloc(struct super_block *sb, int *retries)
{
	if ((*retries)++ > 0 || !ext4_has_free_clusters(EXT4_SB(sb), 1))
		return 0;
	return 1;
}
