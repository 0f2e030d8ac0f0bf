// SPDX-License-Identifier: MIT
/* Files without a name, all on one inode. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/file.h>
#include <linux/mount.h>
#include "internal.h"

static struct vfsmount *anon_inode_mnt;
static struct inode *anon_inode_inode;

static int anon_inodefs_init_fs_context(struct fs_context *fc)
{
	init_pseudo(fc, 0x09041934);
	return 0;
}

static struct file_system_type anon_inode_fs_type = {
	.name = "anon_inodefs",
	.init_fs_context = anon_inodefs_init_fs_context,
	.kill_sb = kill_anon_super,
};

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	struct file *file;

	ihold(anon_inode_inode);
	file = alloc_file_pseudo(anon_inode_inode, anon_inode_mnt, name, flags & (O_ACCMODE | O_NONBLOCK), fops);
	if (IS_ERR(file)) {
		iput(anon_inode_inode);
		return file;
	}
	if (file->f_mode & FMODE_WRITE) {	/* __fput gives it back */
		file->f_mode |= FMODE_WRITER;
		get_write_access(anon_inode_inode);
		__mnt_want_write(anon_inode_mnt);
	} else {
		atomic_inc(&anon_inode_inode->i_readcount);
	}
	file->private_data = priv;
	return file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, priv, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

void __init anon_inode_init(void)
{
	register_filesystem(&anon_inode_fs_type);
	anon_inode_mnt = kern_mount(&anon_inode_fs_type);
	anon_inode_inode = alloc_anon_inode(anon_inode_mnt->mnt_sb);
}

struct inode *alloc_anon_inode(struct super_block *s)
{
	struct inode *inode = new_inode_pseudo(s);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_state = I_DIRTY;
	inode->i_mode = S_IRUSR | S_IWUSR;
	inode->i_flags |= S_PRIVATE;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	return inode;
}
