/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/printk.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

void refcount_warn_saturate(refcount_t *r, enum refcount_saturation_type t)
{
	static const char *const what[] = {
		"saturated; leaking memory", "saturated; leaking memory", "addition on 0; use-after-free",
		"underflow; use-after-free", "decrement hit 0; leaking memory",
	};

	refcount_set(r, REFCOUNT_SATURATED);
	printk("refcount_t: %s.\n", what[t]);
}
EXPORT_SYMBOL(refcount_warn_saturate);

bool refcount_dec_if_one(refcount_t *r)
{
	return atomic_cmpxchg(&r->refs, 1, 0) == 1;
}
EXPORT_SYMBOL(refcount_dec_if_one);

bool refcount_dec_not_one(refcount_t *r)
{
	return atomic_add_unless(&r->refs, -1, 1);
}
EXPORT_SYMBOL(refcount_dec_not_one);

bool refcount_dec_and_lock(refcount_t *r, void *lock)
{
	if (refcount_dec_not_one(r))
		return false;
	spin_lock((spinlock_t *)lock);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock((spinlock_t *)lock);
	return false;
}
EXPORT_SYMBOL(refcount_dec_and_lock);
