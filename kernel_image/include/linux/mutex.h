/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H
#include <linux/list.h>
#include <linux/spinlock.h>
struct mutex {
	atomic_long_t owner;		/* task | flags: 1 waiters, 2 hand off */
	raw_spinlock_t wait_lock;
	struct list_head wait_list;	/* wait_lock */
};
#define __MUTEX_INITIALIZER(n)	{ .wait_list = LIST_HEAD_INIT(n.wait_list) }
#define DEFINE_MUTEX(n)		struct mutex n = __MUTEX_INITIALIZER(n)
void __mutex_init(struct mutex *lock, const char *name, void *key);
#define mutex_init(l)		__mutex_init((l), #l, NULL)
#define mutex_destroy(l)	do { } while (0)
void mutex_lock(struct mutex *lock);
int mutex_lock_interruptible(struct mutex *lock);
int mutex_lock_killable(struct mutex *lock);
int mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
bool mutex_is_locked(struct mutex *lock);
#define mutex_lock_nested(l, c)	mutex_lock(l)
#define mutex_lock_interruptible_nested(l, c) mutex_lock_interruptible(l)
#define mutex_lock_io(l)	mutex_lock(l)
#endif
