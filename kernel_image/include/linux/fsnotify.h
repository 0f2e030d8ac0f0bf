/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_FSNOTIFY_H
#define _LINUX_FSNOTIFY_H
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>

/* A super block without a single watch pays one test. */
static __always_inline notrace int fsnotify_parent(struct dentry *dentry, u32 mask, const void *data, int data_type)
{
	struct inode *inode = d_inode(dentry);

	if (atomic_long_read(&inode->i_sb->s_fsnotify_connectors) == 0)
		return 0;
	if (S_ISDIR(inode->i_mode)) {
		mask |= FS_ISDIR;
		if (!(dentry->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED))
			return fsnotify(mask, data, data_type, NULL, NULL, inode, 0);
	}
	if (IS_ROOT(dentry))
		return fsnotify(mask, data, data_type, NULL, NULL, inode, 0);
	return __fsnotify_parent(dentry, mask, data, data_type);
}
static __always_inline notrace int fsnotify_file(struct file *file, u32 mask)
{
	if (file->f_mode & (FMODE_NONOTIFY | FMODE_PATH))
		return 0;
	return fsnotify_parent(file->f_path.dentry, mask, &file->f_path, FSNOTIFY_EVENT_PATH);
}
static __always_inline notrace void fsnotify_access(struct file *file) { fsnotify_file(file, FS_ACCESS); }
static __always_inline notrace void fsnotify_modify(struct file *file) { fsnotify_file(file, FS_MODIFY); }
static __always_inline notrace void fsnotify_open(struct file *file) { fsnotify_file(file, FS_OPEN); }
static __always_inline notrace void fsnotify_close(struct file *file)
{
	fsnotify_file(file, file->f_mode & FMODE_WRITE ? FS_CLOSE_WRITE : FS_CLOSE_NOWRITE);
}
static __always_inline notrace void fsnotify_dirent(struct inode *dir, struct dentry *dentry, u32 mask)
{
	if (atomic_long_read(&dir->i_sb->s_fsnotify_connectors))
		fsnotify(mask, d_inode(dentry), FSNOTIFY_EVENT_INODE, dir, &dentry->d_name, NULL, 0);
}
static __always_inline notrace void fsnotify_create(struct inode *dir, struct dentry *d) { fsnotify_dirent(dir, d, FS_CREATE); }
static __always_inline notrace void fsnotify_mkdir(struct inode *dir, struct dentry *d) { fsnotify_dirent(dir, d, FS_CREATE | FS_ISDIR); }
static __always_inline notrace void fsnotify_unlink(struct inode *dir, struct dentry *d) { fsnotify_dirent(dir, d, FS_DELETE); }
static __always_inline notrace void fsnotify_rmdir(struct inode *dir, struct dentry *d) { fsnotify_dirent(dir, d, FS_DELETE | FS_ISDIR); }
static __always_inline notrace void fsnotify_change(struct dentry *d)
{
	fsnotify_parent(d, FS_ATTRIB, d, FSNOTIFY_EVENT_DENTRY);
}
static __always_inline notrace void fsnotify_inode_delete(struct inode *inode)
{
	if (!hlist_empty(&inode->i_fsnotify_marks))
		__fsnotify_inode_delete(inode);
}
#endif
