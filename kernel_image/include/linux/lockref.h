/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_LOCKREF_H
#define _LINUX_LOCKREF_H
#include <linux/spinlock.h>

/* A count under a spinlock, side by side: while nobody holds the lock, the count changes in one instruction. */
struct lockref {
	union {
		u64 lock_count __aligned(8);
		struct { spinlock_t lock; int count; };
	};
};

void lockref_get(struct lockref *lockref);
int lockref_get_not_dead(struct lockref *lockref);
int lockref_put_return(struct lockref *lockref);
void lockref_mark_dead(struct lockref *lockref);
#endif
