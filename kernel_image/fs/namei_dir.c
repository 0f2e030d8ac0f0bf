// SPDX-License-Identifier: MIT
/* Changes of directories by name: create, mkdir, rmdir, unlink, symlink, link, rename. */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/file.h>
#include <linux/cred.h>
#include <linux/capability.h>
#include <linux/security.h>
#include <linux/fsnotify.h>
#include <linux/syscalls.h>
#include <linux/slab.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/export.h>
#include "internal.h"

static int check_sticky(struct inode *dir, struct inode *inode)
{
	if (!(dir->i_mode & S_ISVTX) || uid_eq(inode->i_uid, current_fsuid()) || uid_eq(dir->i_uid, current_fsuid()))
		return 0;
	return !capable(CAP_FOWNER);
}

int may_delete(struct inode *dir, struct dentry *victim, bool isdir)
{
	struct inode *inode = d_backing_inode(victim);
	int error;

	if (!inode)
		return -ENOENT;
	error = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (error)
		return error;
	if (IS_APPEND(dir) || check_sticky(dir, inode) || IS_APPEND(inode) || IS_IMMUTABLE(inode))
		return -EPERM;
	if (isdir) {
		if (!d_is_dir(victim))
			return -ENOTDIR;
		if (IS_ROOT(victim))
			return -EBUSY;
	} else if (d_is_dir(victim)) {
		return -EISDIR;
	}
	return IS_DEADDIR(dir) ? -ENOENT : 0;
}

int may_create(struct inode *dir, struct dentry *child)
{
	if (child->d_inode)
		return -EEXIST;
	if (IS_DEADDIR(dir))
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* The directory's i_rwsem is held for writing. */
struct dentry *lookup_one_qstr_excl(const struct qstr *name, struct dentry *base, unsigned int flags)
{
	struct dentry *dentry = lookup_dcache(name, base, flags), *old;
	struct inode *dir = base->d_inode;

	if (dentry)
		return dentry;
	if (IS_DEADDIR(dir))
		return ERR_PTR(-ENOENT);
	dentry = d_alloc(base, name);
	if (!dentry)
		return ERR_PTR(-ENOMEM);
	old = dir->i_op->lookup(dir, dentry, flags);
	if (old) {
		dput(dentry);
		dentry = old;
	}
	return dentry;
}

struct dentry *filename_create(int dfd, struct filename *name, struct path *path, unsigned int lookup_flags)
{
	unsigned int want_dir = lookup_flags & LOOKUP_DIRECTORY;
	struct dentry *dentry = ERR_PTR(-EEXIST);
	struct qstr last;
	int type, err2, error;

	error = filename_parentat(dfd, name, LOOKUP_REVAL & lookup_flags, path, &last, &type);
	if (error)
		return ERR_PTR(error);
	if (type != LAST_NORM)
		goto out;
	err2 = mnt_want_write(path->mnt);
	inode_lock(path->dentry->d_inode);
	dentry = lookup_one_qstr_excl(&last, path->dentry, LOOKUP_CREATE | LOOKUP_EXCL);
	if (IS_ERR(dentry))
		goto unlock;
	error = -EEXIST;
	if (d_is_positive(dentry))
		goto fail;
	error = last.name[last.len] && !want_dir ? -ENOENT : err2;
	if (!error)
		return dentry;
fail:
	dput(dentry);
	dentry = ERR_PTR(error);
unlock:
	inode_unlock(path->dentry->d_inode);
	if (!err2)
		mnt_drop_write(path->mnt);
out:
	path_put(path);
	return dentry;
}

struct dentry *kern_path_create(int dfd, const char *name, struct path *path, unsigned int flags)
{
	struct filename *filename = getname_kernel(name);
	struct dentry *res = IS_ERR(filename) ? ERR_CAST(filename) : filename_create(dfd, filename, path, flags);

	putname(filename);
	return res;
}
EXPORT_SYMBOL(kern_path_create);

void done_path_create(struct path *path, struct dentry *dentry)
{
	dput(dentry);
	inode_unlock(path->dentry->d_inode);
	mnt_drop_write(path->mnt);
	path_put(path);
}
EXPORT_SYMBOL(done_path_create);

int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool want_excl)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->create)
		return -EACCES;
	mode = (mode & S_IALLUGO) | S_IFREG;
	error = security_inode_create(dir, dentry, mode);
	if (!error)
		error = dir->i_op->create(dir, dentry, mode, want_excl);
	if (!error)
		fsnotify_create(dir, dentry);
	return error;
}
EXPORT_SYMBOL(vfs_create);

static int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (S_ISCHR(mode) && !capable(CAP_MKNOD))
		return -EPERM;
	if (!dir->i_op->mknod)
		return -EPERM;
	error = dir->i_op->mknod(dir, dentry, mode, dev);
	if (!error)
		fsnotify_create(dir, dentry);
	return error;
}

