// SPDX-License-Identifier: MIT
/* dup(2) and its relatives, fcntl(2), and the passing of an open file to another task. */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/fdtable.h>
#include <linux/bitops.h>
#include <linux/rcupdate.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/export.h>
#include "internal.h"

/* files->file_lock is held, and released here. */
static noinline int do_dup2(struct files_struct *files, struct file *file, unsigned int fd, unsigned int flags)
{
	struct fdtable *fdt = files_fdtable(files);
	struct file *tofree = fdt->fd[fd];

	if (!tofree && test_bit(fd, fdt->open_fds)) {
		spin_unlock(&files->file_lock);
		return -EBUSY;		/* an open is about to install it */
	}
	get_file(file);
	rcu_assign_pointer(fdt->fd[fd], file);
	__set_bit(fd, fdt->open_fds);
	if (flags & O_CLOEXEC)
		__set_bit(fd, fdt->close_on_exec);
	else
		__clear_bit(fd, fdt->close_on_exec);
	spin_unlock(&files->file_lock);
	if (tofree)
		filp_close(tofree, files);
	return fd;
}

static noinline int ksys_dup3(unsigned int oldfd, unsigned int newfd, int flags)
{
	struct files_struct *files = current->files;
	struct fdtable *fdt;
	struct file *file;
	int err;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	if (oldfd == newfd)
		return -EINVAL;
	spin_lock(&files->file_lock);
	err = expand_files(files, newfd);
	fdt = files_fdtable(files);
	file = oldfd < fdt->max_fds ? fdt->fd[oldfd] : NULL;
	if (!file || err < 0) {
		spin_unlock(&files->file_lock);
		return file && err != -EMFILE ? err : -EBADF;
	}
	return do_dup2(files, file, newfd, flags);
}

SYSCALL_DEFINE3(dup3, unsigned int, oldfd, unsigned int, newfd, int, flags)
{
	return ksys_dup3(oldfd, newfd, flags);
}

SYSCALL_DEFINE2(dup2, unsigned int, oldfd, unsigned int, newfd)
{
	if (oldfd == newfd) {
		struct file *file = fget_raw(oldfd);

		if (!file)
			return -EBADF;
		fput(file);
		return oldfd;
	}
	return ksys_dup3(oldfd, newfd, 0);
}

SYSCALL_DEFINE1(dup, unsigned int, fildes)
{
	struct file *file = fget_raw(fildes);
	int ret;

	if (!file)
		return -EBADF;
	ret = get_unused_fd_flags(0);
	if (ret >= 0)
		fd_install(ret, file);
	else
		fput(file);
	return ret;
}

int f_dupfd(unsigned int from, struct file *file, unsigned int flags)
{
	int err;

	if (from >= NR_OPEN_MAX)
		return -EINVAL;
	err = alloc_fd(from, NR_OPEN_MAX, flags);
	if (err >= 0) {
		get_file(file);
		fd_install(err, file);
	}
	return err;
}

/* A file that came from elsewhere, into the running task's table. */
int receive_fd(struct file *file, unsigned int o_flags)
{
	int new_fd, error = security_file_receive(file);

	if (error)
		return error;
	new_fd = get_unused_fd_flags(o_flags);
	if (new_fd >= 0)
		fd_install(new_fd, get_file(file));
	return new_fd;
}
EXPORT_SYMBOL(receive_fd);

/* As Linux's, but the process is named by its pid: there are no pidfds here. */
SYSCALL_DEFINE3(pidfd_getfd, int, pid, int, fd, unsigned int, flags)
{
	struct task_struct *task;
	struct file *file = NULL;
	int ret;

	if (flags)
		return -EINVAL;
	rcu_read_lock();
	task = find_task_by_vpid(pid);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task)
		return -ESRCH;
	file = fget_task(task, fd);
	put_task_struct(task);
	if (!file)
		return -EBADF;
	ret = receive_fd(file, O_CLOEXEC);
	fput(file);
	return ret;
}

static int setfl(struct file *filp, unsigned long arg)
{
	const unsigned int mask = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;

	spin_lock(&filp->f_lock);
	filp->f_flags = (arg & mask) | (filp->f_flags & ~mask);
	spin_unlock(&filp->f_lock);
	return 0;
}

static long do_fcntl(int fd, unsigned int cmd, unsigned long arg, struct file *filp)
{
	switch (cmd) {
	case F_DUPFD:
		return f_dupfd(arg, filp, 0);
	case F_DUPFD_CLOEXEC:
		return f_dupfd(arg, filp, O_CLOEXEC);
	case F_GETFD:
		return get_close_on_exec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		set_close_on_exec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return filp->f_flags;
	case F_SETFL:
		return setfl(filp, arg);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE3(fcntl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f = fdget_raw(fd);
	long err = -EBADF;

	if (!f.file)
		return err;
	err = security_file_fcntl(f.file, cmd, arg);
	if (!err)
		err = do_fcntl(fd, cmd, arg, f.file);
	fdput(f);
	return err;
}
