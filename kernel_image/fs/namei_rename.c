// SPDX-License-Identifier: MIT
/* rename(2): two parents, locked in an order that cannot deadlock. */
#include <linux/fs.h>
#include <linux/security.h>
#include <linux/fsnotify.h>
#include <linux/syscalls.h>
#include <linux/export.h>
#include "internal.h"

static DEFINE_MUTEX(vfs_rename_mutex);	/* the tree's shape does not change while directories move */

struct dentry *lock_rename(struct dentry *p1, struct dentry *p2)
{
	struct dentry *p;

	if (p1 == p2) {
		inode_lock(p1->d_inode);
		return NULL;
	}
	mutex_lock(&vfs_rename_mutex);
	p = d_ancestor(p2, p1);
	if (p) {
		inode_lock(p2->d_inode);
		inode_lock(p1->d_inode);
		return p;
	}
	p = d_ancestor(p1, p2);
	inode_lock(p1->d_inode);
	inode_lock(p2->d_inode);
	return p;
}
EXPORT_SYMBOL(lock_rename);

void unlock_rename(struct dentry *p1, struct dentry *p2)
{
	inode_unlock(p1->d_inode);
	if (p1 != p2) {
		inode_unlock(p2->d_inode);
		mutex_unlock(&vfs_rename_mutex);
	}
}
EXPORT_SYMBOL(unlock_rename);

int vfs_rename(struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir, struct dentry *new_dentry,
	       unsigned int flags)
{
	struct inode *source = old_dentry->d_inode, *target = new_dentry->d_inode;
	bool is_dir = d_is_dir(old_dentry);
	int error;

	if (source == target)
		return 0;
	error = may_delete(old_dir, old_dentry, is_dir);
	if (error)
		return error;
	error = target ? may_delete(new_dir, new_dentry, is_dir) : may_create(new_dir, new_dentry);
	if (error)
		return error;
	if (!old_dir->i_op->rename)
		return -EPERM;
	error = security_inode_rename(old_dir, old_dentry, new_dir, new_dentry);
	if (error)
		return error;
	dget(new_dentry);
	if (!is_dir)
		lock_two_nondirectories(source, target);
	else if (target)
		inode_lock(target);
	error = -EBUSY;
	if (!d_mountpoint(old_dentry) && !d_mountpoint(new_dentry))
		error = old_dir->i_op->rename(old_dir, old_dentry, new_dir, new_dentry, flags);
	if (!error) {
		if (target) {
			if (is_dir)
				target->i_flags |= S_DEAD;
			shrink_dcache_parent(new_dentry);
		}
		d_move(old_dentry, new_dentry);
	}
	if (!is_dir)
		unlock_two_nondirectories(source, target);
	else if (target)
		inode_unlock(target);
	dput(new_dentry);
	if (!error) {
		fsnotify_dirent(old_dir, old_dentry, FS_MOVED_FROM);
		fsnotify_dirent(new_dir, old_dentry, FS_MOVED_TO);
	}
	return error;
}
EXPORT_SYMBOL(vfs_rename);

/* Both parents are locked. */
static int rename_locked(struct path *old_path, struct qstr *old_last, struct path *new_path, struct qstr *new_last,
			 struct dentry *trap, unsigned int flags)
{
	struct dentry *old_dentry, *new_dentry;
	int error;

	old_dentry = lookup_one_qstr_excl(old_last, old_path->dentry, 0);
	if (IS_ERR(old_dentry))
		return PTR_ERR(old_dentry);
	error = -ENOENT;
	if (d_is_negative(old_dentry))
		goto put_old;
	new_dentry = lookup_one_qstr_excl(new_last, new_path->dentry, LOOKUP_CREATE | LOOKUP_RENAME_TARGET);
	error = PTR_ERR_OR_ZERO(new_dentry);
	if (error)
		goto put_old;
	if (old_dentry == trap)
		error = -EINVAL;		/* a directory below itself */
	else if (new_dentry == trap)
		error = -ENOTEMPTY;
	else
		error = security_path_rename(old_path, old_dentry, new_path, new_dentry);
	if (!error)
		error = vfs_rename(old_path->dentry->d_inode, old_dentry, new_path->dentry->d_inode, new_dentry, flags);
	dput(new_dentry);
put_old:
	dput(old_dentry);
	return error;
}

static int do_renameat2(int olddfd, struct filename *from, int newdfd, struct filename *to, unsigned int flags)
{
	struct path old_path, new_path;
	struct qstr old_last, new_last;
	struct dentry *trap;
	int old_type, new_type, error = -EINVAL;

	if (flags)
		goto put_names;
	error = filename_parentat(olddfd, from, 0, &old_path, &old_last, &old_type);
	if (error)
		goto put_names;
	error = filename_parentat(newdfd, to, 0, &new_path, &new_last, &new_type);
	if (error)
		goto put_old;
	error = -EXDEV;
	if (old_path.mnt != new_path.mnt)
		goto put_new;
	error = -EBUSY;
	if (old_type != LAST_NORM || new_type != LAST_NORM)
		goto put_new;
	error = mnt_want_write(old_path.mnt);
	if (error)
		goto put_new;
	trap = lock_rename(new_path.dentry, old_path.dentry);
	error = rename_locked(&old_path, &old_last, &new_path, &new_last, trap, flags);
	unlock_rename(new_path.dentry, old_path.dentry);
	mnt_drop_write(old_path.mnt);
put_new:
	path_put(&new_path);
put_old:
	path_put(&old_path);
put_names:
	putname(from);
	putname(to);
	return error;
}

SYSCALL_DEFINE5(renameat2, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname,
		unsigned int, flags)
{
	return do_renameat2(olddfd, getname(oldname), newdfd, getname(newname), flags);
}

SYSCALL_DEFINE4(renameat, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname)
{
	return do_renameat2(olddfd, getname(oldname), newdfd, getname(newname), 0);
}

SYSCALL_DEFINE2(rename, const char __user *, oldname, const char __user *, newname)
{
	return do_renameat2(AT_FDCWD, getname(oldname), AT_FDCWD, getname(newname), 0);
}