static int do_mknodat(int dfd, struct filename *name, umode_t mode, unsigned int dev)
{
	struct path path;
	struct dentry *dentry = filename_create(dfd, name, &path, 0);
	int error = PTR_ERR_OR_ZERO(dentry);

	if (!error) {
		mode &= ~current->fs->umask;
		error = security_path_mknod(&path, dentry, mode, dev);
		if (!error)
			error = !(mode & S_IFMT) || S_ISREG(mode) ?
				vfs_create(path.dentry->d_inode, dentry, mode, true) :
				vfs_mknod(path.dentry->d_inode, dentry, mode, dev);
		done_path_create(&path, dentry);
	}
	putname(name);
	return error;
}

SYSCALL_DEFINE4(mknodat, int, dfd, const char __user *, filename, umode_t, mode, unsigned int, dev)
{
	return do_mknodat(dfd, getname(filename), mode, dev);
}

SYSCALL_DEFINE3(mknod, const char __user *, filename, umode_t, mode, unsigned int, dev)
{
	return do_mknodat(AT_FDCWD, getname(filename), mode, dev);
}

int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->mkdir)
		return -EPERM;
	mode &= S_IRWXUGO | S_ISVTX;
	error = security_inode_mkdir(dir, dentry, mode);
	if (!error)
		error = dir->i_op->mkdir(dir, dentry, mode);
	if (!error)
		fsnotify_mkdir(dir, dentry);
	return error;
}
EXPORT_SYMBOL(vfs_mkdir);

static int do_mkdirat(int dfd, struct filename *name, umode_t mode)
{
	struct path path;
	struct dentry *dentry = filename_create(dfd, name, &path, LOOKUP_DIRECTORY);
	int error = PTR_ERR_OR_ZERO(dentry);

	if (!error) {
		mode &= ~current->fs->umask;
		error = security_path_mkdir(&path, dentry, mode);
		if (!error)
			error = vfs_mkdir(path.dentry->d_inode, dentry, mode);
		done_path_create(&path, dentry);
	}
	putname(name);
	return error;
}

HOST_SYSCALL_DEFINE(3, mkdirat, int, dfd, const char __user *, pathname, umode_t, mode)
{
	return do_mkdirat(dfd, getname(pathname), mode);
}

HOST_SYSCALL_DEFINE(2, mkdir, const char __user *, pathname, umode_t, mode)
{
	return do_mkdirat(AT_FDCWD, getname(pathname), mode);
}

int vfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	int error = may_delete(dir, dentry, true);

	if (error)
		return error;
	if (!dir->i_op->rmdir)
		return -EPERM;
	dget(dentry);
	inode_lock(dentry->d_inode);
	error = d_mountpoint(dentry) ? -EBUSY : security_inode_rmdir(dir, dentry);
	if (!error)
		error = dir->i_op->rmdir(dir, dentry);
	if (!error) {
		shrink_dcache_parent(dentry);
		dentry->d_inode->i_flags |= S_DEAD;
	}
	inode_unlock(dentry->d_inode);
	dput(dentry);
	if (!error) {
		fsnotify_rmdir(dir, dentry);
		d_delete(dentry);
	}
	return error;
}
EXPORT_SYMBOL(vfs_rmdir);

/* The parent locked and the victim looked up: what unlink and rmdir share. */
static struct dentry *lookup_victim(int dfd, struct filename *name, struct path *path)
{
	struct dentry *dentry;
	struct qstr last;
	int type, error = filename_parentat(dfd, name, 0, path, &last, &type);

	if (error)
		return ERR_PTR(error);
	if (type != LAST_NORM) {
		path_put(path);
		return ERR_PTR(type == LAST_DOTDOT ? -ENOTEMPTY : type == LAST_DOT ? -EINVAL : -EBUSY);
	}
	error = mnt_want_write(path->mnt);
	if (error) {
		path_put(path);
		return ERR_PTR(error);
	}
	inode_lock(path->dentry->d_inode);
	dentry = lookup_one_qstr_excl(&last, path->dentry, 0);
	if (!IS_ERR(dentry) && d_is_negative(dentry)) {
		dput(dentry);
		dentry = ERR_PTR(-ENOENT);
	}
	if (IS_ERR(dentry)) {
		inode_unlock(path->dentry->d_inode);
		mnt_drop_write(path->mnt);
		path_put(path);
	}
	return dentry;
}

static int do_rmdir(int dfd, struct filename *name)
{
	struct path path;
	struct dentry *dentry = lookup_victim(dfd, name, &path);
	int error = PTR_ERR_OR_ZERO(dentry);

	if (!error) {
		error = security_path_rmdir(&path, dentry);
		if (!error)
			error = vfs_rmdir(path.dentry->d_inode, dentry);
		done_path_create(&path, dentry);
	}
	putname(name);
	return error;
}

HOST_SYSCALL_DEFINE(1, rmdir, const char __user *, pathname)
{
	return do_rmdir(AT_FDCWD, getname(pathname));
}

