// SPDX-License-Identifier: MIT
/*
 * execve(2).  The program itself runs outside: what happens here is everything around it, from opening the file to
 * the new address space, descriptors, signals, credentials and name.
 */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <trace/events/sched.h>
#include <trace/events/task.h>
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include "internal.h"

static LIST_HEAD(formats);
static DEFINE_RWLOCK(binfmt_lock);

void __register_binfmt(struct linux_binfmt *fmt, int insert)
{
	write_lock(&binfmt_lock);
	if (insert)
		list_add(&fmt->lh, &formats);
	else
		list_add_tail(&fmt->lh, &formats);
	write_unlock(&binfmt_lock);
}
EXPORT_SYMBOL(__register_binfmt);

/* A program that the guest has never seen exists outside all the same: the host would not have named it. */
static noinline struct file *do_open_execat(int fd, struct filename *name)
{
	struct open_flags open_exec_flags = {
		.open_flag = O_LARGEFILE | O_RDONLY,
		.acc_mode = MAY_EXEC,
		.intent = LOOKUP_OPEN,
		.lookup_flags = LOOKUP_FOLLOW,
	};
	struct file *file;
	int err;

	if (!(current->fs->host_mode & S_IFMT))
		current->fs->host_mode = S_IFREG | 0755;
	file = do_filp_open(fd, name, &open_exec_flags);
	if (IS_ERR(file))
		return file;
	err = -EACCES;
	if (!S_ISREG(file_inode(file)->i_mode) || (file->f_path.mnt->mnt_flags & MNT_NOEXEC))
		goto exit;
	err = deny_write_access(file);
	if (err)
		goto exit;
	fsnotify_open(file);
	return file;
exit:
	fput(file);
	return ERR_PTR(err);
}

static void free_bprm(struct linux_binprm *bprm)
{
	if (bprm->mm)
		mmput(bprm->mm);
	kfree(bprm->page);
	if (bprm->cred)
		abort_creds(bprm->cred);
	if (bprm->file) {
		allow_write_access(bprm->file);
		fput(bprm->file);
	}
	kfree(bprm);
}

static int bprm_mm_init(struct linux_binprm *bprm)
{
	bprm->mm = mm_alloc();
	if (!bprm->mm)
		return -ENOMEM;
	bprm->page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	return bprm->page ? 0 : -ENOMEM;
}

static noinline struct linux_binprm *alloc_bprm(int fd, struct filename *filename)
{
	struct linux_binprm *bprm = kzalloc(sizeof(*bprm), GFP_KERNEL);
	int retval;

	if (!bprm)
		return ERR_PTR(-ENOMEM);
	bprm->filename = filename->name;
	bprm->interp = bprm->filename;
	retval = bprm_mm_init(bprm);
	if (retval) {
		free_bprm(bprm);
		return ERR_PTR(retval);
	}
	return bprm;
}

static noinline int count(const char __user *const __user *argv, int max)
{
	const char __user *p;
	int i;

	for (i = 0; argv && i < max; i++) {
		if (get_user(p, argv + i))
			return -EFAULT;
		if (!p)
			return i;
	}
	return argv ? -E2BIG : 0;
}

/* Strings fill the page from its end, as on a new stack. */
static noinline int copy_string_kernel(const char *arg, struct linux_binprm *bprm)
{
	size_t len = strlen(arg) + 1;

	if (bprm->p < len)
		return -E2BIG;
	bprm->p -= len;
	memcpy(bprm->page + bprm->p, arg, len);
	return 0;
}

