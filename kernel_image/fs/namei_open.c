// SPDX-License-Identifier: MIT
/* Opening by name: the last component of a path, found or made. */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/cred.h>
#include <linux/security.h>
#include <linux/fsnotify.h>
#include <linux/sched.h>
#include "internal.h"

int may_open(const struct path *path, int acc_mode, int flag)
{
	struct inode *inode = path->dentry->d_inode;
	int error;

	if (!inode)
		return -ENOENT;
	switch (inode->i_mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (acc_mode & MAY_WRITE)
			return -EISDIR;
		if (acc_mode & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFCHR:
	case S_IFIFO:
		if (acc_mode & MAY_EXEC)
			return -EACCES;
		flag &= ~O_TRUNC;
		break;
	}
	error = inode_permission(inode, MAY_OPEN | acc_mode);
	if (error)
		return error;
	if (IS_APPEND(inode) && ((flag & O_ACCMODE) != O_RDONLY && !(flag & O_APPEND)))
		return -EPERM;
	if ((flag & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

static int may_o_create(const struct path *dir, struct dentry *dentry, umode_t mode)
{
	int error = security_path_mknod(dir, dentry, mode, 0);

	if (error)
		return error;
	error = inode_permission(dir->dentry->d_inode, MAY_WRITE | MAY_EXEC);
	return error ? error : security_inode_create(dir->dentry->d_inode, dentry, mode);
}

/* The directory is locked: for writing when the name may have to be made. */
static struct dentry *lookup_open(struct nameidata *nd, struct file *file, const struct open_flags *op, bool got_write)
{
	struct dentry *dir = nd->path.dentry, *dentry, *res;
	struct inode *dir_inode = dir->d_inode;
	int error;

	if (IS_DEADDIR(dir_inode))
		return ERR_PTR(-ENOENT);
	file->f_mode &= ~FMODE_CREATED;
	dentry = lookup_dcache(&nd->last, dir, nd->flags);
	if (!dentry) {
		dentry = d_alloc_parallel(dir, &nd->last);
		if (IS_ERR(dentry))
			return dentry;
		if (!dentry->d_inode) {
			res = dir_inode->i_op->lookup(dir_inode, dentry, nd->flags);
			if (res) {
				dput(dentry);
				if (IS_ERR(res))
					return res;
				dentry = res;
			}
		}
	}
	if (dentry->d_inode || !(op->open_flag & O_CREAT))
		return dentry;
	if (!got_write) {
		error = -EROFS;
	} else {
		error = may_o_create(&nd->path, dentry, op->mode);
		if (!error)
			error = dir_inode->i_op->create ?
				dir_inode->i_op->create(dir_inode, dentry, op->mode, op->open_flag & O_EXCL) : -EACCES;
	}
	if (error) {
		dput(dentry);
		return ERR_PTR(error);
	}
	file->f_mode |= FMODE_CREATED;
	return dentry;
}

static const char *open_last_lookups(struct nameidata *nd, struct file *file, const struct open_flags *op)
{
	struct dentry *dir = nd->path.dentry, *dentry;
	int open_flag = op->open_flag;
	bool got_write = false;

	nd->flags |= op->intent;
	if (nd->last_type != LAST_NORM) {
		if (nd->depth) {
			nd->depth--;
			path_put(&nd->stack[nd->depth].link);
		}
		return handle_dots(nd, nd->last_type);
	}
	if (!(open_flag & O_CREAT)) {
		if (nd->last.name[nd->last.len])
			nd->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
		dentry = lookup_fast(nd);
		if (IS_ERR(dentry))
			return ERR_CAST(dentry);
		if (dentry)
			goto finish_lookup;
	} else {
		if ((nd->flags & LOOKUP_RCU) && !try_to_unlazy(nd))
			return ERR_PTR(-ECHILD);
		if (nd->last.name[nd->last.len])
			return ERR_PTR(-EISDIR);
	}
	if (open_flag & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR))
		got_write = !mnt_want_write(nd->path.mnt);
	inode_lock(dir->d_inode);
	dentry = lookup_open(nd, file, op, got_write);
	if (!IS_ERR(dentry) && (file->f_mode & FMODE_CREATED))
		fsnotify_create(dir->d_inode, dentry);
	inode_unlock(dir->d_inode);
	if (got_write)
		mnt_drop_write(nd->path.mnt);
	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
finish_lookup:
	if (nd->depth) {
		nd->depth--;
		path_put(&nd->stack[nd->depth].link);
	}
	return step_into(nd, (op->open_flag & O_EXCL) && (op->open_flag & O_CREAT) ? WALK_TRAILING | WALK_NOFOLLOW :
			 WALK_TRAILING, dentry);
}

static int handle_truncate(struct file *filp)
{
	const struct path *path = &filp->f_path;
	struct inode *inode = path->dentry->d_inode;
	int error = get_write_access(inode);

	if (error)
		return error;
	error = security_path_truncate(path);
	if (!error)
		error = do_truncate(path->dentry, 0, ATTR_MTIME | ATTR_CTIME | ATTR_OPEN, filp);
	put_write_access(inode);
	return error;
}

static int do_open(struct nameidata *nd, struct file *file, const struct open_flags *op)
{
	int open_flag = op->open_flag, acc_mode = op->acc_mode, error;
	bool do_truncate = false;

	error = complete_walk(nd);
	if (error)
		return error;
	if (open_flag & O_CREAT) {
		if ((open_flag & O_EXCL) && !(file->f_mode & FMODE_CREATED))
			return -EEXIST;
		if (d_is_dir(nd->path.dentry))
			return -EISDIR;
	}
	if ((nd->flags & LOOKUP_DIRECTORY) && !d_can_lookup(nd->path.dentry))
		return -ENOTDIR;
	if (file->f_mode & FMODE_CREATED) {
		/* the creator may write whatever mode the file got */
		open_flag &= ~O_TRUNC;
		acc_mode = 0;
	} else if (d_is_reg(nd->path.dentry) && (open_flag & O_TRUNC)) {
		error = mnt_want_write(nd->path.mnt);
		if (error)
			return error;
		do_truncate = true;
	}
	error = may_open(&nd->path, acc_mode, open_flag);
	if (!error && !(file->f_mode & FMODE_OPENED))
		error = vfs_open(&nd->path, file);
	if (!error)
		error = ima_file_check(file, op->acc_mode);
	if (!error && do_truncate)
		error = handle_truncate(file);
	if (do_truncate)
		mnt_drop_write(nd->path.mnt);
	return error > 0 ? -EINVAL : error;
}

static struct file *path_openat(struct nameidata *nd, const struct open_flags *op, unsigned int flags)
{
	struct file *file = alloc_empty_file(op->open_flag, current_cred());
	const char *s;
	int error;

	if (IS_ERR(file))
		return file;
	s = path_init(nd, flags);
	while (!(error = link_path_walk(s, nd)) && (s = open_last_lookups(nd, file, op)) != NULL)
		;
	if (!error)
		error = do_open(nd, file, op);
	terminate_walk(nd);
	if (!error && (file->f_mode & FMODE_OPENED))
		return file;
	fput(file);
	return ERR_PTR(error ? error : -EINVAL);
}

struct file *do_filp_open(int dfd, struct filename *pathname, const struct open_flags *op)
{
	struct nameidata nd;
	struct file *filp;

	set_nameidata(&nd, dfd, pathname, NULL);
	filp = path_openat(&nd, op, op->lookup_flags | LOOKUP_RCU);
	if (filp == ERR_PTR(-ECHILD))
		filp = path_openat(&nd, op, op->lookup_flags);
	restore_nameidata(&nd);
	return filp;
}
