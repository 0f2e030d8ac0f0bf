// SPDX-License-Identifier: MIT
/*
 * Names that exist outside.  The processes behind the tasks here live in the host's file tree.  When the host
 * puts one of their system calls through, two arguments beyond the call's own say what it knows: a cookie (for
 * tracing files) and what the path's last component is outside: type and permissions in the low 16 bits, the
 * size above them, and HOST_NAME at the top, so that a register left over from something else says nothing.  A lookup that finds no such name in the guest's tmpfs then makes an inode for the occasion:
 * it reads as zeroes of the right size, and is forgotten like any other unused name.
 */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/sched.h>
#include <linux/syscalls.h>
#include <asm/ptrace.h>
#include "internal.h"

#define HOST_NAME	0x9d53

/* The fifth and the sixth argument: no call that names a file has so many of its own. */
notrace void host_args(const struct pt_regs *regs)
{
	unsigned long name = regs->__SC_R6;
	bool told = name >> (BITS_PER_LONG - 16) == HOST_NAME;

	current->fs->host_cookie = regs->__SC_R5;
	current->fs->host_mode = told ? name : 0;
	current->fs->host_size = BITS_PER_LONG == 64 ? (u32)((u64)name >> 16) : 0;
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

ABI_DEFS(outside) { ABI_CONST(HOST_NAME); }
