/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_FILE_H
#define _LINUX_FILE_H
#include <linux/types.h>
#include <linux/fcntl.h>

struct cred; struct file; struct path; struct inode; struct vfsmount; struct file_operations; struct task_struct;

struct fd {
	struct file *file;
	unsigned int flags;
};
#define FDPUT_FPUT	1
#define FDPUT_POS_UNLOCK 2

void fput(struct file *file);
struct file *fget(unsigned int fd);
struct file *fget_raw(unsigned int fd);
struct file *fget_task(struct task_struct *task, unsigned int fd);
unsigned long __fdget(unsigned int fd);
unsigned long __fdget_raw(unsigned int fd);
unsigned long __fdget_pos(unsigned int fd);
void __f_unlock_pos(struct file *file);
int get_unused_fd_flags(unsigned int flags);
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *file);
int receive_fd(struct file *file, unsigned int o_flags);
int f_dupfd(unsigned int from, struct file *file, unsigned int flags);
bool get_close_on_exec(unsigned int fd);
void set_close_on_exec(unsigned int fd, int flag);
struct file *alloc_empty_file(int flags, const struct cred *cred);
struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name, int flags,
			       const struct file_operations *fops);

static __always_inline notrace struct fd __to_fd(unsigned long v)
{
	return (struct fd){ (struct file *)(v & ~3), v & 3 };
}
static __always_inline notrace struct fd fdget(unsigned int fd) { return __to_fd(__fdget(fd)); }
static __always_inline notrace struct fd fdget_raw(unsigned int fd) { return __to_fd(__fdget_raw(fd)); }
static __always_inline notrace struct fd fdget_pos(unsigned int fd) { return __to_fd(__fdget_pos(fd)); }
static __always_inline notrace void fdput(struct fd fd) { if (fd.flags & FDPUT_FPUT) fput(fd.file); }
static __always_inline notrace void fdput_pos(struct fd f)
{
	if (f.flags & FDPUT_POS_UNLOCK)
		__f_unlock_pos(f.file);
	fdput(f);
}
#endif
