// SPDX-License-Identifier: MIT
/* Wait queues. */
#include <linux/wait.h>
#include <linux/sched/signal.h>
#include <linux/export.h>

void __init_waitqueue_head(struct wait_queue_head *wq, const char *name, void *key)
{
	spin_lock_init(&wq->lock);
	INIT_LIST_HEAD(&wq->head);
}
EXPORT_SYMBOL(__init_waitqueue_head);

void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	unsigned long flags;

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	__add_wait_queue(wq, e);
	spin_unlock_irqrestore(&wq->lock, flags);
}
EXPORT_SYMBOL(add_wait_queue);

void add_wait_queue_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	unsigned long flags;

	e->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	__add_wait_queue_entry_tail(wq, e);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	__remove_wait_queue(wq, e);
	spin_unlock_irqrestore(&wq->lock, flags);
}
EXPORT_SYMBOL(remove_wait_queue);

/* Wakes all that are not exclusive, and nr of those that are (0: all).  The lock is held. */
static noinline int __wake_up_common(struct wait_queue_head *wq, unsigned int mode, int nr, int wake_flags, void *key)
{
	struct wait_queue_entry *e, *next;

	list_for_each_entry_safe(e, next, &wq->head, entry) {
		unsigned int flags = e->flags;
		int ret = e->func(e, mode, wake_flags, key);

		if (ret < 0)
			break;
		if (ret && (flags & WQ_FLAG_EXCLUSIVE) && !--nr)
			break;
	}
	return nr;
}

static noinline int __wake_up_common_lock(struct wait_queue_head *wq, unsigned int mode, int nr, int wake_flags, void *key)
{
	unsigned long flags;
	int remaining;

	spin_lock_irqsave(&wq->lock, flags);
	remaining = __wake_up_common(wq, mode, nr, wake_flags, key);
	spin_unlock_irqrestore(&wq->lock, flags);
	return nr - remaining;
}

int __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr, void *key)
{
	return __wake_up_common_lock(wq, mode, nr, 0, key);
}
EXPORT_SYMBOL(__wake_up);

void __wake_up_locked(struct wait_queue_head *wq, unsigned int mode, int nr)
{
	__wake_up_common(wq, mode, nr, 0, NULL);
}

void __wake_up_locked_key(struct wait_queue_head *wq, unsigned int mode, void *key)
{
	__wake_up_common(wq, mode, 1, 0, key);
}

void __wake_up_sync_key(struct wait_queue_head *wq, unsigned int mode, void *key)
{
	__wake_up_common_lock(wq, mode, 1, WF_SYNC, key);
}

void __wake_up_sync(struct wait_queue_head *wq, unsigned int mode)
{
	__wake_up_sync_key(wq, mode, NULL);
}

int default_wake_function(struct wait_queue_entry *e, unsigned int mode, int wake_flags, void *key)
{
	return try_to_wake_up(e->private, mode, wake_flags);
}
EXPORT_SYMBOL(default_wake_function);

int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, int wake_flags, void *key)
{
	int ret = default_wake_function(e, mode, wake_flags, key);

	if (ret)
		list_del_init_careful(&e->entry);
	return ret;
}
EXPORT_SYMBOL(autoremove_wake_function);

int woken_wake_function(struct wait_queue_entry *e, unsigned int mode, int wake_flags, void *key)
{
	e->flags |= WQ_FLAG_WOKEN;
	return default_wake_function(e, mode, wake_flags, key);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *e, int state)
{
	unsigned long flags;

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&e->entry))
		__add_wait_queue(wq, e);
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}
EXPORT_SYMBOL(prepare_to_wait);

bool prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e, int state)
{
	unsigned long flags;
	bool was_empty = false;

	e->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&e->entry)) {
		was_empty = list_empty(&wq->head);
		__add_wait_queue_entry_tail(wq, e);
	}
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
	return was_empty;
}

void init_wait_entry(struct wait_queue_entry *e, int flags)
{
	e->flags = flags;
	e->private = current;
	e->func = autoremove_wake_function;
	INIT_LIST_HEAD(&e->entry);
}
EXPORT_SYMBOL(init_wait_entry);

long prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *e, int state)
{
	unsigned long flags;
	long ret = 0;

	spin_lock_irqsave(&wq->lock, flags);
	if (signal_pending_state(state, current)) {
		list_del_init(&e->entry);
		ret = -ERESTARTSYS;
	} else {
		if (list_empty(&e->entry)) {
			if (e->flags & WQ_FLAG_EXCLUSIVE)
				__add_wait_queue_entry_tail(wq, e);
			else
				__add_wait_queue(wq, e);
		}
		set_current_state(state);
	}
	spin_unlock_irqrestore(&wq->lock, flags);
	return ret;
}
EXPORT_SYMBOL(prepare_to_wait_event);

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	if (!list_empty_careful(&e->entry)) {
		spin_lock_irqsave(&wq->lock, flags);
		list_del_init(&e->entry);
		spin_unlock_irqrestore(&wq->lock, flags);
	}
}
EXPORT_SYMBOL(finish_wait);

long wait_woken(struct wait_queue_entry *e, unsigned int mode, long timeout)
{
	set_current_state(mode);
	if (!(e->flags & WQ_FLAG_WOKEN))
		timeout = schedule_timeout(timeout);
	__set_current_state(TASK_RUNNING);
	e->flags &= ~WQ_FLAG_WOKEN;
	return timeout;
}