int vfs_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *target = dentry->d_inode;
	int error = may_delete(dir, dentry, false);

	if (error)
		return error;
	if (!dir->i_op->unlink)
		return -EPERM;
	inode_lock(target);
	error = d_mountpoint(dentry) ? -EBUSY : security_inode_unlink(dir, dentry);
	if (!error)
		error = dir->i_op->unlink(dir, dentry);
	inode_unlock(target);
	if (!error) {
		fsnotify_unlink(dir, dentry);
		d_delete(dentry);
	}
	return error;
}
EXPORT_SYMBOL(vfs_unlink);

static int do_unlinkat(int dfd, struct filename *name)
{
	struct inode *inode = NULL;
	struct path path;
	struct dentry *dentry = lookup_victim(dfd, name, &path);
	int error = PTR_ERR_OR_ZERO(dentry);

	if (!error) {
		inode = dentry->d_inode;
		ihold(inode);
		error = security_path_unlink(&path, dentry);
		if (!error)
			error = vfs_unlink(path.dentry->d_inode, dentry);
		done_path_create(&path, dentry);
		iput(inode);		/* truncates here, after the directory's lock is gone */
	}
	putname(name);
	return error;
}

HOST_SYSCALL_DEFINE(3, unlinkat, int, dfd, const char __user *, pathname, int, flag)
{
	if (flag & ~AT_REMOVEDIR)
		return -EINVAL;
	return flag & AT_REMOVEDIR ? do_rmdir(dfd, getname(pathname)) : do_unlinkat(dfd, getname(pathname));
}

HOST_SYSCALL_DEFINE(1, unlink, const char __user *, pathname)
{
	return do_unlinkat(AT_FDCWD, getname(pathname));
}

int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *oldname)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->symlink)
		return -EPERM;
	error = security_inode_symlink(dir, dentry, oldname);
	if (!error)
		error = dir->i_op->symlink(dir, dentry, oldname);
	if (!error)
		fsnotify_create(dir, dentry);
	return error;
}

static int do_symlinkat(struct filename *from, int newdfd, struct filename *to)
{
	struct dentry *dentry;
	struct path path;
	int error = PTR_ERR_OR_ZERO(from);

	if (error)
		goto out;
	dentry = filename_create(newdfd, to, &path, 0);
	error = PTR_ERR_OR_ZERO(dentry);
	if (!error) {
		error = security_path_symlink(&path, dentry, from->name);
		if (!error)
			error = vfs_symlink(path.dentry->d_inode, dentry, from->name);
		done_path_create(&path, dentry);
	}
out:
	putname(to);
	putname(from);
	return error;
}

SYSCALL_DEFINE3(symlinkat, const char __user *, oldname, int, newdfd, const char __user *, newname)
{
	return do_symlinkat(getname(oldname), newdfd, getname(newname));
}

SYSCALL_DEFINE2(symlink, const char __user *, oldname, const char __user *, newname)
{
	return do_symlinkat(getname(oldname), AT_FDCWD, getname(newname));
}

int vfs_link(struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry)
{
	struct inode *inode = old_dentry->d_inode;
	int error = may_create(dir, new_dentry);

	if (error)
		return error;
	if (dir->i_sb != inode->i_sb)
		return -EXDEV;
	if (!dir->i_op->link || S_ISDIR(inode->i_mode))
		return -EPERM;
	error = security_inode_link(old_dentry, dir, new_dentry);
	if (error)
		return error;
	inode_lock(inode);
	error = inode->i_nlink ? dir->i_op->link(old_dentry, dir, new_dentry) : -ENOENT;
	inode_unlock(inode);
	if (!error)
		fsnotify_create(dir, new_dentry);
	return error;
}

static int do_linkat(int olddfd, struct filename *old, int newdfd, struct filename *new, int flags)
{
	struct path old_path, new_path;
	struct dentry *new_dentry;
	int error = filename_lookup(olddfd, old, 0, &old_path, NULL);

	if (error)
		goto out;
	new_dentry = filename_create(newdfd, new, &new_path, 0);
	error = PTR_ERR_OR_ZERO(new_dentry);
	if (!error) {
		error = old_path.mnt != new_path.mnt ? -EXDEV : security_path_link(old_path.dentry, &new_path, new_dentry);
		if (!error)
			error = vfs_link(old_path.dentry, new_path.dentry->d_inode, new_dentry);
		done_path_create(&new_path, new_dentry);
	}
	path_put(&old_path);
out:
	putname(old);
	putname(new);
	return error;
}

SYSCALL_DEFINE2(link, const char __user *, oldname, const char __user *, newname)
{
	return do_linkat(AT_FDCWD, getname(oldname), AT_FDCWD, getname(newname), 0);
}

SYSCALL_DEFINE5(linkat, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname, int, flags)
{
	return do_linkat(olddfd, getname(oldname), newdfd, getname(newname), flags);
}
