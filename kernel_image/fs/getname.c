// SPDX-License-Identifier: MIT
/* Names that come from user space, and who may look into what. */
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/cred.h>
#include <linux/capability.h>
#include <linux/security.h>
#include <linux/sched.h>
#include <linux/export.h>
#include "internal.h"

struct kmem_cache *names_cachep;

struct filename *getname_flags(const char __user *filename, int flags, int *empty)
{
	struct filename *result = __getname();
	long len;

	if (!result)
		return ERR_PTR(-ENOMEM);
	result->name = result->iname;
	len = strncpy_from_user(result->iname, filename, EMBEDDED_NAME_MAX);
	if (len < 0 || len == EMBEDDED_NAME_MAX) {
		__putname(result);
		return ERR_PTR(len < 0 ? len : -ENAMETOOLONG);
	}
	result->refcnt = 1;
	if (!len) {
		if (empty)
			*empty = 1;
		if (!(flags & LOOKUP_EMPTY)) {
			putname(result);
			return ERR_PTR(-ENOENT);
		}
	}
	result->uptr = filename;
	return result;
}

struct filename *getname(const char __user *filename)
{
	return getname_flags(filename, 0, NULL);
}

struct filename *getname_kernel(const char *filename)
{
	int len = strlen(filename) + 1;
	struct filename *result;

	if (len > EMBEDDED_NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	result = __getname();
	if (!result)
		return ERR_PTR(-ENOMEM);
	result->name = result->iname;
	memcpy(result->iname, filename, len);
	result->uptr = NULL;
	result->refcnt = 1;
	return result;
}

void putname(struct filename *name)
{
	if (IS_ERR(name))
		return;
	if (--name->refcnt > 0)
		return;
	__putname(name);
}

static int acl_permission_check(struct inode *inode, int mask)
{
	unsigned int mode = inode->i_mode;

	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (uid_eq(current_fsuid(), inode->i_uid))
		mode >>= 6;
	else if (in_group_p(inode->i_gid))
		mode >>= 3;
	return mask & ~mode ? -EACCES : 0;
}

int generic_permission(struct inode *inode, int mask)
{
	int ret = acl_permission_check(inode, mask);

	if (ret != -EACCES)
		return ret;
	if (S_ISDIR(inode->i_mode)) {
		if (!(mask & MAY_WRITE) && capable(CAP_DAC_READ_SEARCH))
			return 0;
		return capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (mask == MAY_READ && capable(CAP_DAC_READ_SEARCH))
		return 0;
	if (!(mask & MAY_EXEC) || (inode->i_mode & S_IXUGO))
		return capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	return -EACCES;
}
EXPORT_SYMBOL(generic_permission);

int inode_permission(struct inode *inode, int mask)
{
	int retval;

	if (mask & MAY_WRITE) {
		umode_t mode = inode->i_mode;

		if (IS_RDONLY(inode) && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
			return -EROFS;
		if (IS_IMMUTABLE(inode))
			return -EPERM;
	}
	retval = inode->i_op->permission ? inode->i_op->permission(inode, mask) : generic_permission(inode, mask);
	return retval ? retval : security_inode_permission(inode, mask);
}
EXPORT_SYMBOL(inode_permission);

int user_path_at_empty(int dfd, const char __user *name, unsigned int flags, struct path *path, int *empty)
{
	struct filename *filename = getname_flags(name, flags, empty);
	int ret = filename_lookup(dfd, filename, flags, path, NULL);

	putname(filename);
	return ret;
}

int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path)
{
	return user_path_at_empty(dfd, name, flags, path, NULL);
}

int kern_path(const char *name, unsigned int flags, struct path *path)
{
	struct filename *filename = getname_kernel(name);
	int ret = filename_lookup(AT_FDCWD, filename, flags, path, NULL);

	putname(filename);
	return ret;
}
EXPORT_SYMBOL(kern_path);

