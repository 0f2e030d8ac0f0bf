// SPDX-License-Identifier: MIT
/* Directories: blocks of entries, each block with a sum at its end. */
#include "ext4.h"

int __ext4_check_dir_entry(struct inode *dir, struct ext4_dir_entry_2 *de, struct buffer_head *bh)
{
	unsigned int offset = (char *)de - bh->b_data;

	if (de->rec_len < EXT4_DIR_REC_LEN(1) || de->rec_len % 4 || de->rec_len < EXT4_DIR_REC_LEN(de->name_len) ||
	    offset + de->rec_len > EXT4_DIR_SPACE || de->inode > EXT4_INODES)
		return -EUCLEAN;
	return 0;
}

static noinline u32 ext4_dirblock_csum(struct inode *inode, void *dirent)
{
	struct ext4_sb_info *sbi = EXT4_SB(inode->i_sb);
	u32 ino = inode->i_ino;

	return ext4_chksum(sbi, ext4_chksum(sbi, sbi->s_csum_seed, &ino, sizeof(ino)), dirent, EXT4_DIR_SPACE);
}

static __always_inline notrace struct ext4_dir_entry_tail *get_dirent_tail(struct buffer_head *bh)
{
	return (struct ext4_dir_entry_tail *)(bh->b_data + EXT4_DIR_SPACE);
}

int ext4_dirblock_csum_verify(struct inode *inode, struct buffer_head *bh)
{
	struct ext4_dir_entry_tail *t = get_dirent_tail(bh);

	return t->det_magic == EXT4_DIR_TAIL_MAGIC && t->det_checksum == ext4_dirblock_csum(inode, bh->b_data);
}

int ext4_handle_dirty_dirblock(handle_t *handle, struct inode *inode, struct buffer_head *bh)
{
	struct ext4_dir_entry_tail *t = get_dirent_tail(bh);

	t->det_magic = EXT4_DIR_TAIL_MAGIC;
	t->det_checksum = ext4_dirblock_csum(inode, bh->b_data);
	return __ext4_handle_dirty_metadata(handle, inode, bh);
}

struct buffer_head *__ext4_read_dirblock(struct inode *inode, u32 block)
{
	struct buffer_head *bh = ext4_bread(NULL, inode, block, 0);

	if (IS_ERR_OR_NULL(bh))
		return bh ? bh : ERR_PTR(-EUCLEAN);
	if (!ext4_dirblock_csum_verify(inode, bh)) {
		__ext4_std_error(inode->i_sb, __func__, -EILSEQ);
		return ERR_PTR(-EILSEQ);
	}
	return bh;
}

static noinline int ext4_readdir(struct file *file, struct dir_context *ctx)
{
	struct inode *inode = file_inode(file);

	while (ctx->pos < inode->i_size) {
		struct buffer_head *bh = __ext4_read_dirblock(inode, ctx->pos >> PAGE_SHIFT);
		unsigned int offset = ctx->pos & (PAGE_SIZE - 1);

		if (IS_ERR(bh))
			return PTR_ERR(bh);
		while (offset < EXT4_DIR_SPACE) {
			struct ext4_dir_entry_2 *de = (void *)(bh->b_data + offset);

			if (__ext4_check_dir_entry(inode, de, bh))
				return -EUCLEAN;
			if (de->inode && !dir_emit(ctx, de->name, de->name_len, de->inode, de->file_type))
				return 0;
			offset += de->rec_len;
			ctx->pos += de->rec_len;
		}
		ctx->pos = (ctx->pos | (loff_t)(PAGE_SIZE - 1)) + 1;
	}
	return 0;
}

static noinline loff_t ext4_dir_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek(file, offset, whence);
}

static noinline int ext4_release_dir(struct inode *inode, struct file *filp)
{
	filp->private_data = NULL;
	return 0;
}

const struct file_operations ext4_dir_operations = {
	.owner = THIS_MODULE,
	.llseek = ext4_dir_llseek,
	.read = generic_read_dir,
	.iterate_shared = ext4_readdir,
	.release = ext4_release_dir,
};
