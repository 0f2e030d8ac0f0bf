// SPDX-License-Identifier: MIT
/* Changes of an inode's attributes, and the system calls that ask for them. */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/fsnotify.h>
#include <linux/security.h>
#include <linux/cred.h>
#include <linux/capability.h>
#include <linux/pagemap.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/time64.h>
#include "internal.h"

static bool chown_ok(const struct inode *inode, kuid_t uid)
{
	return (uid_eq(current_fsuid(), inode->i_uid) && uid_eq(uid, inode->i_uid)) || capable(CAP_CHOWN);
}

static bool chgrp_ok(const struct inode *inode, kgid_t gid)
{
	return (uid_eq(current_fsuid(), inode->i_uid) && in_group_p(gid)) || capable(CAP_CHOWN);
}

int inode_newsize_ok(const struct inode *inode, loff_t offset)
{
	return offset > inode->i_size && offset > inode->i_sb->s_maxbytes ? -EFBIG : 0;
}
EXPORT_SYMBOL(inode_newsize_ok);

int setattr_prepare(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	unsigned int ia_valid = attr->ia_valid;
	int error;

	if (ia_valid & ATTR_SIZE) {
		error = inode_newsize_ok(inode, attr->ia_size);
		if (error)
			return error;
	}
	if ((ia_valid & ATTR_UID) && !chown_ok(inode, attr->ia_uid))
		return -EPERM;
	if ((ia_valid & ATTR_GID) && !chgrp_ok(inode, attr->ia_gid))
		return -EPERM;
	if ((ia_valid & (ATTR_MODE | ATTR_MTIME_SET | ATTR_ATIME_SET)) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}
EXPORT_SYMBOL(setattr_prepare);

void setattr_copy(struct inode *inode, const struct iattr *attr)
{
	unsigned int ia_valid = attr->ia_valid;

	if (ia_valid & ATTR_UID)
		inode->i_uid = attr->ia_uid;
	if (ia_valid & ATTR_GID)
		inode->i_gid = attr->ia_gid;
	if (ia_valid & ATTR_ATIME)
		inode->i_atime = attr->ia_atime;
	if (ia_valid & ATTR_MTIME)
		inode->i_mtime = attr->ia_mtime;
	if (ia_valid & ATTR_CTIME)
		inode->i_ctime = attr->ia_ctime;
	if (ia_valid & ATTR_MODE)
		inode->i_mode = (inode->i_mode & S_IFMT) | (attr->ia_mode & S_IALLUGO);
}
EXPORT_SYMBOL(setattr_copy);

int simple_setattr(struct dentry *dentry, struct iattr *iattr)
{
	struct inode *inode = d_inode(dentry);
	int error = setattr_prepare(dentry, iattr);

	if (error)
		return error;
	if (iattr->ia_valid & ATTR_SIZE)
		truncate_setsize(inode, iattr->ia_size);
	setattr_copy(inode, iattr);
	mark_inode_dirty(inode);
	return 0;
}
EXPORT_SYMBOL(simple_setattr);

static int may_setattr(struct inode *inode, unsigned int ia_valid)
{
	if ((ia_valid & (ATTR_MODE | ATTR_UID | ATTR_GID)) && (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		return -EPERM;
	if ((ia_valid & (ATTR_ATIME | ATTR_MTIME)) && !(ia_valid & (ATTR_ATIME_SET | ATTR_SIZE | ATTR_MODE)) &&
	    !inode_owner_or_capable(inode))
		return inode_permission(inode, MAY_WRITE);
	return 0;
}

/* The inode is locked. */
int notify_change(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	struct timespec64 now;
	int error = may_setattr(inode, attr->ia_valid);

	if (error)
		return error;
	now = current_time(inode);
	attr->ia_valid |= ATTR_CTIME;
	attr->ia_ctime = now;
	if (!(attr->ia_valid & ATTR_ATIME_SET))
		attr->ia_atime = now;
	if (!(attr->ia_valid & ATTR_MTIME_SET))
		attr->ia_mtime = now;
	error = security_inode_setattr(dentry, attr);
	if (error)
		return error;
	error = inode->i_op->setattr ? inode->i_op->setattr(dentry, attr) : simple_setattr(dentry, attr);
	if (!error)
		fsnotify_change(dentry);
	return error;
}
EXPORT_SYMBOL(notify_change);

/* --- chmod, chown, utimensat, access, chdir --- */

static int chmod_common(const struct path *path, umode_t mode)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr newattrs = { .ia_valid = ATTR_MODE, .ia_mode = mode & S_IALLUGO };
	int error = mnt_want_write(path->mnt);

	if (error)
		return error;
	inode_lock(inode);
	error = security_path_chmod(path, mode);
	if (!error)
		error = notify_change(path->dentry, &newattrs);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return error;
}

static noinline int do_fchmodat(int dfd, const char __user *filename, umode_t mode)
{
	struct path path;
	int error = user_path_at(dfd, filename, LOOKUP_FOLLOW, &path);

	if (!error) {
		error = chmod_common(&path, mode);
		path_put(&path);
	}
	return error;
}

HOST_SYSCALL_DEFINE(3, fchmodat, int, dfd, const char __user *, filename, umode_t, mode)
{
	return do_fchmodat(dfd, filename, mode);
}

HOST_SYSCALL_DEFINE(2, chmod, const char __user *, filename, umode_t, mode)
{
	return do_fchmodat(AT_FDCWD, filename, mode);
}

SYSCALL_DEFINE2(fchmod, unsigned int, fd, umode_t, mode)
{
	struct fd f = fdget(fd);
	int err = -EBADF;

	if (f.file) {
		err = chmod_common(&f.file->f_path, mode);
		fdput(f);
	}
	return err;
}

static int chown_common(const struct path *path, uid_t user, gid_t group)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr newattrs = { .ia_valid = 0 };
	int error = mnt_want_write(path->mnt);

	if (error)
		return error;
	if (user != (uid_t)-1) {
		newattrs.ia_valid |= ATTR_UID;
		newattrs.ia_uid = KUIDT_INIT(user);
	}
	if (group != (gid_t)-1) {
		newattrs.ia_valid |= ATTR_GID;
		newattrs.ia_gid = KGIDT_INIT(group);
	}
	inode_lock(inode);
	error = notify_change(path->dentry, &newattrs);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return error;
}

static noinline int do_fchownat(int dfd, const char __user *filename, uid_t user, gid_t group, int flag)
{
	struct path path;
	int error = user_path_at(dfd, filename, flag & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);

	if (!error) {
		error = chown_common(&path, user, group);
		path_put(&path);
	}
	return error;
}

HOST_SYSCALL_DEFINE(5, fchownat, int, dfd, const char __user *, filename, uid_t, user, gid_t, group, int, flag)
{
	return do_fchownat(dfd, filename, user, group, flag);
}

HOST_SYSCALL_DEFINE(3, chown, const char __user *, filename, uid_t, user, gid_t, group)
{
	return do_fchownat(AT_FDCWD, filename, user, group, 0);
}

#define UTIME_NOW	((1L << 30) - 1)
#define UTIME_OMIT	((1L << 30) - 2)

static int vfs_utimes(const struct path *path, const struct timespec64 *times)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr newattrs = { .ia_valid = ATTR_CTIME | ATTR_MTIME | ATTR_ATIME };
	int error = mnt_want_write(path->mnt);

	if (error)
		return error;
	if (times) {
		if (times[0].tv_nsec == UTIME_OMIT) {
			newattrs.ia_valid &= ~ATTR_ATIME;
		} else if (times[0].tv_nsec != UTIME_NOW) {
			newattrs.ia_atime = times[0];
			newattrs.ia_valid |= ATTR_ATIME_SET;
		}
		if (times[1].tv_nsec == UTIME_OMIT) {
			newattrs.ia_valid &= ~ATTR_MTIME;
		} else if (times[1].tv_nsec != UTIME_NOW) {
			newattrs.ia_mtime = times[1];
			newattrs.ia_valid |= ATTR_MTIME_SET;
		}
	}
	inode_lock(inode);
	error = notify_change(path->dentry, &newattrs);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return error;
}

