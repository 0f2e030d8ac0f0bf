// SPDX-License-Identifier: MIT
/* Sleeping reader-writer locks, first come first served: a queue keeps late readers behind a waiting writer. */
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/kernel.h>
#include <linux/export.h>

#define RWSEM_WRITER	(-1L)
struct rwsem_waiter { struct list_head list; struct task_struct *task; bool write; };

void __init_rwsem(struct rw_semaphore *sem, const char *name, void *key)
{
	atomic_long_set(&sem->count, 0);
	atomic_long_set(&sem->owner, 0);
	raw_spin_lock_init(&sem->wait_lock);
	INIT_LIST_HEAD(&sem->wait_list);
}
EXPORT_SYMBOL(__init_rwsem);

static __always_inline bool rwsem_try(struct rw_semaphore *sem, bool write)
{
	long c = atomic_long_read(&sem->count);

	while (write ? c == 0 : c >= 0)
		if (atomic_long_try_cmpxchg(&sem->count, &c, write ? RWSEM_WRITER : c + 1)) {
			if (write)
				atomic_long_set(&sem->owner, (long)current);
			return true;
		}
	return false;
}

/* Wake the first in line, and if it reads the readers right behind it.  wait_lock is held. */
static noinline void rwsem_mark_wake(struct rw_semaphore *sem)
{
	struct rwsem_waiter *w;

	list_for_each_entry(w, &sem->wait_list, list) {
		if (w->write && !list_is_first(&w->list, &sem->wait_list))
			break;
		wake_up_process(w->task);
		if (w->write)
			break;
	}
}

static noinline int __sched rwsem_wait(struct rw_semaphore *sem, bool write, unsigned int state)
{
	struct rwsem_waiter waiter = { .task = current, .write = write };
	int ret = 0;

	raw_spin_lock_irq(&sem->wait_lock);
	list_add_tail(&waiter.list, &sem->wait_list);
	for (;;) {
		struct rwsem_waiter *w;
		bool turn = true;

		/* Its turn has come when no writer waits before it, and for a writer nobody at all. */
		list_for_each_entry(w, &sem->wait_list, list) {
			if (w == &waiter)
				break;
			if (write || w->write)
				turn = false;
		}
		if (turn && rwsem_try(sem, write))
			break;
		if (signal_pending_state(state, current)) {
			ret = -EINTR;
			break;
		}
		set_current_state(state);
		raw_spin_unlock_irq(&sem->wait_lock);
		schedule();
		raw_spin_lock_irq(&sem->wait_lock);
	}
	__set_current_state(TASK_RUNNING);
	list_del(&waiter.list);
	if (!list_empty(&sem->wait_list) && (ret || !write))
		rwsem_mark_wake(sem);
	raw_spin_unlock_irq(&sem->wait_lock);
	return ret;
}

static noinline int __sched rwsem_down_read_slowpath(struct rw_semaphore *sem, unsigned int state)
{
	return rwsem_wait(sem, false, state);
}

static noinline int __sched rwsem_down_write_slowpath(struct rw_semaphore *sem, unsigned int state)
{
	return rwsem_wait(sem, true, state);
}

static noinline void rwsem_wake(struct rw_semaphore *sem)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sem->wait_lock, flags);
	if (!list_empty(&sem->wait_list))
		rwsem_mark_wake(sem);
	raw_spin_unlock_irqrestore(&sem->wait_lock, flags);
}

#define MAY_TAKE(sem)	(list_empty(&(sem)->wait_list))
void __sched down_read(struct rw_semaphore *sem)
{
	might_sleep();
	if (!MAY_TAKE(sem) || !rwsem_try(sem, false))
		rwsem_down_read_slowpath(sem, TASK_UNINTERRUPTIBLE);
}
EXPORT_SYMBOL(down_read);

int __sched down_read_interruptible(struct rw_semaphore *sem)
{
	might_sleep();
	return MAY_TAKE(sem) && rwsem_try(sem, false) ? 0 : rwsem_down_read_slowpath(sem, TASK_INTERRUPTIBLE);
}

int __sched down_read_killable(struct rw_semaphore *sem)
{
	might_sleep();
	return MAY_TAKE(sem) && rwsem_try(sem, false) ? 0 : rwsem_down_read_slowpath(sem, TASK_KILLABLE);
}
EXPORT_SYMBOL(down_read_killable);

int down_read_trylock(struct rw_semaphore *sem) { return rwsem_try(sem, false); }
EXPORT_SYMBOL(down_read_trylock);

void __sched down_write(struct rw_semaphore *sem)
{
	might_sleep();
	if (!rwsem_try(sem, true))
		rwsem_down_write_slowpath(sem, TASK_UNINTERRUPTIBLE);
}
EXPORT_SYMBOL(down_write);

int __sched down_write_killable(struct rw_semaphore *sem)
{
	might_sleep();
	return rwsem_try(sem, true) ? 0 : rwsem_down_write_slowpath(sem, TASK_KILLABLE);
}
EXPORT_SYMBOL(down_write_killable);

int down_write_trylock(struct rw_semaphore *sem) { return rwsem_try(sem, true); }
EXPORT_SYMBOL(down_write_trylock);

void up_read(struct rw_semaphore *sem)
{
	if (!atomic_long_dec_return(&sem->count) && !list_empty(&sem->wait_list))
		rwsem_wake(sem);
}
EXPORT_SYMBOL(up_read);

void up_write(struct rw_semaphore *sem)
{
	atomic_long_set(&sem->owner, 0);
	atomic_long_set(&sem->count, 0);
	if (!list_empty(&sem->wait_list))
		rwsem_wake(sem);
}
EXPORT_SYMBOL(up_write);

void downgrade_write(struct rw_semaphore *sem)
{
	atomic_long_set(&sem->owner, 0);
	atomic_long_set(&sem->count, 1);
	if (!list_empty(&sem->wait_list))
		rwsem_wake(sem);
}
EXPORT_SYMBOL(downgrade_write);
