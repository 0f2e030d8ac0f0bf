// SPDX-License-Identifier: MIT
/* /proc's inodes and files. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/uio.h>
#include <linux/slab.h>
#include "internal.h"
#include "../internal.h"

static __always_inline notrace bool use_pde(struct proc_dir_entry *pde)
{
	return atomic_inc_unless_negative(&pde->in_use);
}

static __always_inline notrace void unuse_pde(struct proc_dir_entry *pde)
{
	atomic_dec(&pde->in_use);
}

static ssize_t proc_reg_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct proc_dir_entry *pde = PDE(file_inode(iocb->ki_filp));
	ssize_t ret = -EIO;

	if (use_pde(pde)) {
		ret = seq_read_iter(iocb, iter);
		unuse_pde(pde);
	}
	return ret;
}

static loff_t proc_reg_llseek(struct file *file, loff_t offset, int whence)
{
	struct proc_dir_entry *pde = PDE(file_inode(file));
	loff_t rv = -EINVAL;

	if (use_pde(pde)) {
		rv = seq_lseek(file, offset, whence);
		unuse_pde(pde);
	}
	return rv;
}

static int proc_seq_open(struct inode *inode, struct file *file)
{
	return seq_open(file, PDE(inode)->seq_ops);
}

static int proc_single_open(struct inode *inode, struct file *file)
{
	return single_open(file, PDE(inode)->single_show, NULL);
}

static int proc_reg_open(struct inode *inode, struct file *file)
{
	struct proc_dir_entry *pde = PDE(inode);
	int rv = -ENOENT;

	if (!use_pde(pde))
		return rv;
	rv = pde->seq_ops ? proc_seq_open(inode, file) : proc_single_open(inode, file);
	unuse_pde(pde);
	return rv;
}

static int proc_reg_release(struct inode *inode, struct file *file)
{
	return PDE(inode)->seq_ops ? seq_release(inode, file) : single_release(inode, file);
}

static const struct file_operations proc_iter_file_ops = {
	.llseek = proc_reg_llseek,
	.read_iter = proc_reg_read_iter,
	.open = proc_reg_open,
	.release = proc_reg_release,
};

static void proc_evict_inode(struct inode *inode)
{
	clear_inode(inode);
}

static const struct super_operations proc_sops = {
	.drop_inode = generic_delete_inode,
	.evict_inode = proc_evict_inode,
	.statfs = simple_statfs,
};

struct inode *proc_get_inode(struct super_block *sb, struct proc_dir_entry *de)
{
	static const struct inode_operations proc_file_inode_operations = { .setattr = simple_setattr };
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_private = de;
	inode->i_ino = de->low_ino;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_mode = de->mode;
	set_nlink(inode, de->nlink);
	if (S_ISDIR(de->mode)) {
		inode->i_op = &proc_dir_inode_operations;
		inode->i_fop = &proc_dir_operations;
	} else {
		inode->i_op = &proc_file_inode_operations;
		inode->i_fop = &proc_iter_file_ops;
	}
	return inode;
}

static int proc_fill_super(struct super_block *s, struct fs_context *fc)
{
	s->s_magic = PROC_SUPER_MAGIC;
	s->s_op = &proc_sops;
	s->s_time_gran = 1;
	s->s_flags |= SB_NOATIME;
	s->s_root = d_make_root(proc_get_inode(s, &proc_root));
	return s->s_root ? 0 : -ENOMEM;
}

static int proc_get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, proc_fill_super);
}

static const struct fs_context_operations proc_fs_context_ops = { .get_tree = proc_get_tree };

static int proc_init_fs_context(struct fs_context *fc)
{
	fc->ops = &proc_fs_context_ops;
	return 0;
}

static struct file_system_type proc_fs_type = {
	.name = "proc",
	.init_fs_context = proc_init_fs_context,
	.kill_sb = kill_anon_super,
};

void __init proc_root_init(void)
{
	register_filesystem(&proc_fs_type);
	proc_files_init();
}
