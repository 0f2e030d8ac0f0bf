// SPDX-License-Identifier: MIT
/* Descriptor tables. */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/fdtable.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/bitops.h>
#include <linux/find.h>
#include <linux/rcupdate.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/export.h>
#include "internal.h"

#define BITMAP_BYTES(n)	((n) / 8)

struct files_struct init_files = {
	.count = ATOMIC_INIT(1),
	.fdt = &init_files.fdtab,
	.fdtab = {
		.max_fds = NR_OPEN_DEFAULT,
		.fd = init_files.fd_array,
		.close_on_exec = init_files.close_on_exec_init,
		.open_fds = init_files.open_fds_init,
	},
};

static void __free_fdtable(struct fdtable *fdt)
{
	kvfree(fdt->fd);
	kvfree(fdt->open_fds);
	kfree(fdt);
}

static void free_fdtable_rcu(struct callback_head *rcu)
{
	__free_fdtable(container_of(rcu, struct fdtable, rcu));
}

static struct fdtable *alloc_fdtable(unsigned int nr)
{
	struct fdtable *fdt = kzalloc(sizeof(*fdt), GFP_KERNEL);
	unsigned int size = NR_OPEN_DEFAULT;
	char *bits;

	if (!fdt)
		return NULL;
	while (size <= nr)
		size *= 2;
	fdt->max_fds = size;
	fdt->fd = kvzalloc(size * sizeof(struct file *), GFP_KERNEL);
	bits = kvzalloc(2 * BITMAP_BYTES(size), GFP_KERNEL);
	if (!fdt->fd || !bits) {
		kvfree(fdt->fd);
		kvfree(bits);
		kfree(fdt);
		return NULL;
	}
	fdt->open_fds = (unsigned long *)bits;
	fdt->close_on_exec = (unsigned long *)(bits + BITMAP_BYTES(size));
	return fdt;
}

static void copy_fdtable(struct fdtable *new, const struct fdtable *old)
{
	memcpy(new->fd, old->fd, old->max_fds * sizeof(struct file *));
	memcpy(new->open_fds, old->open_fds, BITMAP_BYTES(old->max_fds));
	memcpy(new->close_on_exec, old->close_on_exec, BITMAP_BYTES(old->max_fds));
}

/* Drops and retakes file_lock. */
static int expand_fdtable(struct files_struct *files, unsigned int nr)
{
	struct fdtable *new, *cur;

	spin_unlock(&files->file_lock);
	new = alloc_fdtable(nr);
	spin_lock(&files->file_lock);
	if (!new)
		return -ENOMEM;
	cur = files_fdtable(files);
	if (cur->max_fds >= new->max_fds) {
		__free_fdtable(new);
		return 1;
	}
	copy_fdtable(new, cur);
	rcu_assign_pointer(files->fdt, new);
	if (cur != &files->fdtab)
		call_rcu(&cur->rcu, free_fdtable_rcu);
	return 1;
}

noinline int expand_files(struct files_struct *files, unsigned int nr)
{
	if (nr < files_fdtable(files)->max_fds)
		return 0;
	if (nr >= NR_OPEN_MAX)
		return -EMFILE;
	return expand_fdtable(files, nr);
}

struct files_struct *dup_fd(struct files_struct *oldf, unsigned int max_fds, int *errorp)
{
	struct files_struct *newf = kzalloc(sizeof(*newf), GFP_KERNEL);
	struct fdtable *old, *new;
	unsigned int i;

	*errorp = -ENOMEM;
	if (!newf)
		return NULL;
	atomic_set(&newf->count, 1);
	spin_lock_init(&newf->file_lock);
	new = &newf->fdtab;
	new->max_fds = NR_OPEN_DEFAULT;
	new->close_on_exec = newf->close_on_exec_init;
	new->open_fds = newf->open_fds_init;
	new->fd = newf->fd_array;
	spin_lock(&oldf->file_lock);
	old = files_fdtable(oldf);
	while (old->max_fds > new->max_fds) {
		unsigned int want = old->max_fds - 1;

		spin_unlock(&oldf->file_lock);
		if (new != &newf->fdtab)
			__free_fdtable(new);
		new = alloc_fdtable(want);
		if (!new) {
			kfree(newf);
			return NULL;
		}
		spin_lock(&oldf->file_lock);
		old = files_fdtable(oldf);
	}
	copy_fdtable(new, old);
	for (i = 0; i < old->max_fds; i++) {
		if (new->fd[i])
			get_file(new->fd[i]);
		else
			__clear_bit(i, new->open_fds);	/* handed out, not yet installed */
	}
	spin_unlock(&oldf->file_lock);
	newf->fdt = new;
	*errorp = 0;
	return newf;
}

