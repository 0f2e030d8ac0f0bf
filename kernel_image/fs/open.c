// SPDX-License-Identifier: MIT
/* open(2), close(2), and what changes a file as a whole. */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/module.h>
#include <linux/security.h>
#include <linux/fsnotify.h>
#include <linux/cred.h>
#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/pagemap.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/sched.h>
#include "internal.h"

int generic_file_open(struct inode *inode, struct file *filp)
{
	return 0;
}
EXPORT_SYMBOL(generic_file_open);

int stream_open(struct inode *inode, struct file *filp)
{
	filp->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS);
	filp->f_mode |= FMODE_STREAM;
	return 0;
}

int get_write_access(struct inode *inode)
{
	return atomic_inc_unless_negative(&inode->i_writecount) ? 0 : -ETXTBSY;
}

void put_write_access(struct inode *inode)
{
	atomic_dec(&inode->i_writecount);
}

int deny_write_access(struct file *file)
{
	struct inode *inode = file_inode(file);

	if (atomic_read(&inode->i_writecount) > 0)
		return -ETXTBSY;
	atomic_dec(&inode->i_writecount);
	return 0;
}

void allow_write_access(struct file *file)
{
	if (file)
		atomic_inc(&file_inode(file)->i_writecount);
}

static noinline int do_dentry_open(struct file *f, struct inode *inode)
{
	int error;

	path_get(&f->f_path);
	f->f_inode = inode;
	f->f_mapping = inode->i_mapping;
	if (f->f_flags & O_PATH) {
		static const struct file_operations empty_fops;

		f->f_mode = FMODE_PATH | FMODE_OPENED;
		f->f_op = &empty_fops;
		return 0;
	}
	if ((f->f_mode & FMODE_WRITE) && !S_ISCHR(inode->i_mode) && !S_ISFIFO(inode->i_mode)) {
		error = get_write_access(inode);
		if (error)
			goto cleanup_file;
		error = __mnt_want_write(f->f_path.mnt);
		if (error) {
			put_write_access(inode);
			goto cleanup_file;
		}
		f->f_mode |= FMODE_WRITER;
	} else if (f->f_mode & FMODE_READ) {
		atomic_inc(&inode->i_readcount);
	}
	if (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode))
		f->f_mode |= FMODE_ATOMIC_POS;
	f->f_op = inode->i_fop;
	error = -ENODEV;
	if (!f->f_op || !try_module_get(f->f_op->owner)) {
		f->f_op = NULL;
		goto cleanup_all;
	}
	error = security_file_open(f);
	if (error)
		goto cleanup_all;
	f->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	if (f->f_op->open) {
		error = f->f_op->open(inode, f);
		if (error)
			goto cleanup_all;
	}
	f->f_mode |= FMODE_OPENED;
	if ((f->f_mode & FMODE_READ) && (f->f_op->read || f->f_op->read_iter))
		f->f_mode |= FMODE_CAN_READ;
	if ((f->f_mode & FMODE_WRITE) && (f->f_op->write || f->f_op->write_iter))
		f->f_mode |= FMODE_CAN_WRITE;
	if ((f->f_mode & FMODE_LSEEK) && !f->f_op->llseek)
		f->f_mode &= ~FMODE_LSEEK;
	f->f_flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	file_ra_state_init(&f->f_ra, f->f_mapping->host->i_mapping);
	return 0;

cleanup_all:
	if (f->f_op)
		module_put(f->f_op->owner);
	if (f->f_mode & FMODE_WRITER) {
		put_write_access(inode);
		__mnt_drop_write(f->f_path.mnt);
	} else if (f->f_mode & FMODE_READ) {
		atomic_dec(&inode->i_readcount);
	}
cleanup_file:
	path_put(&f->f_path);
	f->f_path.mnt = NULL;
	f->f_path.dentry = NULL;
	f->f_inode = NULL;
	return error;
}

int vfs_open(const struct path *path, struct file *file)
{
	int ret;

	file->f_path = *path;
	ret = do_dentry_open(file, d_backing_inode(path->dentry));
	if (!ret)
		fsnotify_open(file);
	return ret;
}

static __always_inline notrace struct open_how build_open_how(int flags, umode_t mode)
{
	struct open_how how = { .flags = flags & VALID_OPEN_FLAGS, .mode = mode & S_IALLUGO };

	if (how.flags & O_PATH)
		how.flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
	if (!(how.flags & O_CREAT))
		how.mode = 0;
	return how;
}

static __always_inline notrace int build_open_flags(const struct open_how *how, struct open_flags *op)
{
	int flags = how->flags, lookup_flags = 0, acc_mode = ACC_MODE(flags);

	if (how->flags & ~VALID_OPEN_FLAGS)
		return -EINVAL;
	op->mode = flags & O_CREAT ? (how->mode & ~current->fs->umask) | S_IFREG : 0;
	if (flags & O_PATH)
		acc_mode = 0;
	op->open_flag = flags;
	if (flags & O_TRUNC)
		acc_mode |= MAY_WRITE;
	if (flags & O_APPEND)
		acc_mode |= MAY_APPEND;
	op->acc_mode = acc_mode;
	op->intent = flags & O_PATH ? 0 : LOOKUP_OPEN;
	if (flags & O_CREAT) {
		op->intent |= LOOKUP_CREATE;
		if (flags & O_EXCL) {
			op->intent |= LOOKUP_EXCL;
			flags |= O_NOFOLLOW;
		}
	}
	if (flags & O_DIRECTORY)
		lookup_flags |= LOOKUP_DIRECTORY;
	if (!(flags & O_NOFOLLOW))
		lookup_flags |= LOOKUP_FOLLOW;
	op->lookup_flags = lookup_flags;
	return 0;
}

