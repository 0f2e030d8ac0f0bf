// SPDX-License-Identifier: MIT
#include <linux/lockref.h>
#include <linux/atomic.h>
#include <linux/export.h>

/* Adds n while the lock is free and the count not below `least`.  The new count, or -1: take the lock. */
static __always_inline int add_unlocked(struct lockref *lockref, int n, int least)
{
	struct lockref old, new;
	unsigned int tries = 100;

	old.lock_count = READ_ONCE(lockref->lock_count);
	while (tries-- && !old.lock.rlock.locked && old.count >= least) {
		u64 seen;

		new = old;
		new.count += n;
		seen = cmpxchg(&lockref->lock_count, old.lock_count, new.lock_count);
		if (seen == old.lock_count)
			return new.count;
		old.lock_count = seen;
	}
	return -1;
}

void lockref_get(struct lockref *lockref)
{
	if (add_unlocked(lockref, 1, 0) >= 0)
		return;
	spin_lock(&lockref->lock);
	lockref->count++;
	spin_unlock(&lockref->lock);
}
EXPORT_SYMBOL(lockref_get);

int lockref_get_not_dead(struct lockref *lockref)
{
	int alive;

	if (add_unlocked(lockref, 1, 0) >= 0)
		return 1;
	spin_lock(&lockref->lock);
	alive = lockref->count >= 0;
	lockref->count += alive;
	spin_unlock(&lockref->lock);
	return alive;
}
EXPORT_SYMBOL(lockref_get_not_dead);

/* The count that is left, or -1 when the lock was held: nothing has changed then. */
int lockref_put_return(struct lockref *lockref)
{
	return add_unlocked(lockref, -1, 1);
}
EXPORT_SYMBOL(lockref_put_return);

/* The lock is held. */
void lockref_mark_dead(struct lockref *lockref)
{
	lockref->count = -128;
}
EXPORT_SYMBOL(lockref_mark_dead);
