/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_FDTABLE_H
#define _LINUX_FDTABLE_H
#include <linux/file.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#define NR_OPEN_DEFAULT	64
#define NR_OPEN_MAX	4096

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *close_on_exec, *open_fds;	/* bitmaps */
	struct callback_head rcu;
};

struct files_struct {
	atomic_t count;
	struct fdtable *fdt;		/* file_lock to change, RCU to read */
	struct fdtable fdtab;
	spinlock_t file_lock;
	unsigned int next_fd;
	unsigned long close_on_exec_init[NR_OPEN_DEFAULT / (8 * sizeof(long))];
	unsigned long open_fds_init[NR_OPEN_DEFAULT / (8 * sizeof(long))];
	struct file *fd_array[NR_OPEN_DEFAULT];
};

#define files_fdtable(files)	((files)->fdt)
extern struct files_struct init_files;
struct files_struct *dup_fd(struct files_struct *old, unsigned int max_fds, int *error);
int copy_files(unsigned long clone_flags, struct task_struct *tsk);
void exit_files(struct task_struct *tsk);
void put_files_struct(struct files_struct *files);
int unshare_files(void);
void do_close_on_exec(struct files_struct *files);
int close_fd(unsigned int fd);
int __close_range(unsigned int fd, unsigned int max_fd, unsigned int flags);
struct file *close_fd_get_file(unsigned int fd);
void files_init(void);
#endif
