/* SPDX-License-Identifier: MIT */
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#define UIDHASH_BITS	5
static struct hlist_head uidhash_table[1 << UIDHASH_BITS];	/* uidhash_lock */
static DEFINE_SPINLOCK(uidhash_lock);
static struct kmem_cache *uid_cachep;

struct user_struct root_user = { .__count = REFCOUNT_INIT(1), .uid = { 0 } };

static struct hlist_head *uidhashentry(kuid_t uid)
{
	return &uidhash_table[hash_32(uid.val, UIDHASH_BITS)];
}

static struct user_struct *uid_hash_find(kuid_t uid)
{
	struct user_struct *user;

	hlist_for_each_entry(user, uidhashentry(uid), uidhash_node)
		if (uid_eq(user->uid, uid))
			return get_uid(user);
	return NULL;
}

struct user_struct *find_user(kuid_t uid)
{
	struct user_struct *ret;
	unsigned long flags;

	spin_lock_irqsave(&uidhash_lock, flags);
	ret = uid_hash_find(uid);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	return ret;
}

void free_uid(struct user_struct *up)
{
	unsigned long flags;

	if (!up || !refcount_dec_and_test(&up->__count))
		return;
	spin_lock_irqsave(&uidhash_lock, flags);
	hlist_del(&up->uidhash_node);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	kmem_cache_free(uid_cachep, up);
}

struct user_struct *alloc_uid(kuid_t uid)
{
	struct user_struct *up = find_user(uid), *new;
	unsigned long flags;

	if (up)
		return up;
	new = kmem_cache_zalloc(uid_cachep, GFP_KERNEL);
	if (!new)
		return NULL;
	new->uid = uid;
	refcount_set(&new->__count, 1);
	spin_lock_irqsave(&uidhash_lock, flags);
	up = uid_hash_find(uid);
	if (!up)
		hlist_add_head(&new->uidhash_node, uidhashentry(uid));
	spin_unlock_irqrestore(&uidhash_lock, flags);
	if (up) {
		kmem_cache_free(uid_cachep, new);
		return up;
	}
	return new;
}

static __init int uid_cache_init(void)
{
	uid_cachep = kmem_cache_create("uid_cache", sizeof(struct user_struct), 0, SLAB_HWCACHE_ALIGN | SLAB_PANIC, NULL);
	hlist_add_head(&root_user.uidhash_node, uidhashentry(root_user.uid));
	return 0;
}
core_initcall(uid_cache_init);
