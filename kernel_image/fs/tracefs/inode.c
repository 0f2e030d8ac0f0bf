// SPDX-License-Identifier: MIT
/*
 * tracefs as the guest sees it.  Every name exists: the host has checked it before it starts the system call, and
 * gives each open file a number (fs->host_cookie).  What a file does is done by the host in the middle of the
 * call chain, by HC_HOST_OP.  These functions are the tracer's own, so they have no call sites.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_struct.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/string.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <asm/hypercall.h>
#include "../internal.h"

enum { HOST_OPEN = 1, HOST_READ, HOST_WRITE, HOST_RELEASE, HOST_ITERATE, HOST_LLSEEK, HOST_MKDIR, HOST_RMDIR };

#define HOST_BLOCK	(-512)		/* nothing yet: sleep until woken, then ask again */

/* Where blocked readers sleep.  The host wakes the task itself (wake_up_process), so one queue serves all files. */
static DECLARE_WAIT_QUEUE_HEAD(tracefs_wait);

static notrace long host_op(struct file *file, int op, long arg, long len)
{
	return hypercall(HC_HOST_OP, (long)file->private_data, op, arg, len);
}

/* As host_op, but a call that blocks sleeps where a signal can end it. */
static notrace long host_op_wait(struct file *file, int op, long arg, long len)
{
	DEFINE_WAIT(wait);
	long ret;

	while ((ret = host_op(file, op, arg, len)) == HOST_BLOCK) {
		prepare_to_wait(&tracefs_wait, &wait, TASK_INTERRUPTIBLE);
		/* it may have come between the two questions */
		ret = host_op(file, op, arg, len);
		if (ret == HOST_BLOCK && !signal_pending(current))
			schedule();
		finish_wait(&tracefs_wait, &wait);
		if (ret != HOST_BLOCK)
			break;
		if (signal_pending(current))
			return -EINTR;
	}
	return ret;
}

static notrace int tracing_open_file(struct inode *inode, struct file *file)
{
	file->private_data = (void *)current->fs->host_cookie;
	return host_op(file, HOST_OPEN, file->f_flags, 0);
}

/* The bytes themselves go from the host to the client; a small piece passes here as it would in the kernel. */
static notrace ssize_t tracing_read_file(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	long ret = host_op_wait(file, HOST_READ, (long)buf, count);
	char piece[16];

	if (ret > 0) {
		size_t n = min_t(size_t, ret, sizeof(piece));

		memset(piece, 0, sizeof(piece));
		if (copy_to_user(buf, piece, n))
			return -EFAULT;
		*ppos += ret;
	}
	return ret;
}

static notrace ssize_t tracing_write_file(struct file *file, const char __user *buf, size_t count, loff_t *ppos)
{
	char piece[16] = { 0 };
	long ret;

	if (copy_from_user(piece, buf, min_t(size_t, count, sizeof(piece))))
		return -EFAULT;
	ret = host_op_wait(file, HOST_WRITE, (long)buf, count);
	if (ret > 0)
		*ppos += ret;
	return ret;
}

static notrace loff_t tracing_lseek_file(struct file *file, loff_t offset, int whence)
{
	long ret = host_op(file, HOST_LLSEEK, offset, whence);

	if (ret >= 0)
		file->f_pos = ret;
	return ret;
}

static notrace int tracing_release_file(struct inode *inode, struct file *file)
{
	return host_op(file, HOST_RELEASE, 0, 0);
}

static notrace int tracing_iterate_dir(struct file *file, struct dir_context *ctx)
{
	return host_op(file, HOST_ITERATE, 0, 0);
}

static const struct file_operations tracefs_file_operations = {
	.open = tracing_open_file,
	.read = tracing_read_file,
	.write = tracing_write_file,
	.llseek = tracing_lseek_file,
	.iterate_shared = tracing_iterate_dir,
	.release = tracing_release_file,
};

static const struct inode_operations tracefs_dir_inode_operations;
static const struct inode_operations tracefs_file_inode_operations = { .setattr = simple_setattr };

static notrace struct inode *tracefs_get_inode(struct super_block *sb, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = mode;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_fop = &tracefs_file_operations;
	inode->i_op = S_ISDIR(mode) ? &tracefs_dir_inode_operations : &tracefs_file_inode_operations;
	return inode;
}