static noinline long do_utimes(int dfd, const char __user *filename, struct timespec64 *times, int flags)
{
	struct path path;
	int error;

	if (!filename) {
		struct fd f = fdget(dfd);

		if (!f.file)
			return -EBADF;
		error = vfs_utimes(&f.file->f_path, times);
		fdput(f);
		return error;
	}
	error = user_path_at(dfd, filename, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (!error) {
		error = vfs_utimes(&path, times);
		path_put(&path);
	}
	return error;
}

HOST_SYSCALL_DEFINE(4, utimensat, int, dfd, const char __user *, filename, s64 __user *, utimes, int, flags)
{
	struct timespec64 tstimes[2];
	s64 raw[4];

	if (utimes) {
		if (copy_from_user(raw, utimes, sizeof(raw)))
			return -EFAULT;
		tstimes[0] = (struct timespec64){ .tv_sec = raw[0], .tv_nsec = raw[1] };
		tstimes[1] = (struct timespec64){ .tv_sec = raw[2], .tv_nsec = raw[3] };
	}
	return do_utimes(dfd, filename, utimes ? tstimes : NULL, flags);
}

static noinline long do_faccessat(int dfd, const char __user *filename, int mode, int flags)
{
	struct path path;
	int res;

	if (mode & ~S_IRWXO)
		return -EINVAL;
	res = user_path_at(dfd, filename, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (res)
		return res;
	res = inode_permission(d_backing_inode(path.dentry), mode | MAY_ACCESS);
	if (!res && (mode & MAY_WRITE) && __mnt_is_readonly(path.mnt))
		res = -EROFS;
	path_put(&path);
	return res;
}

HOST_SYSCALL_DEFINE(3, faccessat, int, dfd, const char __user *, filename, int, mode)
{
	return do_faccessat(dfd, filename, mode, 0);
}

HOST_SYSCALL_DEFINE(4, faccessat2, int, dfd, const char __user *, filename, int, mode, int, flags)
{
	return do_faccessat(dfd, filename, mode, flags);
}

HOST_SYSCALL_DEFINE(2, access, const char __user *, filename, int, mode)
{
	return do_faccessat(AT_FDCWD, filename, mode, 0);
}
