/* SPDX-License-Identifier: MIT */
#ifndef _FS_PROC_INTERNAL_H
#define _FS_PROC_INTERNAL_H
#include <linux/proc_fs.h>

struct proc_dir_entry {
	const char *name;
	umode_t mode;
	unsigned int low_ino, nlink;
	atomic_t in_use;			/* opens under way and open files */
	struct list_head list;			/* the parent's entries: proc_subdir_lock */
	struct list_head subdir;
	struct proc_dir_entry *parent;
	const struct seq_operations *seq_ops;	/* either this */
	int (*single_show)(struct seq_file *, void *);	/* or this, or a directory */
};

#define PDE(inode)	((struct proc_dir_entry *)(inode)->i_private)
extern struct proc_dir_entry proc_root;
extern const struct inode_operations proc_dir_inode_operations;
extern const struct file_operations proc_dir_operations;
struct inode *proc_get_inode(struct super_block *sb, struct proc_dir_entry *de);
void proc_pid_init(void);
void proc_files_init(void);
#endif