static void close_files(struct files_struct *files)
{
	struct fdtable *fdt = files->fdt;
	unsigned int i;

	for (i = 0; i < fdt->max_fds; i++) {
		struct file *file = fdt->fd[i];

		if (!file)
			continue;
		fdt->fd[i] = NULL;
		filp_close(file, files);
		cond_resched();
	}
	if (fdt != &files->fdtab)
		__free_fdtable(fdt);
}

void put_files_struct(struct files_struct *files)
{
	if (!atomic_dec_and_test(&files->count))
		return;
	close_files(files);
	if (files != &init_files)
		kfree(files);
}

void exit_files(struct task_struct *tsk)
{
	struct files_struct *files = tsk->files;

	if (!files)
		return;
	tsk->files = NULL;
	put_files_struct(files);
}

int copy_files(unsigned long clone_flags, struct task_struct *tsk)
{
	struct files_struct *oldf = current->files, *newf;
	int error = 0;

	if (!oldf)
		return 0;
	if (clone_flags & CLONE_FILES) {
		atomic_inc(&oldf->count);
		return 0;
	}
	newf = dup_fd(oldf, NR_OPEN_MAX, &error);
	if (newf)
		tsk->files = newf;
	return error;
}

int unshare_files(void)
{
	struct files_struct *copy;
	int error;

	if (atomic_read(&current->files->count) == 1)
		return 0;
	copy = dup_fd(current->files, NR_OPEN_MAX, &error);
	if (!copy)
		return error;
	put_files_struct(current->files);
	current->files = copy;
	return 0;
}

int alloc_fd(unsigned int start, unsigned int end, unsigned int flags)
{
	struct files_struct *files = current->files;
	struct fdtable *fdt;
	unsigned int fd;
	int error;

	spin_lock(&files->file_lock);
repeat:
	fdt = files_fdtable(files);
	fd = start < files->next_fd ? files->next_fd : start;
	if (fd < fdt->max_fds)
		fd = find_next_zero_bit(fdt->open_fds, fdt->max_fds, fd);
	error = -EMFILE;
	if (fd >= end)
		goto out;
	error = expand_files(files, fd);
	if (error < 0)
		goto out;
	if (error)
		goto repeat;
	if (start <= files->next_fd)
		files->next_fd = fd + 1;
	__set_bit(fd, fdt->open_fds);
	if (flags & O_CLOEXEC)
		__set_bit(fd, fdt->close_on_exec);
	else
		__clear_bit(fd, fdt->close_on_exec);
	error = fd;
out:
	spin_unlock(&files->file_lock);
	return error;
}

int get_unused_fd_flags(unsigned int flags)
{
	return alloc_fd(0, NR_OPEN_MAX, flags);
}
EXPORT_SYMBOL(get_unused_fd_flags);

static void __put_unused_fd(struct files_struct *files, unsigned int fd)
{
	__clear_bit(fd, files_fdtable(files)->open_fds);
	if (fd < files->next_fd)
		files->next_fd = fd;
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	__put_unused_fd(files, fd);
	spin_unlock(&files->file_lock);
}
EXPORT_SYMBOL(put_unused_fd);

void fd_install(unsigned int fd, struct file *file)
{
	struct files_struct *files = current->files;

	rcu_read_lock();
	rcu_assign_pointer(rcu_dereference(files->fdt)->fd[fd], file);
	rcu_read_unlock();
}
EXPORT_SYMBOL(fd_install);

static struct file *pick_file(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = files_fdtable(files);
	struct file *file;

	if (fd >= fdt->max_fds)
		return NULL;
	file = fdt->fd[fd];
	if (file) {
		rcu_assign_pointer(fdt->fd[fd], NULL);
		__put_unused_fd(files, fd);
	}
	return file;
}

struct file *close_fd_get_file(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file;

	spin_lock(&files->file_lock);
	file = pick_file(files, fd);
	spin_unlock(&files->file_lock);
	return file;
}

