/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SEMAPHORE_H
#define _LINUX_SEMAPHORE_H
#include <linux/list.h>
#include <linux/spinlock.h>
struct semaphore { raw_spinlock_t lock; unsigned int count; struct list_head wait_list; };
#define __SEMAPHORE_INITIALIZER(n, c)	{ .count = c, .wait_list = LIST_HEAD_INIT((n).wait_list) }
#define DEFINE_SEMAPHORE(n)	struct semaphore n = __SEMAPHORE_INITIALIZER(n, 1)
static inline void sema_init(struct semaphore *s, int val) { raw_spin_lock_init(&s->lock); s->count = val; INIT_LIST_HEAD(&s->wait_list); }
void down(struct semaphore *sem);
int down_interruptible(struct semaphore *sem);
int down_killable(struct semaphore *sem);
int down_trylock(struct semaphore *sem);
int down_timeout(struct semaphore *sem, long jiffies);
void up(struct semaphore *sem);
#endif
