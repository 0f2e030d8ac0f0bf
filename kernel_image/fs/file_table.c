// SPDX-License-Identifier: MIT
/* Open files: made, and released after the last fput, in the context of the task that dropped it. */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/cred.h>
#include <linux/security.h>
#include <linux/fsnotify.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/task_work.h>
#include <linux/workqueue.h>
#include <linux/sched.h>
#include "internal.h"

static struct kmem_cache *filp_cachep;
static DEFINE_SPINLOCK(delayed_fput_lock);
static LIST_HEAD(delayed_fput_list);		/* delayed_fput_lock */
static atomic_long_t nr_files;

static void file_free_rcu(struct callback_head *head)
{
	struct file *f = container_of(head, struct file, f_task_work);

	put_cred(f->f_cred);
	kmem_cache_free(filp_cachep, f);
}

static __always_inline notrace void file_free(struct file *f)
{
	security_file_free(f);
	atomic_long_dec(&nr_files);
	call_rcu(&f->f_task_work, file_free_rcu);
}

static noinline struct file *__alloc_file(int flags, const struct cred *cred)
{
	struct file *f = kmem_cache_zalloc(filp_cachep, GFP_KERNEL);
	int error;

	if (!f)
		return ERR_PTR(-ENOMEM);
	f->f_cred = get_cred(cred);
	error = security_file_alloc(f);
	if (error) {
		file_free_rcu(&f->f_task_work);
		return ERR_PTR(error);
	}
	atomic_long_set(&f->f_count, 1);
	spin_lock_init(&f->f_lock);
	mutex_init(&f->f_pos_lock);
	f->f_flags = flags;
	f->f_mode = OPEN_FMODE(flags);
	return f;
}

struct file *alloc_empty_file(int flags, const struct cred *cred)
{
	struct file *f = __alloc_file(flags, cred);

	if (!IS_ERR(f))
		atomic_long_inc(&nr_files);
	return f;
}

static struct file *alloc_file(const struct path *path, int flags, const struct file_operations *fop)
{
	struct file *file = alloc_empty_file(flags, current_cred());

	if (IS_ERR(file))
		return file;
	file->f_path = *path;
	file->f_inode = path->dentry->d_inode;
	file->f_mapping = path->dentry->d_inode->i_mapping;
	if ((file->f_mode & FMODE_READ) && (fop->read || fop->read_iter))
		file->f_mode |= FMODE_CAN_READ;
	if ((file->f_mode & FMODE_WRITE) && (fop->write || fop->write_iter))
		file->f_mode |= FMODE_CAN_WRITE;
	file->f_mode |= FMODE_OPENED;
	file->f_op = fop;
	return file;
}

struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name, int flags,
			       const struct file_operations *fops)
{
	struct qstr this = QSTR_INIT(name, strlen(name));
	struct path path;
	struct file *file;

	path.dentry = d_alloc_pseudo(mnt->mnt_sb, &this);
	if (!path.dentry)
		return ERR_PTR(-ENOMEM);
	path.mnt = mntget(mnt);
	d_instantiate(path.dentry, inode);
	file = alloc_file(&path, flags, fops);
	if (IS_ERR(file)) {
		ihold(inode);
		path_put(&path);
	}
	return file;
}

static void __fput(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct vfsmount *mnt = file->f_path.mnt;
	struct inode *inode = file->f_inode;
	fmode_t mode = file->f_mode;

	if (!(file->f_mode & FMODE_OPENED))
		goto out;
	might_sleep();
	fsnotify_close(file);
	locks_remove_file(file);
	ima_file_free(file);
	if (file->f_op->release)
		file->f_op->release(inode, file);
	fops_put(file->f_op);
	put_pid(file->f_owner);
	if (mode & FMODE_WRITER) {
		put_write_access(inode);
		__mnt_drop_write(mnt);
	} else if (mode & FMODE_READ) {
		atomic_dec(&inode->i_readcount);
	}
	dput(dentry);
	mntput(mnt);
out:
	file_free(file);
}

static void ____fput(struct callback_head *work)
{
	__fput(container_of(work, struct file, f_task_work));
}

static void delayed_fput(struct work_struct *unused)
{
	struct file *f;

	for (;;) {
		spin_lock_irq(&delayed_fput_lock);
		f = list_first_entry_or_null(&delayed_fput_list, struct file, f_delayed);
		if (f)
			list_del(&f->f_delayed);
		spin_unlock_irq(&delayed_fput_lock);
		if (!f)
			return;
		__fput(f);
	}
}
static DECLARE_DELAYED_WORK(delayed_fput_work, delayed_fput);

void fput(struct file *file)
{
	unsigned long flags;

	if (!atomic_long_dec_and_test(&file->f_count))
		return;
	if (!in_interrupt() && !(current->flags & PF_KTHREAD)) {
		file->f_task_work.func = ____fput;
		if (!task_work_add(current, &file->f_task_work, TWA_RESUME))
			return;
		/* the task is past exit_task_work(): leave it to a worker */
	}
	spin_lock_irqsave(&delayed_fput_lock, flags);
	list_add_tail(&file->f_delayed, &delayed_fput_list);
	spin_unlock_irqrestore(&delayed_fput_lock, flags);
	schedule_delayed_work(&delayed_fput_work, 1);
}
EXPORT_SYMBOL(fput);

void __init files_init(void)
{
	filp_cachep = kmem_cache_create("filp", sizeof(struct file), 0, 0, NULL);
}
