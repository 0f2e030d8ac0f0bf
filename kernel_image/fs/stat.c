// SPDX-License-Identifier: MIT
/* stat(2) and readlink(2). */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/security.h>
#include <linux/statfs.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/fs_struct.h>
#include "internal.h"

void generic_fillattr(struct inode *inode, struct kstat *stat)
{
	stat->dev = inode->i_sb->s_dev;
	stat->ino = inode->i_ino;
	stat->mode = inode->i_mode;
	stat->nlink = inode->i_nlink;
	stat->uid = inode->i_uid;
	stat->gid = inode->i_gid;
	stat->rdev = inode->i_rdev;
	stat->size = i_size_read(inode);
	stat->atime = inode->i_atime;
	stat->mtime = inode->i_mtime;
	stat->ctime = inode->i_ctime;
	stat->blksize = i_blocksize(inode);
	stat->blocks = inode->i_blocks;
}
EXPORT_SYMBOL(generic_fillattr);

int vfs_getattr_nosec(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
{
	struct inode *inode = d_backing_inode(path->dentry);

	memset(stat, 0, sizeof(*stat));
	stat->result_mask |= STATX_BASIC_STATS;
	if (inode->i_op->getattr)
		return inode->i_op->getattr(path, stat, request_mask, query_flags);
	generic_fillattr(inode, stat);
	return 0;
}

noinline int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
{
	int retval = security_inode_getattr(path);

	return retval ? retval : vfs_getattr_nosec(path, stat, request_mask, query_flags);
}
EXPORT_SYMBOL(vfs_getattr);

int vfs_fstat(int fd, struct kstat *stat)
{
	struct fd f = fdget_raw(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = vfs_getattr(&f.file->f_path, stat, STATX_BASIC_STATS, 0);
	fdput(f);
	return error;
}

static int vfs_statx(int dfd, struct filename *filename, int flags, struct kstat *stat, u32 request_mask)
{
	unsigned int lookup_flags = 0;
	struct path path;
	int error;

	if (!(flags & AT_SYMLINK_NOFOLLOW))
		lookup_flags |= LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		lookup_flags |= LOOKUP_EMPTY;
	error = filename_lookup(dfd, filename, lookup_flags, &path, NULL);
	if (error)
		return error;
	error = vfs_getattr(&path, stat, request_mask, flags);
	path_put(&path);
	return error;
}

int vfs_fstatat(int dfd, const char __user *filename, struct kstat *stat, int flags)
{
	struct filename *name;
	int ret, empty = 0;

	name = getname_flags(filename, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0, &empty);
	if (IS_ERR(name))
		return PTR_ERR(name);
	if (empty && dfd >= 0)
		ret = vfs_fstat(dfd, stat);
	else
		ret = vfs_statx(dfd, name, flags, stat, STATX_BASIC_STATS);
	putname(name);
	return ret;
}

static noinline int cp_new_stat(struct kstat *stat, struct user_stat __user *statbuf)
{
	struct user_stat tmp = {
		.st_dev = stat->dev, .st_ino = stat->ino, .st_nlink = stat->nlink, .st_mode = stat->mode,
		.st_uid = stat->uid.val, .st_gid = stat->gid.val, .st_rdev = stat->rdev, .st_size = stat->size,
		.st_blksize = stat->blksize, .st_blocks = stat->blocks,
		.st_atime = stat->atime.tv_sec, .st_atime_nsec = stat->atime.tv_nsec,
		.st_mtime = stat->mtime.tv_sec, .st_mtime_nsec = stat->mtime.tv_nsec,
		.st_ctime = stat->ctime.tv_sec, .st_ctime_nsec = stat->ctime.tv_nsec,
	};

	return copy_to_user(statbuf, &tmp, sizeof(tmp)) ? -EFAULT : 0;
}

HOST_SYSCALL_DEFINE(2, newstat, const char __user *, filename, struct user_stat __user *, statbuf)
{
	struct kstat stat;
	int error;

	error = vfs_fstatat(AT_FDCWD, filename, &stat, 0);
	return error ? error : cp_new_stat(&stat, statbuf);
}

HOST_SYSCALL_DEFINE(2, newlstat, const char __user *, filename, struct user_stat __user *, statbuf)
{
	struct kstat stat;
	int error;

	error = vfs_fstatat(AT_FDCWD, filename, &stat, AT_SYMLINK_NOFOLLOW);
	return error ? error : cp_new_stat(&stat, statbuf);
}

HOST_SYSCALL_DEFINE(4, newfstatat, int, dfd, const char __user *, filename, struct user_stat __user *, statbuf, int, flag)
{
	struct kstat stat;
	int error;

	error = vfs_fstatat(dfd, filename, &stat, flag);
	return error ? error : cp_new_stat(&stat, statbuf);
}

SYSCALL_DEFINE2(newfstat, unsigned int, fd, struct user_stat __user *, statbuf)
{
	struct kstat stat;
	int error = vfs_fstat(fd, &stat);

	return error ? error : cp_new_stat(&stat, statbuf);
}

/* Its answer goes out as a struct stat: the host knows how to widen it. */
static noinline int do_statx(int dfd, struct filename *filename, unsigned int flags, unsigned int mask,
			     struct user_stat __user *buffer)
{
	struct kstat stat;
	int error = vfs_statx(dfd, filename, flags, &stat, mask);

	return error ? error : cp_new_stat(&stat, buffer);
}

HOST_SYSCALL_DEFINE(5, statx, int, dfd, const char __user *, filename, unsigned int, flags, unsigned int, mask,
		struct user_stat __user *, buffer)
{
	struct filename *name;
	int ret;

	name = getname_flags(filename, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0, NULL);
	if (IS_ERR(name))
		return PTR_ERR(name);
	ret = do_statx(dfd, name, flags, mask, buffer);
	putname(name);
	return ret;
}

static noinline int do_readlinkat(int dfd, const char __user *pathname, char __user *buf, int bufsiz)
{
	struct path path;
	const char *link;
	struct inode *inode;
	int error, len;

	if (bufsiz <= 0)
		return -EINVAL;
	error = user_path_at(dfd, pathname, 0, &path);
	if (error)
		return error;
	inode = d_backing_inode(path.dentry);
	error = -EINVAL;
	if (d_is_symlink(path.dentry)) {
		error = security_inode_readlink(path.dentry);
		if (!error) {
			touch_atime(&path);
			link = inode->i_link ? inode->i_link : inode->i_op->get_link(path.dentry, inode);
			error = PTR_ERR_OR_ZERO(link);
			if (!error) {
				len = strlen(link);
				error = len < bufsiz ? len : bufsiz;
				if (copy_to_user(buf, link, error))
					error = -EFAULT;
			}
		}
	}
	path_put(&path);
	return error;
}

HOST_SYSCALL_DEFINE(3, readlink, const char __user *, path, char __user *, buf, int, bufsiz)
{
	return do_readlinkat(AT_FDCWD, path, buf, bufsiz);
}

HOST_SYSCALL_DEFINE(4, readlinkat, int, dfd, const char __user *, path, char __user *, buf, int, bufsiz)
{
	return do_readlinkat(dfd, path, buf, bufsiz);
}

HOST_SYSCALL_DEFINE(2, statfs, const char __user *, pathname, struct kstatfs __user *, buf)
{
	struct kstatfs st;
	struct path path;
	int error;

	error = user_path_at(AT_FDCWD, pathname, LOOKUP_FOLLOW, &path);
	if (!error) {
		error = vfs_statfs(&path, &st);
		path_put(&path);
	}
	if (!error && copy_to_user(buf, &st, sizeof(st)))
		error = -EFAULT;
	return error;
}
