/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/sched.h>
#include <linux/errno.h>
#include <linux/kernel.h>

struct wait_queue_entry;
typedef struct wait_queue_entry wait_queue_entry_t;
typedef int (*wait_queue_func_t)(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);
int default_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);
int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);
int woken_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);
#define WQ_FLAG_EXCLUSIVE	0x01
#define WQ_FLAG_WOKEN		0x02
#define WQ_FLAG_BOOKMARK	0x04
struct wait_queue_entry { unsigned int flags; void *private; wait_queue_func_t func; struct list_head entry; };
struct wait_queue_head { spinlock_t lock; struct list_head head; };
typedef struct wait_queue_head wait_queue_head_t;

#define __WAIT_QUEUE_HEAD_INITIALIZER(n) { .head = LIST_HEAD_INIT((n).head) }
#define DECLARE_WAIT_QUEUE_HEAD(n)	struct wait_queue_head n = __WAIT_QUEUE_HEAD_INITIALIZER(n)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(n) DECLARE_WAIT_QUEUE_HEAD(n)
#define DECLARE_WAITQUEUE(n, t)	struct wait_queue_entry n = { .private = (t), .func = default_wake_function }
#define DEFINE_WAIT_FUNC(n, f)	struct wait_queue_entry n = { .private = current, .func = (f), .entry = LIST_HEAD_INIT((n).entry) }
#define DEFINE_WAIT(n)		DEFINE_WAIT_FUNC(n, autoremove_wake_function)
void __init_waitqueue_head(struct wait_queue_head *wq, const char *name, void *key);
#define init_waitqueue_head(w)	__init_waitqueue_head((w), #w, NULL)
static inline void init_waitqueue_entry(struct wait_queue_entry *e, struct task_struct *p) { e->flags = 0; e->private = p; e->func = default_wake_function; }
static inline void init_waitqueue_func_entry(struct wait_queue_entry *e, wait_queue_func_t f) { e->flags = 0; e->private = NULL; e->func = f; }
#define init_wait(e)		do { (e)->private = current; (e)->func = autoremove_wake_function; INIT_LIST_HEAD(&(e)->entry); (e)->flags = 0; } while (0)
static inline int waitqueue_active(struct wait_queue_head *wq) { return !list_empty(&wq->head); }
#define wq_has_sleeper(wq)	waitqueue_active(wq)
static inline void __add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e) { list_add(&e->entry, &wq->head); }
static inline void __add_wait_queue_entry_tail(struct wait_queue_head *wq, struct wait_queue_entry *e) { list_add_tail(&e->entry, &wq->head); }
static inline void __add_wait_queue_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e) { e->flags |= WQ_FLAG_EXCLUSIVE; __add_wait_queue(wq, e); }
static inline void __remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e) { list_del(&e->entry); }

void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e);
void add_wait_queue_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e);
void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e);
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *e, int state);
bool prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e, int state);
long prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *e, int state);
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *e);
void init_wait_entry(struct wait_queue_entry *e, int flags);
long wait_woken(struct wait_queue_entry *e, unsigned int mode, long timeout);
int __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr, void *key);
void __wake_up_locked(struct wait_queue_head *wq, unsigned int mode, int nr);
void __wake_up_locked_key(struct wait_queue_head *wq, unsigned int mode, void *key);
void __wake_up_sync_key(struct wait_queue_head *wq, unsigned int mode, void *key);
void __wake_up_sync(struct wait_queue_head *wq, unsigned int mode);
#define wake_up(x)			__wake_up(x, TASK_NORMAL, 1, NULL)
#define wake_up_nr(x, nr)		__wake_up(x, TASK_NORMAL, nr, NULL)
#define wake_up_all(x)			__wake_up(x, TASK_NORMAL, 0, NULL)
#define wake_up_locked(x)		__wake_up_locked((x), TASK_NORMAL, 1)
#define wake_up_all_locked(x)		__wake_up_locked((x), TASK_NORMAL, 0)
#define wake_up_interruptible(x)	__wake_up(x, TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_nr(x, nr)	__wake_up(x, TASK_INTERRUPTIBLE, nr, NULL)
#define wake_up_interruptible_all(x)	__wake_up(x, TASK_INTERRUPTIBLE, 0, NULL)
#define wake_up_interruptible_sync(x)	__wake_up_sync((x), TASK_INTERRUPTIBLE)
#define poll_to_key(m)			((void *)(uintptr_t)(__poll_t)(m))
#define key_to_poll(m)			((__poll_t)(uintptr_t)(void *)(m))
#define wake_up_poll(x, m)		__wake_up(x, TASK_NORMAL, 1, poll_to_key(m))
#define wake_up_interruptible_poll(x, m) __wake_up(x, TASK_INTERRUPTIBLE, 1, poll_to_key(m))
#define wake_up_interruptible_sync_poll(x, m) __wake_up_sync_key((x), TASK_INTERRUPTIBLE, poll_to_key(m))

