// SPDX-License-Identifier: MIT
/*
 * Names that exist outside.  The processes behind the tasks here live in the host's file tree.  When the host
 * puts one of their system calls through, two arguments beyond the call's own say what it knows: a cookie (for
 * tracing files) and what the path's last component is outside: type and permissions in the low 16 bits, the
 * size above them.  A lookup that finds no such name in the guest's tmpfs then makes an inode for the occasion:
 * it reads as zeroes of the right size, and is forgotten like any other unused name.
 */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/sched.h>
#include <linux/syscalls.h>
#include <asm/ptrace.h>
#include "internal.h"

/* The fifth and the sixth argument: no call that names a file has so many of its own. */
notrace void host_args(const struct pt_regs *regs)
{
	current->fs->host_cookie = regs->__SC_R5;
	current->fs->host_mode = regs->__SC_R6;
	current->fs->host_size = (u64)regs->__SC_R6 >> 16;
}

/* A name may be something else outside by now: then it is looked up again. */
static int outside_revalidate(struct dentry *dentry, unsigned int flags)
{
	umode_t want = flags & LOOKUP_PARENT ? S_IFDIR : current->fs->host_mode & S_IFMT;

	return !want || !dentry->d_inode || (dentry->d_inode->i_mode & S_IFMT) == want;
}

static int outside_delete(const struct dentry *dentry)
{
	return !dentry->d_inode;		/* what does not exist may exist the next time */
}

static const struct dentry_operations outside_dentry_operations = {
	.d_revalidate = outside_revalidate,
	.d_delete = outside_delete,
};

struct dentry *outside_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags,
			      struct inode *(*make)(struct inode *dir, umode_t mode))
{
	umode_t mode = current->fs ? current->fs->host_mode : 0;
	struct inode *inode;

	if (!(mode & S_IFMT) || ((flags & (LOOKUP_CREATE | LOOKUP_EXCL)) == (LOOKUP_CREATE | LOOKUP_EXCL)))
		return simple_lookup(dir, dentry, flags);
	if (flags & LOOKUP_PARENT)
		mode = S_IFDIR | 0755;
	inode = make(dir, mode);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (S_ISREG(mode))
		i_size_write(inode, current->fs->host_size);
	d_set_d_op(dentry, &outside_dentry_operations);
	d_add(dentry, inode);
	return NULL;
}
