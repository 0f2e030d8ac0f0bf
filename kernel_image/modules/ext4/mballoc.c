// SPDX-License-Identifier: MIT
/* The block allocator: first at the goal, then wherever a run is long enough, then the longest there is. */
#include "ext4.h"

static __always_inline notrace bool bit(const char *map, u32 n) { return map[n / 8] >> (n % 8) & 1; }

static noinline void mb_set_bits(char *bm, u32 cur, u32 len)
{
	for (; len--; cur++)
		bm[cur / 8] |= 1 << (cur % 8);
}

static noinline void mb_clear_bits(char *bm, u32 cur, u32 len)
{
	for (; len--; cur++)
		bm[cur / 8] &= ~(1 << (cur % 8));
}

/* The free run that begins at `start`, no longer than needed. */
static noinline u32 mb_find_extent(const char *bitmap, u32 start, u32 needed)
{
	u32 len = 0;

	while (len < needed && start + len < EXT4_BLOCKS && !bit(bitmap, start + len))
		len++;
	return len;
}

static noinline void ext4_mb_initialize_context(struct ext4_allocation_context *ac, struct ext4_allocation_request *ar)
{
	memset(ac, 0, sizeof(*ac));
	ac->ar = ar;
	ac->goal = ar->goal < EXT4_FIRST_DATA_BLOCK || ar->goal >= EXT4_BLOCKS ? EXT4_FIRST_DATA_BLOCK : ar->goal;
}

/* A file that is being appended to gets the whole piece that was asked for; no more, since nothing is kept in store. */
static noinline void ext4_mb_normalize_request(struct ext4_allocation_context *ac)
{
	if (ac->ar->len > 16)
		ac->ar->len = 16;
	if (!ac->ar->goal)
		ac->goal = EXT4_SB(ac->ar->inode->i_sb)->s_mb_last_start;
	if (ac->goal < EXT4_FIRST_DATA_BLOCK || ac->goal >= EXT4_BLOCKS)
		ac->goal = EXT4_FIRST_DATA_BLOCK;
}

static noinline void ext4_mb_use_best_found(struct ext4_allocation_context *ac, u32 start, u32 len)
{
	ac->best_start = start;
	ac->best_len = len;
	ac->found++;
}

static noinline int ext4_mb_find_by_goal(struct ext4_allocation_context *ac, const char *bitmap)
{
	u32 len = mb_find_extent(bitmap, ac->goal, ac->ar->len);

	if (len < ac->ar->len)
		return 0;
	ext4_mb_use_best_found(ac, ac->goal, len);
	return 1;
}

static noinline void ext4_mb_complex_scan_group(struct ext4_allocation_context *ac, const char *bitmap)
{
	u32 start = EXT4_FIRST_DATA_BLOCK;

	while (start < EXT4_BLOCKS) {
		u32 len = mb_find_extent(bitmap, start, ac->ar->len);

		if (len > ac->best_len)
			ext4_mb_use_best_found(ac, start, len);
		if (ac->best_len == ac->ar->len)
			return;
		start += len + 1;
	}
}

static noinline int ext4_mb_regular_allocator(struct ext4_allocation_context *ac, const char *bitmap)
{
	if (!ext4_mb_find_by_goal(ac, bitmap))
		ext4_mb_complex_scan_group(ac, bitmap);
	return ac->best_len ? 0 : -ENOSPC;
}

static noinline int ext4_mb_mark_diskspace_used(struct ext4_allocation_context *ac, handle_t *handle, struct buffer_head *bh)
{
	struct super_block *sb = ac->ar->inode->i_sb;
	struct ext4_group_desc *gdp = ext4_get_group_desc(sb);

	mb_set_bits(bh->b_data, ac->best_start, ac->best_len);
	gdp->bg_free_blocks -= ac->best_len;
	EXT4_SB(sb)->s_mb_last_start = ac->best_start + ac->best_len;
	ext4_block_bitmap_csum_set(sb, gdp, bh);
	ext4_group_desc_csum_set(sb, gdp);
	bh->b_dirty = true;
	return 0;
}

/* The first block of a run of ar->len (which may have shrunk); 0 with *errp set when there is none. */
u32 ext4_mb_new_blocks(handle_t *handle, struct ext4_allocation_request *ar, int *errp)
{
	struct super_block *sb = ar->inode->i_sb;
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct ext4_allocation_context ac;
	struct buffer_head *bh;
	int retries = 0;

	ext4_mb_initialize_context(&ac, ar);
	ext4_mb_normalize_request(&ac);
repeat:
	spin_lock(&sbi->s_group_lock);
	*errp = ext4_claim_free_clusters(sbi, 1);
	if (!*errp) {
		bh = ext4_read_block_bitmap(sb);
		*errp = PTR_ERR_OR_ZERO(bh);
	}
	if (!*errp)
		*errp = ext4_mb_regular_allocator(&ac, bh->b_data);
	if (!*errp)
		*errp = ext4_mb_mark_diskspace_used(&ac, handle, bh);
	spin_unlock(&sbi->s_group_lock);
	if (*errp == -ENOSPC && ext4_should_retry_alloc(sb, &retries))
		goto repeat;
	if (*errp)
		return 0;
	ar->len = ac.best_len;
	return ac.best_start;
}

void ext4_free_blocks(handle_t *handle, struct inode *inode, u32 block, u32 count)
{
	struct super_block *sb = inode->i_sb;
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct ext4_group_desc *gdp = ext4_get_group_desc(sb);
	struct buffer_head *bh;

	spin_lock(&sbi->s_group_lock);
	bh = ext4_read_block_bitmap(sb);
	if (!IS_ERR(bh)) {
		mb_clear_bits(bh->b_data, block, count);
		gdp->bg_free_blocks += count;
		ext4_block_bitmap_csum_set(sb, gdp, bh);
		ext4_group_desc_csum_set(sb, gdp);
	}
	spin_unlock(&sbi->s_group_lock);
}
