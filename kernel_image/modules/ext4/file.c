// SPDX-License-Identifier: MIT
/* Open files. */
#include "ext4.h"

static noinline loff_t ext4_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file->f_mapping->host;

	return generic_file_llseek_size(file, offset, whence, inode->i_sb->s_maxbytes, i_size_read(inode));
}

static noinline int ext4_file_open(struct inode *inode, struct file *filp)
{
	return generic_file_open(inode, filp);
}

static noinline int ext4_release_file(struct inode *inode, struct file *filp)
{
	/* what the last writer leaves is written soon, not at the next sync */
	if ((filp->f_mode & FMODE_WRITE) && atomic_read(&inode->i_writecount) == 1)
		mark_inode_dirty(inode);
	return 0;
}

static noinline ssize_t ext4_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	return iov_iter_count(to) ? generic_file_read_iter(iocb, to) : 0;
}

static noinline ssize_t ext4_generic_write_checks(struct kiocb *iocb, struct iov_iter *from)
{
	return generic_write_checks(iocb, from);
}

static noinline ssize_t ext4_write_checks(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t count = ext4_generic_write_checks(iocb, from);
	int ret;

	if (count <= 0)
		return count;
	ret = file_modified(iocb->ki_filp);
	return ret ? ret : count;
}

static noinline ssize_t ext4_buffered_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t ret;

	inode_lock(inode);
	ret = ext4_write_checks(iocb, from);
	if (ret > 0)
		ret = generic_perform_write(iocb, from);
	inode_unlock(inode);
	return ret;
}

static noinline ssize_t ext4_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	return ext4_buffered_write_iter(iocb, from);
}

static noinline int ext4_sync_file(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *inode = file->f_mapping->host;
	int ret = filemap_write_and_wait_range(inode->i_mapping, start, end);

	if (ret)
		return ret;
	ret = write_inode_now(inode, 1);
	return ret ? ret : ext4_commit_super(inode->i_sb);
}

static noinline int ext4_file_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
				      unsigned int query_flags)
{
	return ext4_getattr(path, stat, request_mask, query_flags);
}

const struct file_operations ext4_file_operations = {
	.owner = THIS_MODULE,
	.llseek = ext4_llseek,
	.read_iter = ext4_file_read_iter,
	.write_iter = ext4_file_write_iter,
	.open = ext4_file_open,
	.release = ext4_release_file,
	.fsync = ext4_sync_file,
};

const struct inode_operations ext4_file_inode_operations = {
	.setattr = ext4_setattr,
	.getattr = ext4_file_getattr,
};