static noinline int copy_strings(int argc, const char __user *const __user *argv, struct linux_binprm *bprm)
{
	const char __user *str;
	long len;

	while (argc-- > 0) {
		if (get_user(str, argv + argc))
			return -EFAULT;
		len = strnlen_user(str, PAGE_SIZE);
		if (!len)
			return -EFAULT;
		if (bprm->p < (unsigned long)len)
			return -E2BIG;
		bprm->p -= len;
		if (copy_from_user(bprm->page + bprm->p, str, len))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

/* --- the point of no return, called by the format --- */

static noinline int exec_mmap(struct mm_struct *mm)
{
	struct task_struct *tsk = current;
	struct mm_struct *old_mm = tsk->mm;

	exec_mm_release(tsk, old_mm);
	local_irq_disable();
	tsk->mm = mm;
	tsk->active_mm = mm;
	local_irq_enable();
	if (old_mm)
		mmput(old_mm);
	return 0;
}

/* Every task is its group's only thread here, so there is nobody to wait for. */
static noinline int de_thread(struct task_struct *tsk)
{
	tsk->exit_signal = SIGCHLD;
	return thread_group_empty(tsk) ? 0 : -EAGAIN;
}

void __set_task_comm(struct task_struct *tsk, const char *buf, bool exec)
{
	trace_task_rename(tsk, buf);
	strscpy_pad(tsk->comm, buf, sizeof(tsk->comm));
}

void set_task_comm(struct task_struct *p, const char *from)
{
	__set_task_comm(p, from, false);
}

static noinline int bprm_creds_from_file(struct linux_binprm *bprm)
{
	struct inode *inode = file_inode(bprm->file);

	if ((inode->i_mode & S_ISUID) && !(bprm->file->f_path.mnt->mnt_flags & MNT_NOSUID)) {
		bprm->cred->euid = inode->i_uid;
		bprm->cred->suid = bprm->cred->fsuid = bprm->cred->euid;
		bprm->secureexec = 1;
	}
	return security_bprm_creds_from_file(bprm, bprm->file);
}

int begin_new_exec(struct linux_binprm *bprm)
{
	struct task_struct *me = current;
	int retval = bprm_creds_from_file(bprm);

	if (retval)
		return retval;
	bprm->point_of_no_return = 1;
	retval = de_thread(me);
	if (retval)
		return retval;
	retval = unshare_files();
	if (retval)
		return retval;
	set_mm_exe_file(bprm->mm, bprm->file);
	retval = exec_mmap(bprm->mm);
	if (retval)
		return retval;
	bprm->mm = NULL;
	me->flags &= ~(PF_FORKNOEXEC | PF_KTHREAD);
	flush_thread();
	do_close_on_exec(me->files);
	__set_task_comm(me, kbasename(bprm->filename), true);
	flush_signal_handlers(me, 0);
	security_bprm_committing_creds(bprm);
	commit_creds(bprm->cred);
	bprm->cred = NULL;
	security_bprm_committed_creds(bprm);
	return 0;
}
EXPORT_SYMBOL(begin_new_exec);

void setup_new_exec(struct linux_binprm *bprm)
{
	current->mm->task_size = current->mm->mmap_base;
}
EXPORT_SYMBOL(setup_new_exec);

void finalize_exec(struct linux_binprm *bprm)
{
	current->mm->arg_start = bprm->p;
	current->mm->arg_end = PAGE_SIZE;
}
EXPORT_SYMBOL(finalize_exec);

/* --- looking for a format --- */

static noinline int search_binary_handler(struct linux_binprm *bprm)
{
	struct linux_binfmt *fmt;
	loff_t pos = 0;
	int retval;

	memset(bprm->buf, 0, BINPRM_BUF_SIZE);
	kernel_read(bprm->file, bprm->buf, BINPRM_BUF_SIZE, &pos);
	retval = security_bprm_check(bprm);
	if (retval)
		return retval;
	retval = -ENOENT;
	read_lock(&binfmt_lock);
	list_for_each_entry(fmt, &formats, lh) {
		if (!try_module_get(fmt->module))
			continue;
		read_unlock(&binfmt_lock);
		retval = fmt->load_binary(bprm);
		read_lock(&binfmt_lock);
		module_put(fmt->module);
		if (bprm->point_of_no_return || retval != -ENOEXEC)
			break;
	}
	read_unlock(&binfmt_lock);
	return retval;
}

static noinline int exec_binprm(struct linux_binprm *bprm)
{
	pid_t old_pid = current->pid;
	int ret = search_binary_handler(bprm);

	if (ret >= 0)
		trace_sched_process_exec(current, old_pid, bprm);
	return ret;
}

static noinline int bprm_execve(struct linux_binprm *bprm, int fd, struct filename *filename)
{
	struct file *file;
	int retval;

	bprm->cred = prepare_exec_creds();
	if (!bprm->cred)
		return -ENOMEM;
	file = do_open_execat(fd, filename);
	if (IS_ERR(file))
		return PTR_ERR(file);
	sched_exec();
	bprm->file = file;
	retval = security_bprm_creds_for_exec(bprm);
	if (!retval)
		retval = exec_binprm(bprm);
	if (retval < 0 && bprm->point_of_no_return && !fatal_signal_pending(current))
		force_sig(SIGSEGV);
	return retval < 0 ? retval : 0;
}

static noinline int do_execveat_common(int fd, struct filename *filename, const char __user *const __user *argv,
				       const char __user *const __user *envp, int flags)
{
	struct linux_binprm *bprm;
	int retval;

	if (IS_ERR(filename))
		return PTR_ERR(filename);
	bprm = alloc_bprm(fd, filename);
	if (IS_ERR(bprm)) {
		retval = PTR_ERR(bprm);
		goto out;
	}
	bprm->p = PAGE_SIZE;
	retval = bprm->argc = count(argv, MAX_ARG_STRINGS);
	if (retval >= 0)
		retval = bprm->envc = count(envp, MAX_ARG_STRINGS);
	if (retval >= 0)
		retval = copy_string_kernel(bprm->filename, bprm);
	if (!retval)
		retval = copy_strings(bprm->envc, envp, bprm);
	if (!retval)
		retval = copy_strings(bprm->argc, argv, bprm);
	if (!retval)
		retval = bprm_execve(bprm, fd, filename);
	free_bprm(bprm);
out:
	putname(filename);
	return retval;
}

/* For the kernel itself: the strings are its own. */
int kernel_execve(const char *kernel_filename, const char *const *argv, const char *const *envp)
{
	struct filename *filename = getname_kernel(kernel_filename);
	struct linux_binprm *bprm;
	int retval = 0, i;

	if (IS_ERR(filename))
		return PTR_ERR(filename);
	bprm = alloc_bprm(AT_FDCWD, filename);
	if (IS_ERR(bprm)) {
		putname(filename);
		return PTR_ERR(bprm);
	}
	bprm->p = PAGE_SIZE;
	for (i = 0; argv && argv[i] && !retval; i++, bprm->argc++)
		retval = copy_string_kernel(argv[i], bprm);
	if (!retval)
		retval = bprm_execve(bprm, AT_FDCWD, filename);
	free_bprm(bprm);
	putname(filename);
	return retval;
}

HOST_SYSCALL_DEFINE(3, execve, const char __user *, filename, const char __user *const __user *, argv,
		const char __user *const __user *, envp)
{
	return do_execveat_common(AT_FDCWD, getname(filename), argv, envp, 0);
}

HOST_SYSCALL_DEFINE(5, execveat, int, fd, const char __user *, filename, const char __user *const __user *, argv,
		const char __user *const __user *, envp, int, flags)
{
	return do_execveat_common(fd, getname_flags(filename, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0, NULL), argv,
				  envp, flags);
}
