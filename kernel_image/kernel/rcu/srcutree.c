// SPDX-License-Identifier: MIT
#include <linux/srcu.h>
#include <linux/sched.h>
#include <linux/export.h>
#include <linux/spinlock.h>

int init_srcu_struct(struct srcu_struct *ssp) { *ssp = (struct srcu_struct){ 0 }; return 0; }
void cleanup_srcu_struct(struct srcu_struct *ssp) { }

int __srcu_read_lock(struct srcu_struct *ssp)
{
	int idx = READ_ONCE(ssp->idx) & 1;

	atomic_inc(&ssp->readers[idx]);
	return idx;
}
EXPORT_SYMBOL(__srcu_read_lock);

void __srcu_read_unlock(struct srcu_struct *ssp, int idx) { atomic_dec(&ssp->readers[idx]); }
EXPORT_SYMBOL(__srcu_read_unlock);

/* New readers use the other set: the old one empties.  Twice, for those who had read idx but not counted yet. */
void synchronize_srcu(struct srcu_struct *ssp)
{
	int i;

	for (i = 0; i < 2; i++) {
		int old = ssp->idx++ & 1;

		while (atomic_read(&ssp->readers[old]))
			schedule_timeout_uninterruptible(1);
	}
}
EXPORT_SYMBOL(synchronize_srcu);

void call_srcu(struct srcu_struct *ssp, struct rcu_head *head, rcu_callback_t func)
{
	synchronize_srcu(ssp);
	func(head);
}