int close_fd(unsigned int fd)
{
	struct file *file = close_fd_get_file(fd);

	return file ? filp_close(file, current->files) : -EBADF;
}

int __close_range(unsigned int fd, unsigned int max_fd, unsigned int flags)
{
	unsigned int limit = files_fdtable(current->files)->max_fds;

	if (fd > max_fd || flags)
		return -EINVAL;
	for (; fd <= max_fd && fd < limit; fd++) {
		close_fd(fd);
		cond_resched();
	}
	return 0;
}

void do_close_on_exec(struct files_struct *files)
{
	unsigned int fd;

	spin_lock(&files->file_lock);
	for (fd = 0; fd < files_fdtable(files)->max_fds; fd++) {
		struct file *file;

		if (!test_bit(fd, files_fdtable(files)->close_on_exec))
			continue;
		__clear_bit(fd, files_fdtable(files)->close_on_exec);
		file = pick_file(files, fd);
		if (!file)
			continue;
		spin_unlock(&files->file_lock);
		filp_close(file, files);
		cond_resched();
		spin_lock(&files->file_lock);
	}
	spin_unlock(&files->file_lock);
}

static __always_inline notrace struct file *__fget_files_rcu(struct files_struct *files, unsigned int fd, fmode_t mask)
{
	struct fdtable *fdt = rcu_dereference(files->fdt);
	struct file *file = fd < fdt->max_fds ? rcu_dereference(fdt->fd[fd]) : NULL;

	if (!file || (file->f_mode & mask) || !get_file_rcu(file))
		return NULL;
	return file;
}

static noinline struct file *__fget_files(struct files_struct *files, unsigned int fd, fmode_t mask)
{
	struct file *file;

	rcu_read_lock();
	file = __fget_files_rcu(files, fd, mask);
	rcu_read_unlock();
	return file;
}

struct file *fget(unsigned int fd)
{
	return __fget_files(current->files, fd, FMODE_PATH);
}
EXPORT_SYMBOL(fget);

struct file *fget_raw(unsigned int fd)
{
	return __fget_files(current->files, fd, 0);
}

struct file *fget_task(struct task_struct *task, unsigned int fd)
{
	struct file *file = NULL;

	if (task->files)
		file = __fget_files(task->files, fd, 0);
	return file;
}

/* A table with one user cannot change under this task: then no reference is taken. */
static unsigned long __fget_light(unsigned int fd, fmode_t mask)
{
	struct files_struct *files = current->files;
	struct file *file;

	if (atomic_read(&files->count) == 1) {
		struct fdtable *fdt = files_fdtable(files);

		file = fd < fdt->max_fds ? fdt->fd[fd] : NULL;
		return !file || (file->f_mode & mask) ? 0 : (unsigned long)file;
	}
	file = __fget_files(files, fd, mask);
	return file ? FDPUT_FPUT | (unsigned long)file : 0;
}

unsigned long __fdget(unsigned int fd)
{
	return __fget_light(fd, FMODE_PATH);
}
EXPORT_SYMBOL(__fdget);

unsigned long __fdget_raw(unsigned int fd)
{
	return __fget_light(fd, 0);
}

unsigned long __fdget_pos(unsigned int fd)
{
	unsigned long v = __fget_light(fd, FMODE_PATH);
	struct file *file = (struct file *)(v & ~3);

	if (file && (file->f_mode & FMODE_ATOMIC_POS) && atomic_long_read(&file->f_count) > 1) {
		v |= FDPUT_POS_UNLOCK;
		mutex_lock(&file->f_pos_lock);
	}
	return v;
}

void __f_unlock_pos(struct file *f)
{
	mutex_unlock(&f->f_pos_lock);
}

void set_close_on_exec(unsigned int fd, int flag)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	if (flag)
		__set_bit(fd, files_fdtable(files)->close_on_exec);
	else
		__clear_bit(fd, files_fdtable(files)->close_on_exec);
	spin_unlock(&files->file_lock);
}

bool get_close_on_exec(unsigned int fd)
{
	bool res;

	rcu_read_lock();
	res = test_bit(fd, rcu_dereference(current->files->fdt)->close_on_exec);
	rcu_read_unlock();
	return res;
}
