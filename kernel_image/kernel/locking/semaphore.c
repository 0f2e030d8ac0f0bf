// SPDX-License-Identifier: MIT
#include <linux/semaphore.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/kernel.h>
#include <linux/export.h>

struct semaphore_waiter { struct list_head list; struct task_struct *task; bool up; };

static noinline int __sched __down_common(struct semaphore *sem, long state, long timeout)
{
	struct semaphore_waiter waiter = { .task = current };

	list_add_tail(&waiter.list, &sem->wait_list);
	for (;;) {
		if (signal_pending_state(state, current) || timeout <= 0) {
			list_del(&waiter.list);
			return timeout <= 0 ? -ETIME : -EINTR;
		}
		__set_current_state(state);
		raw_spin_unlock_irq(&sem->lock);
		timeout = schedule_timeout(timeout);
		raw_spin_lock_irq(&sem->lock);
		if (waiter.up)
			return 0;
	}
}

static noinline int __sched __down(struct semaphore *sem, long state, long timeout)
{
	unsigned long flags;
	int ret = 0;

	might_sleep();
	raw_spin_lock_irqsave(&sem->lock, flags);
	if (sem->count)
		sem->count--;
	else
		ret = __down_common(sem, state, timeout);
	raw_spin_unlock_irqrestore(&sem->lock, flags);
	return ret;
}

void __sched down(struct semaphore *sem) { __down(sem, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT); }
int __sched down_interruptible(struct semaphore *sem) { return __down(sem, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT); }
int __sched down_killable(struct semaphore *sem) { return __down(sem, TASK_KILLABLE, MAX_SCHEDULE_TIMEOUT); }
int __sched down_timeout(struct semaphore *sem, long timeout) { return __down(sem, TASK_UNINTERRUPTIBLE, timeout); }

int down_trylock(struct semaphore *sem)
{
	unsigned long flags;
	int count;

	raw_spin_lock_irqsave(&sem->lock, flags);
	count = sem->count;
	if (count)
		sem->count--;
	raw_spin_unlock_irqrestore(&sem->lock, flags);
	return !count;
}

void up(struct semaphore *sem)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sem->lock, flags);
	if (list_empty(&sem->wait_list)) {
		sem->count++;
	} else {
		struct semaphore_waiter *w = list_first_entry(&sem->wait_list, struct semaphore_waiter, list);

		list_del(&w->list);
		w->up = true;
		wake_up_process(w->task);
	}
	raw_spin_unlock_irqrestore(&sem->lock, flags);
}
EXPORT_SYMBOL(down);
EXPORT_SYMBOL(down_interruptible);
EXPORT_SYMBOL(down_trylock);
EXPORT_SYMBOL(up);
