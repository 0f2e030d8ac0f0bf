// SPDX-License-Identifier: MIT
/* Work that a task does on its way back to user mode, or when it exits. */
#include <linux/task_work.h>
#include <linux/spinlock.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/entry-common.h>
#include <linux/atomic.h>

static struct callback_head work_exited;	/* nothing more is accepted */
static DEFINE_SPINLOCK(task_work_lock);

int task_work_add(struct task_struct *task, struct callback_head *work, enum task_work_notify_mode mode)
{
	struct callback_head *head = READ_ONCE(task->task_works);

	do {
		if (unlikely(head == &work_exited))
			return -ESRCH;
		work->next = head;
	} while (!try_cmpxchg(&task->task_works, &head, work));
	if (mode != TWA_NONE) {
		set_tsk_thread_flag(task, TIF_NOTIFY_RESUME);
		kick_process(task);	/* in user mode on another CPU: make it enter the kernel */
	}
	return 0;
}

void task_work_run(void)
{
	struct callback_head *work, *head, *next;

	for (;;) {
		work = READ_ONCE(current->task_works);
		do {
			head = !work && (current->flags & PF_EXITING) ? &work_exited : NULL;
			if (work == &work_exited || (!work && !head))
				return;
		} while (!try_cmpxchg(&current->task_works, &work, head));
		if (!work)
			return;
		/* somebody may still be cancelling: let it finish */
		spin_lock_irq(&task_work_lock);
		spin_unlock_irq(&task_work_lock);
		do {
			next = work->next;
			work->func(work);
			work = next;
			cond_resched();
		} while (work);
	}
}

void exit_task_work(struct task_struct *task)
{
	task_work_run();
}
