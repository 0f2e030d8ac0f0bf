// SPDX-License-Identifier: MIT
/* Handles: without a journal they only count, and see that what was changed gets its sums in the end. */
#include "ext4.h"

static noinline int ext4_journal_check_start(struct super_block *sb)
{
	return sb->s_flags & SB_RDONLY ? -EROFS : 0;
}

handle_t *__ext4_journal_start_sb(struct super_block *sb, int credits)
{
	handle_t *handle = current->journal_info;
	int err = ext4_journal_check_start(sb);

	if (err)
		return ERR_PTR(err);
	if (handle) {
		handle->h_ref++;
		return handle;
	}
	handle = kzalloc(sizeof(*handle), GFP_KERNEL);
	if (!handle)
		return ERR_PTR(-ENOMEM);
	handle->h_sb = sb;
	handle->h_ref = 1;
	handle->h_buffer_credits = credits;
	EXT4_SB(sb)->s_handles++;
	current->journal_info = handle;
	return handle;
}

int __ext4_journal_stop(handle_t *handle)
{
	if (--handle->h_ref)
		return 0;
	current->journal_info = NULL;
	EXT4_SB(handle->h_sb)->s_handles--;
	kfree(handle);
	return 0;
}

int __ext4_journal_get_write_access(handle_t *handle, struct buffer_head *bh)
{
	might_sleep();
	if (handle)
		handle->h_buffer_credits--;
	return 0;
}

int __ext4_handle_dirty_metadata(handle_t *handle, struct inode *inode, struct buffer_head *bh)
{
	might_sleep();
	bh->b_dirty = true;
	return 0;
}