long do_sys_openat2(int dfd, const char __user *filename, struct open_how *how)
{
	struct open_flags op;
	struct filename *tmp;
	int fd = build_open_flags(how, &op);

	if (fd)
		return fd;
	tmp = getname(filename);
	if (IS_ERR(tmp))
		return PTR_ERR(tmp);
	fd = get_unused_fd_flags(how->flags);
	if (fd >= 0) {
		struct file *f = do_filp_open(dfd, tmp, &op);

		if (IS_ERR(f)) {
			put_unused_fd(fd);
			fd = PTR_ERR(f);
		} else {
			fd_install(fd, f);
		}
	}
	putname(tmp);
	return fd;
}

HOST_SYSCALL_DEFINE(3, open, const char __user *, filename, int, flags, umode_t, mode)
{
	struct open_how how = build_open_how(flags, mode);

	return do_sys_openat2(AT_FDCWD, filename, &how);
}

HOST_SYSCALL_DEFINE(4, openat, int, dfd, const char __user *, filename, int, flags, umode_t, mode)
{
	struct open_how how = build_open_how(flags, mode);

	return do_sys_openat2(dfd, filename, &how);
}

HOST_SYSCALL_DEFINE(4, openat2, int, dfd, const char __user *, filename, struct open_how __user *, how, size_t, usize)
{
	struct open_how tmp;

	if (usize < sizeof(tmp))
		return -EINVAL;
	if (copy_from_user(&tmp, how, sizeof(tmp)))
		return -EFAULT;
	return do_sys_openat2(dfd, filename, &tmp);
}

HOST_SYSCALL_DEFINE(2, creat, const char __user *, pathname, umode_t, mode)
{
	struct open_how how = build_open_how(O_CREAT | O_WRONLY | O_TRUNC, mode);

	return do_sys_openat2(AT_FDCWD, pathname, &how);
}

int filp_close(struct file *filp, void *id)
{
	int retval = 0;

	if (filp->f_op->flush)
		retval = filp->f_op->flush(filp, id);
	if (!(filp->f_mode & FMODE_PATH)) {
		dnotify_flush(filp, id);
		locks_remove_posix(filp, id);
	}
	fput(filp);
	return retval;
}
EXPORT_SYMBOL(filp_close);

SYSCALL_DEFINE1(close, unsigned int, fd)
{
	return close_fd(fd);
}

SYSCALL_DEFINE3(close_range, unsigned int, fd, unsigned int, max_fd, unsigned int, flags)
{
	return __close_range(fd, max_fd, flags);
}

int do_truncate(struct dentry *dentry, loff_t length, unsigned int time_attrs, struct file *filp)
{
	struct iattr newattrs = { .ia_valid = ATTR_SIZE | time_attrs, .ia_size = length, .ia_file = filp };
	int ret;

	if (length < 0)
		return -EINVAL;
	if (filp)
		newattrs.ia_valid |= ATTR_FILE;
	inode_lock(dentry->d_inode);
	ret = notify_change(dentry, &newattrs);
	inode_unlock(dentry->d_inode);
	return ret;
}

long vfs_truncate(const struct path *path, loff_t length)
{
	struct inode *inode = path->dentry->d_inode;
	long error;

	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	error = mnt_want_write(path->mnt);
	if (error)
		return error;
	error = inode_permission(inode, MAY_WRITE);
	if (!error)
		error = get_write_access(inode);
	if (!error) {
		error = security_path_truncate(path);
		if (!error)
			error = do_truncate(path->dentry, length, 0, NULL);
		put_write_access(inode);
	}
	mnt_drop_write(path->mnt);
	return error;
}

HOST_SYSCALL_DEFINE(2, truncate, const char __user *, pathname, long, length)
{
	struct path path;
	long error;

	error = user_path_at(AT_FDCWD, pathname, LOOKUP_FOLLOW, &path);
	if (!error) {
		error = vfs_truncate(&path, length);
		path_put(&path);
	}
	return error;
}

SYSCALL_DEFINE2(ftruncate, unsigned int, fd, long, length)
{
	struct fd f = fdget(fd);
	long error = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (S_ISREG(file_inode(f.file)->i_mode) && (f.file->f_mode & FMODE_WRITE)) {
		sb_start_write(file_inode(f.file)->i_sb);
		error = security_file_truncate(f.file);
		if (!error)
			error = do_truncate(f.file->f_path.dentry, length, ATTR_MTIME | ATTR_CTIME, f.file);
		sb_end_write(file_inode(f.file)->i_sb);
	}
	fdput(f);
	return error;
}