/* Permissions are the host's business (it knows the file): 0666 lets every answer come from there. */
static notrace struct dentry *tracefs_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	umode_t hint = current->fs->host_mode, mode = S_IFREG | 0666;
	struct inode *inode = NULL;

	if ((flags & (LOOKUP_PARENT | LOOKUP_DIRECTORY)) || S_ISDIR(hint))
		mode = S_IFDIR | 0777;
	if ((flags & (LOOKUP_CREATE | LOOKUP_EXCL)) != (LOOKUP_CREATE | LOOKUP_EXCL)) {
		inode = tracefs_get_inode(dir->i_sb, mode);
		if (!inode)
			return ERR_PTR(-ENOMEM);
	}
	d_add(dentry, inode);
	return NULL;
}

/* instances/: the host makes and removes them. */
static notrace int tracefs_syscall_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	long ret = hypercall(HC_HOST_OP, current->fs->host_cookie, HOST_MKDIR, mode, 0);
	struct inode *inode;

	if (ret)
		return ret;
	inode = tracefs_get_inode(dir->i_sb, S_IFDIR | 0777);
	if (!inode)
		return -ENOMEM;
	d_instantiate(dentry, inode);
	return 0;
}

static notrace int tracefs_syscall_rmdir(struct inode *dir, struct dentry *dentry)
{
	return hypercall(HC_HOST_OP, current->fs->host_cookie, HOST_RMDIR, 0, 0);
}

static const struct inode_operations tracefs_dir_inode_operations = {
	.lookup = tracefs_lookup,
	.mkdir = tracefs_syscall_mkdir,
	.rmdir = tracefs_syscall_rmdir,
	.setattr = simple_setattr,
};

/* The kernel's tracefs lives in the cache alone; here a name comes into it with its first use, and stays. */
static notrace int tracefs_d_revalidate(struct dentry *dentry, unsigned int flags)
{
	umode_t want = flags & (LOOKUP_PARENT | LOOKUP_DIRECTORY) ? S_IFDIR : current->fs->host_mode & S_IFMT;

	return !want || !dentry->d_inode || S_ISDIR(dentry->d_inode->i_mode) == S_ISDIR(want);
}

static notrace int tracefs_d_delete(const struct dentry *dentry)
{
	return !dentry->d_inode;		/* what does not exist may exist the next time */
}

static const struct dentry_operations tracefs_dentry_operations = {
	.d_revalidate = tracefs_d_revalidate,
	.d_delete = tracefs_d_delete,
};

static const struct super_operations tracefs_super_operations = {
	.statfs = simple_statfs,
	.drop_inode = generic_delete_inode,
};

static notrace int trace_fill_super(struct super_block *sb, struct fs_context *fc)
{
	sb->s_magic = TRACEFS_MAGIC;
	sb->s_op = &tracefs_super_operations;
	sb->s_d_op = &tracefs_dentry_operations;
	sb->s_time_gran = 1;
	sb->s_flags |= SB_NOATIME;
	sb->s_root = d_make_root(tracefs_get_inode(sb, S_IFDIR | 0777));
	return sb->s_root ? 0 : -ENOMEM;
}

static notrace int trace_get_tree(struct fs_context *fc)
{
	return get_tree_single(fc, trace_fill_super);
}

static const struct fs_context_operations trace_fs_context_ops = { .get_tree = trace_get_tree };

static notrace int trace_init_fs_context(struct fs_context *fc)
{
	fc->ops = &trace_fs_context_ops;
	return 0;
}

static struct file_system_type trace_fs_type = {
	.name = "tracefs",
	.init_fs_context = trace_init_fs_context,
	.kill_sb = kill_litter_super,
};

void __init tracefs_init(void)
{
	register_filesystem(&trace_fs_type);
}

ABI_DEFS(tracefs)
{
	ABI_CONST(HOST_OPEN); ABI_CONST(HOST_READ); ABI_CONST(HOST_WRITE); ABI_CONST(HOST_RELEASE);
	ABI_CONST(HOST_ITERATE); ABI_CONST(HOST_LLSEEK); ABI_CONST(HOST_MKDIR); ABI_CONST(HOST_RMDIR);
}
