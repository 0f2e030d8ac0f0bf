// SPDX-License-Identifier: MIT
/*
 * Mutexes: the owner's task_struct in one word, so that the fast paths are one exchange; waiters queue under
 * wait_lock and the first of them is woken at unlock.
 */
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/kernel.h>
#include <linux/export.h>

#define MUTEX_FLAG_WAITERS	1UL
#define MUTEX_FLAGS		7UL

struct mutex_waiter { struct list_head list; struct task_struct *task; };

void __mutex_init(struct mutex *lock, const char *name, void *key)
{
	atomic_long_set(&lock->owner, 0);
	raw_spin_lock_init(&lock->wait_lock);
	INIT_LIST_HEAD(&lock->wait_list);
}
EXPORT_SYMBOL(__mutex_init);

bool mutex_is_locked(struct mutex *lock)
{
	return (atomic_long_read(&lock->owner) & ~MUTEX_FLAGS) != 0;
}
EXPORT_SYMBOL(mutex_is_locked);

static __always_inline bool __mutex_trylock_fast(struct mutex *lock)
{
	return atomic_long_cmpxchg(&lock->owner, 0, (long)current) == 0;
}

static __always_inline bool __mutex_unlock_fast(struct mutex *lock)
{
	return atomic_long_cmpxchg(&lock->owner, (long)current, 0) == (long)current;
}

/* Take it if nobody has it, whatever flags are set. */
static __always_inline bool __mutex_trylock(struct mutex *lock)
{
	long owner = atomic_long_read(&lock->owner);

	while (!(owner & ~MUTEX_FLAGS))
		if (atomic_long_try_cmpxchg(&lock->owner, &owner, owner | (long)current))
			return true;
	return false;
}

static noinline int __sched __mutex_lock(struct mutex *lock, unsigned int state)
{
	struct mutex_waiter waiter = { .task = current };
	int ret = 0;

	preempt_disable();
	if (__mutex_trylock(lock)) {
		preempt_enable();
		return 0;
	}
	raw_spin_lock(&lock->wait_lock);
	list_add_tail(&waiter.list, &lock->wait_list);
	atomic_long_or(MUTEX_FLAG_WAITERS, &lock->owner);
	set_current_state(state);
	while (!__mutex_trylock(lock)) {
		if (signal_pending_state(state, current)) {
			ret = -EINTR;
			break;
		}
		raw_spin_unlock(&lock->wait_lock);
		schedule_preempt_disabled();
		raw_spin_lock(&lock->wait_lock);
		set_current_state(state);
	}
	__set_current_state(TASK_RUNNING);
	list_del(&waiter.list);
	if (list_empty(&lock->wait_list))
		atomic_long_andnot(MUTEX_FLAG_WAITERS, &lock->owner);
	raw_spin_unlock(&lock->wait_lock);
	preempt_enable();
	return ret;
}

static noinline void __sched __mutex_lock_slowpath(struct mutex *lock)
{
	__mutex_lock(lock, TASK_UNINTERRUPTIBLE);
}

static noinline int __sched __mutex_lock_interruptible_slowpath(struct mutex *lock)
{
	return __mutex_lock(lock, TASK_INTERRUPTIBLE);
}

static noinline int __sched __mutex_lock_killable_slowpath(struct mutex *lock)
{
	return __mutex_lock(lock, TASK_KILLABLE);
}

static noinline void __sched __mutex_unlock_slowpath(struct mutex *lock)
{
	struct task_struct *next = NULL;

	atomic_long_and(MUTEX_FLAGS, &lock->owner);
	raw_spin_lock(&lock->wait_lock);
	if (!list_empty(&lock->wait_list)) {
		next = list_first_entry(&lock->wait_list, struct mutex_waiter, list)->task;
		wake_up_process(next);
	}
	raw_spin_unlock(&lock->wait_lock);
}

void __sched mutex_lock(struct mutex *lock)
{
	might_sleep();
	if (!__mutex_trylock_fast(lock))
		__mutex_lock_slowpath(lock);
}
EXPORT_SYMBOL(mutex_lock);

void __sched mutex_unlock(struct mutex *lock)
{
	if (__mutex_unlock_fast(lock))
		return;
	__mutex_unlock_slowpath(lock);
}
EXPORT_SYMBOL(mutex_unlock);

int __sched mutex_lock_interruptible(struct mutex *lock)
{
	might_sleep();
	return __mutex_trylock_fast(lock) ? 0 : __mutex_lock_interruptible_slowpath(lock);
}
EXPORT_SYMBOL(mutex_lock_interruptible);

int __sched mutex_lock_killable(struct mutex *lock)
{
	might_sleep();
	return __mutex_trylock_fast(lock) ? 0 : __mutex_lock_killable_slowpath(lock);
}
EXPORT_SYMBOL(mutex_lock_killable);

int __sched mutex_trylock(struct mutex *lock)
{
	return __mutex_trylock(lock);
}
EXPORT_SYMBOL(mutex_trylock);
