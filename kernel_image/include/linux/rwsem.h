/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H
#include <linux/list.h>
#include <linux/spinlock.h>
struct rw_semaphore {
	atomic_long_t count;		/* readers, or -1 for a writer */
	atomic_long_t owner;
	raw_spinlock_t wait_lock;
	struct list_head wait_list;	/* wait_lock */
};
#define __RWSEM_INITIALIZER(n)	{ .wait_list = LIST_HEAD_INIT(n.wait_list) }
#define DECLARE_RWSEM(n)	struct rw_semaphore n = __RWSEM_INITIALIZER(n)
void __init_rwsem(struct rw_semaphore *sem, const char *name, void *key);
#define init_rwsem(s)		__init_rwsem((s), #s, NULL)
void down_read(struct rw_semaphore *sem);
int down_read_interruptible(struct rw_semaphore *sem);
int down_read_killable(struct rw_semaphore *sem);
int down_read_trylock(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
int down_write_killable(struct rw_semaphore *sem);
int down_write_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
void downgrade_write(struct rw_semaphore *sem);
#define down_read_nested(s, c)	down_read(s)
#define down_write_nested(s, c)	down_write(s)
#define rwsem_is_locked(s)	(atomic_long_read(&(s)->count) != 0)
struct percpu_rw_semaphore { struct rw_semaphore rw; };
#define DEFINE_STATIC_PERCPU_RWSEM(n) static struct percpu_rw_semaphore n = { __RWSEM_INITIALIZER(n.rw) }
#define percpu_down_read(s)	down_read(&(s)->rw)
#define percpu_up_read(s)	up_read(&(s)->rw)
#define percpu_down_write(s)	down_write(&(s)->rw)
#define percpu_up_write(s)	up_write(&(s)->rw)
#endif
