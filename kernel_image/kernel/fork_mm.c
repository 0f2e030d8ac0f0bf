/* SPDX-License-Identifier: MIT */
#include <linux/completion.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "fork.h"

static struct kmem_cache *mm_cachep;

struct mm_struct init_mm = {
	.mm_rb = { NULL },
	.mm_users = ATOMIC_INIT(2),
	.mm_count = ATOMIC_INIT(1),
	.mmap_lock = __RWSEM_INITIALIZER(init_mm.mmap_lock),
	.mmlist = LIST_HEAD_INIT(init_mm.mmlist),
};

static noinline_for_trace unsigned long pgd_alloc(struct mm_struct *mm)
{
	return __get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, 0);
}

static noinline_for_trace void pgd_free(struct mm_struct *mm, unsigned long pgd)
{
	free_pages(pgd, 0);
}

static noinline_for_trace struct mm_struct *mm_init(struct mm_struct *mm, struct task_struct *p)
{
	mm->mm_rb = RB_ROOT;
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	init_rwsem(&mm->mmap_lock);
	INIT_LIST_HEAD(&mm->mmlist);
	spin_lock_init(&mm->page_table_lock);
	mm->map_count = 0;
	mm->total_vm = mm->data_vm = mm->exec_vm = mm->stack_vm = 0;
	mm->exe_file = NULL;
	mm->pgd = pgd_alloc(mm);
	if (!mm->pgd) {
		kmem_cache_free(mm_cachep, mm);
		return NULL;
	}
	return mm;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL);

	if (!mm)
		return NULL;
	memset(mm, 0, sizeof(*mm));
	arch_pick_mmap_layout(mm, NULL);
	return mm_init(mm, current);
}

void __mmdrop(struct mm_struct *mm)
{
	pgd_free(mm, mm->pgd);
	kmem_cache_free(mm_cachep, mm);
}

noinline_for_trace void __mmput(struct mm_struct *mm)
{
	exit_mmap(mm);
	set_mm_exe_file(mm, NULL);
	mmdrop(mm);
}

void mmput(struct mm_struct *mm)
{
	might_sleep();
	if (atomic_dec_and_test(&mm->mm_users))
		__mmput(mm);
}
EXPORT_SYMBOL(mmput);

void set_mm_exe_file(struct mm_struct *mm, struct file *new_exe_file)
{
	struct file *old = mm->exe_file;

	if (new_exe_file)
		get_file(new_exe_file);
	rcu_assign_pointer(mm->exe_file, new_exe_file);
	if (old)
		fput(old);
}

struct file *get_mm_exe_file(struct mm_struct *mm)
{
	struct file *file = mm->exe_file;

	if (file)
		get_file(file);
	return file;
}

struct mm_struct *get_task_mm(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;

	if (!mm || task->flags & PF_KTHREAD)
		return NULL;
	mmget(mm);
	return mm;
}
EXPORT_SYMBOL(get_task_mm);

static noinline_for_trace int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm)
{
	int retval = 0;

	mmap_write_lock(oldmm);
	set_mm_exe_file(mm, oldmm->exe_file);
	for (struct rb_node *n = rb_first(&oldmm->mm_rb); n; n = rb_next(n)) {
		struct vm_area_struct *tmp = vm_area_dup(rb_entry(n, struct vm_area_struct, vm_rb));

		if (!tmp) {
			retval = -ENOMEM;
			break;
		}
		tmp->vm_mm = mm;
		if (tmp->vm_file)
			get_file(tmp->vm_file);
		insert_vm_struct(mm, tmp);
		if (tmp->vm_ops && tmp->vm_ops->open)
			tmp->vm_ops->open(tmp);
	}
	mmap_write_unlock(oldmm);
	return retval;
}

static noinline_for_trace struct mm_struct *dup_mm(struct task_struct *tsk, struct mm_struct *oldmm)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL);

	if (!mm)
		return NULL;
	memcpy(mm, oldmm, sizeof(*mm));
	if (!mm_init(mm, tsk))
		return NULL;
	if (dup_mmap(mm, oldmm)) {
		mmput(mm);
		return NULL;
	}
	mm->hiwater_vm = mm->total_vm;
	return mm;
}

int copy_mm(unsigned long clone_flags, struct task_struct *tsk)
{
	struct mm_struct *mm, *oldmm = current->mm;

	tsk->mm = NULL;
	tsk->active_mm = NULL;
	if (!oldmm)
		return 0;
	if (clone_flags & CLONE_VM) {
		mmget(oldmm);
		mm = oldmm;
	} else {
		mm = dup_mm(tsk, oldmm);
		if (!mm)
			return -ENOMEM;
	}
	tsk->mm = tsk->active_mm = mm;
	return 0;
}

/* What others wait for until this task has left its address space: a thread's joiner, a vfork's parent. */
static noinline_for_trace void mm_release(struct task_struct *tsk, struct mm_struct *mm)
{
	struct completion *vfork = tsk->signal->vfork_done;

	if (tsk->clear_child_tid) {
		if (mm && atomic_read(&mm->mm_users) > 1)
			put_user(0, tsk->clear_child_tid);
		tsk->clear_child_tid = NULL;
	}
	if (vfork) {
		tsk->signal->vfork_done = NULL;
		complete(vfork);
	}
}

void exit_mm_release(struct task_struct *tsk, struct mm_struct *mm)
{
	mm_release(tsk, mm);
}

void exec_mm_release(struct task_struct *tsk, struct mm_struct *mm)
{
	mm_release(tsk, mm);
}

__init void mm_cache_init(void)
{
	mm_cachep = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 64, SLAB_PANIC | SLAB_ACCOUNT, NULL);
	spin_lock_init(&init_mm.page_table_lock);
}