/* Sleep in `state` until the condition holds; -ERESTARTSYS when a signal came first. */
#define ___wait_event(wq, cond, state, excl, init, cmd) ({ \
	__label__ __out; \
	struct wait_queue_entry __wqe; \
	long __ret = (init); \
	init_wait_entry(&__wqe, (excl) ? WQ_FLAG_EXCLUSIVE : 0); \
	for (;;) { \
		long __int = prepare_to_wait_event(&(wq), &__wqe, state); \
		if (cond) \
			break; \
		if (((state) & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) && __int) { __ret = __int; goto __out; } \
		cmd; \
	} \
	finish_wait(&(wq), &__wqe); \
__out:	__ret; })
#define ___wait_cond_timeout(cond) ({ bool __c = (cond); if (__c && !__ret) __ret = 1; __c || !__ret; })
#define wait_event(wq, c) do { might_sleep(); if (!(c)) (void)___wait_event(wq, c, TASK_UNINTERRUPTIBLE, 0, 0, schedule()); } while (0)
#define wait_event_interruptible(wq, c) ({ int __r = 0; might_sleep(); if (!(c)) __r = ___wait_event(wq, c, TASK_INTERRUPTIBLE, 0, 0, schedule()); __r; })
#define wait_event_interruptible_exclusive(wq, c) ({ int __r = 0; might_sleep(); if (!(c)) __r = ___wait_event(wq, c, TASK_INTERRUPTIBLE, 1, 0, schedule()); __r; })
#define wait_event_killable(wq, c) ({ int __r = 0; might_sleep(); if (!(c)) __r = ___wait_event(wq, c, TASK_KILLABLE, 0, 0, schedule()); __r; })
#define wait_event_idle(wq, c) wait_event(wq, c)
#define wait_event_freezable(wq, c) wait_event_interruptible(wq, c)
#define __wait_event_timeout(wq, c, st, t) ___wait_event(wq, ___wait_cond_timeout(c), st, 0, t, __ret = schedule_timeout(__ret))
#define wait_event_timeout(wq, c, t) ({ long __ret = (t); might_sleep(); if (!___wait_cond_timeout(c)) __ret = __wait_event_timeout(wq, c, TASK_UNINTERRUPTIBLE, t); __ret; })
#define wait_event_interruptible_timeout(wq, c, t) ({ long __ret = (t); might_sleep(); if (!___wait_cond_timeout(c)) __ret = __wait_event_timeout(wq, c, TASK_INTERRUPTIBLE, t); __ret; })
#define wait_event_idle_timeout(wq, c, t) wait_event_timeout(wq, c, t)
#define __wait_event_lock_irq(wq, c, lock, st) ___wait_event(wq, c, st, 0, 0, spin_unlock_irq(&(lock)); schedule(); spin_lock_irq(&(lock)))
#define wait_event_lock_irq(wq, c, lock) do { if (!(c)) (void)__wait_event_lock_irq(wq, c, lock, TASK_UNINTERRUPTIBLE); } while (0)
#define wait_event_interruptible_lock_irq(wq, c, lock) ({ int __r = 0; if (!(c)) __r = __wait_event_lock_irq(wq, c, lock, TASK_INTERRUPTIBLE); __r; })
#endif
