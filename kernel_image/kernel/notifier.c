// SPDX-License-Identifier: MIT
/* Chains of callbacks, by priority. */
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/errno.h>
#include <linux/export.h>

static noinline int notifier_chain_register(struct notifier_block **nl, struct notifier_block *n)
{
	for (; *nl; nl = &(*nl)->next) {
		if (*nl == n)
			return -EEXIST;
		if (n->priority > (*nl)->priority)
			break;
	}
	n->next = *nl;
	rcu_assign_pointer(*nl, n);
	return 0;
}

static noinline int notifier_chain_unregister(struct notifier_block **nl, struct notifier_block *n)
{
	for (; *nl; nl = &(*nl)->next)
		if (*nl == n) {
			rcu_assign_pointer(*nl, n->next);
			return 0;
		}
	return -ENOENT;
}

static noinline int notifier_call_chain(struct notifier_block **nl, unsigned long val, void *v, struct notifier_block *stop)
{
	struct notifier_block *nb = rcu_dereference_raw(*nl), *next;
	int ret = NOTIFY_DONE;

	for (; nb && nb != stop; nb = next) {
		next = rcu_dereference_raw(nb->next);
		ret = nb->notifier_call(nb, val, v);
		if (ret & NOTIFY_STOP_MASK)
			break;
	}
	return ret;
}

int atomic_notifier_chain_register(struct atomic_notifier_head *nh, struct notifier_block *n)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&nh->lock, flags);
	ret = notifier_chain_register(&nh->head, n);
	spin_unlock_irqrestore(&nh->lock, flags);
	return ret;
}

int atomic_notifier_chain_unregister(struct atomic_notifier_head *nh, struct notifier_block *n)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&nh->lock, flags);
	ret = notifier_chain_unregister(&nh->head, n);
	spin_unlock_irqrestore(&nh->lock, flags);
	synchronize_rcu();
	return ret;
}

int atomic_notifier_call_chain(struct atomic_notifier_head *nh, unsigned long val, void *v)
{
	int ret;

	rcu_read_lock();
	ret = notifier_call_chain(&nh->head, val, v, NULL);
	rcu_read_unlock();
	return ret;
}

int blocking_notifier_chain_register(struct blocking_notifier_head *nh, struct notifier_block *n)
{
	int ret;

	down_write(&nh->rwsem);
	ret = notifier_chain_register(&nh->head, n);
	up_write(&nh->rwsem);
	return ret;
}

int blocking_notifier_chain_unregister(struct blocking_notifier_head *nh, struct notifier_block *n)
{
	int ret;

	down_write(&nh->rwsem);
	ret = notifier_chain_unregister(&nh->head, n);
	up_write(&nh->rwsem);
	return ret;
}

int blocking_notifier_call_chain(struct blocking_notifier_head *nh, unsigned long val, void *v)
{
	int ret = NOTIFY_DONE;

	if (rcu_access_pointer(nh->head)) {
		down_read(&nh->rwsem);
		ret = notifier_call_chain(&nh->head, val, v, NULL);
		up_read(&nh->rwsem);
	}
	return ret;
}

/* Tells `down` to those who had agreed to `up` before one did not. */
int blocking_notifier_call_chain_robust(struct blocking_notifier_head *nh, unsigned long up, unsigned long down, void *v)
{
	struct notifier_block *nb;
	int ret = NOTIFY_DONE;

	down_read(&nh->rwsem);
	for (nb = nh->head; nb; nb = nb->next) {
		ret = nb->notifier_call(nb, up, v);
		if (ret & NOTIFY_STOP_MASK) {
			notifier_call_chain(&nh->head, down, v, nb);
			break;
		}
	}
	up_read(&nh->rwsem);
	return ret;
}

int raw_notifier_chain_register(struct raw_notifier_head *nh, struct notifier_block *n) { return notifier_chain_register(&nh->head, n); }
int raw_notifier_chain_unregister(struct raw_notifier_head *nh, struct notifier_block *n) { return notifier_chain_unregister(&nh->head, n); }
int raw_notifier_call_chain(struct raw_notifier_head *nh, unsigned long val, void *v) { return notifier_call_chain(&nh->head, val, v, NULL); }
EXPORT_SYMBOL(blocking_notifier_chain_register);
EXPORT_SYMBOL(blocking_notifier_chain_unregister);
EXPORT_SYMBOL(blocking_notifier_call_chain);
EXPORT_SYMBOL(atomic_notifier_chain_register);
EXPORT_SYMBOL(atomic_notifier_chain_unregister);
EXPORT_SYMBOL(atomic_notifier_call_chain);
