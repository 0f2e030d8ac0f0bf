/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SRCU_H
#define _LINUX_SRCU_H
#include <linux/rcupdate.h>
/* Sleepable RCU: readers counted in two sets; a grace period drains the old set. */
struct srcu_struct { unsigned int idx; atomic_t readers[2]; };
#define DEFINE_SRCU(n)		struct srcu_struct n
#define DEFINE_STATIC_SRCU(n)	static struct srcu_struct n
int init_srcu_struct(struct srcu_struct *ssp);
void cleanup_srcu_struct(struct srcu_struct *ssp);
int __srcu_read_lock(struct srcu_struct *ssp);
void __srcu_read_unlock(struct srcu_struct *ssp, int idx);
void synchronize_srcu(struct srcu_struct *ssp);
void call_srcu(struct srcu_struct *ssp, struct rcu_head *head, rcu_callback_t func);
#define srcu_read_lock(s)	__srcu_read_lock(s)
#define srcu_read_unlock(s, i)	__srcu_read_unlock(s, i)
#define srcu_dereference(p, s)	READ_ONCE(p)
#define srcu_barrier(s)		do { } while (0)
#endif
