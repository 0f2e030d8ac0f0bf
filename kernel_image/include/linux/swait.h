/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SWAIT_H
#define _LINUX_SWAIT_H
#include <linux/list.h>
#include <linux/spinlock.h>
struct task_struct;
/* The simple wait queue: every waiter is a task, woken in order. */
struct swait_queue_head { raw_spinlock_t lock; struct list_head task_list; };
struct swait_queue { struct task_struct *task; struct list_head task_list; };
#define __SWAIT_QUEUE_HEAD_INITIALIZER(n) { .task_list = LIST_HEAD_INIT((n).task_list) }
#define DECLARE_SWAIT_QUEUE_HEAD(n)	struct swait_queue_head n = __SWAIT_QUEUE_HEAD_INITIALIZER(n)
void __init_swait_queue_head(struct swait_queue_head *q, const char *name, void *key);
#define init_swait_queue_head(q)	__init_swait_queue_head((q), #q, NULL)
void swake_up_locked(struct swait_queue_head *q);
void swake_up_all_locked(struct swait_queue_head *q);
void swake_up_one(struct swait_queue_head *q);
void swake_up_all(struct swait_queue_head *q);
void __prepare_to_swait(struct swait_queue_head *q, struct swait_queue *wait);
long prepare_to_swait_event(struct swait_queue_head *q, struct swait_queue *wait, int state);
void __finish_swait(struct swait_queue_head *q, struct swait_queue *wait);
void finish_swait(struct swait_queue_head *q, struct swait_queue *wait);
static inline int swait_active(struct swait_queue_head *q) { return !list_empty(&q->task_list); }
#define ___swait_event(wq, cond, state, init, cmd) ({ \
	__label__ __out; \
	struct swait_queue __w; \
	long __ret = (init); \
	INIT_LIST_HEAD(&__w.task_list); \
	for (;;) { \
		long __int = prepare_to_swait_event(&(wq), &__w, state); \
		if (cond) \
			break; \
		if (((state) & TASK_INTERRUPTIBLE) && __int) { __ret = __int; goto __out; } \
		cmd; \
	} \
	finish_swait(&(wq), &__w); \
__out:	__ret; })
#define swait_event_exclusive(wq, c)	do { if (!(c)) (void)___swait_event(wq, c, TASK_UNINTERRUPTIBLE, 0, schedule()); } while (0)
#define swait_event_idle_exclusive(wq, c) do { if (!(c)) (void)___swait_event(wq, c, TASK_IDLE, 0, schedule()); } while (0)
#define swait_event_idle_timeout_exclusive(wq, c, t) ({ long __ret = (t); if (!(c)) __ret = ___swait_event(wq, ({ bool __c = (c); if (__c && !__ret) __ret = 1; __c || !__ret; }), TASK_IDLE, t, __ret = schedule_timeout(__ret)); __ret; })
#endif
