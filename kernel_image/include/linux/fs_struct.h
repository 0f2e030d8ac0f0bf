/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_FS_STRUCT_H
#define _LINUX_FS_STRUCT_H
#include <linux/path.h>
#include <linux/spinlock.h>
#include <linux/seqlock.h>

struct fs_struct {
	int users;			/* lock */
	spinlock_t lock;
	seqcount_t seq;			/* changes of root and pwd, for walks without locks */
	int umask;
	struct path root, pwd;		/* lock */
	/*
	 * What the host says about the system call it is putting through, owned by the running task:
	 * the number it knows a tracing file by, and the type and permissions that the last component of
	 * the path has outside (0: the guest's own tree decides alone).  See fs/outside.c.
	 */
	unsigned long host_cookie;
	umode_t host_mode;
	loff_t host_size;
};

extern struct fs_struct init_fs;
struct fs_struct *copy_fs_struct(struct fs_struct *old);
int copy_fs(unsigned long clone_flags, struct task_struct *tsk);
void exit_fs(struct task_struct *tsk);
void free_fs_struct(struct fs_struct *fs);
void set_fs_root(struct fs_struct *fs, const struct path *path);
void set_fs_pwd(struct fs_struct *fs, const struct path *path);
void get_fs_root(struct fs_struct *fs, struct path *root);
void get_fs_pwd(struct fs_struct *fs, struct path *pwd);
#endif
