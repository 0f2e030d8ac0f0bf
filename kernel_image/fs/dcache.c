// SPDX-License-Identifier: MIT
/*
 * The dentry cache: names in a hash table, each holding its parent.  A dentry without users stays on an LRU
 * list so that the next walk finds it; a worker prunes the list beyond a fixed number (the machine is small).
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/seqlock.h>
#include <linux/security.h>
#include <linux/fsnotify.h>
#include <linux/hash.h>
#include <linux/workqueue.h>
#include <linux/export.h>
#include <linux/sched.h>
#include <asm/word-at-a-time.h>
#include "internal.h"
#include "dcache.h"

#define D_HASH_BITS	10
#define DENTRY_UNUSED_MAX 1024		/* beyond it the worker prunes to a half */

struct dentry_bucket { spinlock_t lock; struct hlist_head head; };
static struct dentry_bucket dentry_hashtable[1 << D_HASH_BITS];
static struct kmem_cache *dentry_cache;
static DEFINE_SPINLOCK(dentry_lru_lock);
static LIST_HEAD(dentry_lru);
static long nr_unused;			/* dentry_lru_lock */
long nr_dentry;
seqlock_t rename_lock;

const struct qstr slash_name = QSTR_INIT("/", 1), dotdot_name = QSTR_INIT("..", 2), empty_name = QSTR_INIT("", 0);

static void prune_dcache_work(struct work_struct *work);
static DECLARE_WORK(dcache_work, prune_dcache_work);

static __always_inline notrace struct dentry_bucket *d_hash(u32 hash)
{
	return &dentry_hashtable[(hash ^ (hash >> D_HASH_BITS)) & ((1 << D_HASH_BITS) - 1)];
}

static __always_inline notrace bool same_name(const struct dentry *dentry, const struct qstr *name)
{
	const unaligned_word *a = (const unaligned_word *)dentry->d_name.name, *b = (const unaligned_word *)name->name;
	unsigned int left = name->len;

	if (dentry->d_name.len != left)
		return false;
	for (; left >= sizeof(*a); left -= sizeof(*a))
		if (*a++ != *b++)
			return false;
	return !left || !((*a ^ *b) << (BITS_PER_LONG - 8 * left));
}

static void __d_free(struct callback_head *head)
{
	struct dentry *dentry = container_of(head, struct dentry, d_rcu);

	if (dentry->d_name.name != dentry->d_iname)
		kfree((void *)dentry->d_name.name);
	kmem_cache_free(dentry_cache, dentry);
}

static struct dentry *__d_alloc(struct super_block *sb, const struct qstr *name)
{
	struct dentry *dentry = kmem_cache_alloc(dentry_cache, GFP_KERNEL);
	char *dname;

	if (!dentry)
		return NULL;
	memset(dentry, 0, sizeof(*dentry));
	if (!name)
		name = &slash_name;
	dname = dentry->d_iname;
	if (name->len >= DNAME_INLINE_LEN) {
		dname = kmalloc(name->len + 1, GFP_KERNEL);
		if (!dname) {
			kmem_cache_free(dentry_cache, dentry);
			return NULL;
		}
	}
	memcpy(dname, name->name, name->len);
	dname[name->len] = 0;
	dentry->d_name.name = dname;
	dentry->d_name.len = name->len;
	dentry->d_name.hash = name->hash;
	dentry->d_lockref.count = 1;
	spin_lock_init(&dentry->d_lock);
	dentry->d_parent = dentry;
	dentry->d_sb = sb;
	INIT_LIST_HEAD(&dentry->d_lru);
	INIT_LIST_HEAD(&dentry->d_subdirs);
	INIT_LIST_HEAD(&dentry->d_child);
	d_set_d_op(dentry, sb->s_d_op);
	nr_dentry++;
	return dentry;
}

void d_set_d_op(struct dentry *dentry, const struct dentry_operations *op)
{
	dentry->d_op = op;
	if (!op)
		return;
	if (op->d_revalidate)
		dentry->d_flags |= DCACHE_OP_REVALIDATE;
	if (op->d_delete)
		dentry->d_flags |= DCACHE_OP_DELETE;
}
EXPORT_SYMBOL(d_set_d_op);

struct dentry *d_alloc(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry = __d_alloc(parent->d_sb, name);

	if (!dentry)
		return NULL;
	spin_lock(&parent->d_lock);
	parent->d_lockref.count++;
	dentry->d_parent = parent;
	list_add(&dentry->d_child, &parent->d_subdirs);
	spin_unlock(&parent->d_lock);
	return dentry;
}
EXPORT_SYMBOL(d_alloc);

struct dentry *d_alloc_pseudo(struct super_block *sb, const struct qstr *name)
{
	return __d_alloc(sb, name);
}

/* The caller holds the directory's i_rwsem exclusively, so there is no other lookup of this name to wait for. */
struct dentry *d_alloc_parallel(struct dentry *parent, const struct qstr *name)
{
	struct dentry *found = d_lookup(parent, name);

	return found ? found : (d_alloc(parent, name) ?: ERR_PTR(-ENOMEM));
}

struct dentry *d_make_root(struct inode *inode)
{
	struct dentry *root;

	if (!inode)
		return NULL;
	root = __d_alloc(inode->i_sb, &slash_name);
	if (root)
		d_instantiate(root, inode);
	else
		iput(inode);
	return root;
}
EXPORT_SYMBOL(d_make_root);

static unsigned int d_flags_for_inode(struct inode *inode)
{
	if (!inode)
		return DCACHE_MISS_TYPE;
	if (S_ISDIR(inode->i_mode))
		return DCACHE_DIRECTORY_TYPE;
	if (S_ISLNK(inode->i_mode))
		return DCACHE_SYMLINK_TYPE;
	return S_ISREG(inode->i_mode) ? DCACHE_REGULAR_TYPE : DCACHE_SPECIAL_TYPE;
}

/* d_lock held; the caller has bumped d_seq where others can see the dentry. */
static void __d_set_inode_and_type(struct dentry *dentry, struct inode *inode)
{
	dentry->d_flags = (dentry->d_flags & ~DCACHE_ENTRY_TYPE) | d_flags_for_inode(inode);
	dentry->d_inode = inode;
	dentry->d_seq += 2;
}

static void __d_instantiate(struct dentry *dentry, struct inode *inode)
{
	spin_lock(&dentry->d_lock);
	hlist_add_head(&dentry->d_alias, &inode->i_dentry);
	__d_set_inode_and_type(dentry, inode);
	spin_unlock(&dentry->d_lock);
}

void d_instantiate(struct dentry *dentry, struct inode *inode)
{
	if (!inode)
		return;
	security_d_instantiate(dentry, inode);
	spin_lock(&inode->i_lock);
	__d_instantiate(dentry, inode);
	spin_unlock(&inode->i_lock);
}
EXPORT_SYMBOL(d_instantiate);

static void __d_rehash(struct dentry *dentry)
{
	struct dentry_bucket *b = d_hash(dentry->d_name.hash);

	spin_lock(&b->lock);
	hlist_add_head_rcu(&dentry->d_hash, &b->head);
	spin_unlock(&b->lock);
}

void d_rehash(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	if (d_unhashed(dentry))
		__d_rehash(dentry);
	spin_unlock(&dentry->d_lock);
}
EXPORT_SYMBOL(d_rehash);

void d_add(struct dentry *dentry, struct inode *inode)
{
	if (inode) {
		security_d_instantiate(dentry, inode);
		spin_lock(&inode->i_lock);
		__d_instantiate(dentry, inode);
		spin_unlock(&inode->i_lock);
	}
	d_rehash(dentry);
}
EXPORT_SYMBOL(d_add);

struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry)
{
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	d_add(dentry, inode);
	return NULL;
}
EXPORT_SYMBOL(d_splice_alias);

static void ___d_drop(struct dentry *dentry)
{
	struct dentry_bucket *b = d_hash(dentry->d_name.hash);

	spin_lock(&b->lock);
	hlist_del_rcu(&dentry->d_hash);
	dentry->d_hash.pprev = NULL;
	spin_unlock(&b->lock);
}

void __d_drop(struct dentry *dentry)
{
	if (!d_unhashed(dentry)) {
		___d_drop(dentry);
		dentry->d_seq += 2;
	}
}

void d_drop(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
}
EXPORT_SYMBOL(d_drop);

/* Called under rcu_read_lock; *seq is what the caller must check before it trusts the result. */
struct dentry *__d_lookup_rcu(const struct dentry *parent, const struct qstr *name, unsigned int *seqp)
{
	struct dentry *dentry;

	hlist_for_each_entry_rcu(dentry, &d_hash(name->hash)->head, d_hash) {
		if (dentry->d_name.hash != name->hash || dentry->d_parent != parent)
			continue;
		*seqp = READ_ONCE(dentry->d_seq);
		if (!d_unhashed(dentry) && same_name(dentry, name))
			return dentry;
	}
	return NULL;
}

struct dentry *__d_lookup(const struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry, *found = NULL;

	rcu_read_lock();
	hlist_for_each_entry_rcu(dentry, &d_hash(name->hash)->head, d_hash) {
		if (dentry->d_name.hash != name->hash)
			continue;
		spin_lock(&dentry->d_lock);
		if (dentry->d_parent == parent && !d_unhashed(dentry) && dentry->d_lockref.count >= 0 && same_name(dentry, name)) {
			dentry->d_lockref.count++;
			found = dentry;
		}
		spin_unlock(&dentry->d_lock);
		if (found)
			break;
	}
	rcu_read_unlock();
	return found;
}

/* A rename may hide a name from __d_lookup for a moment: then look again. */
struct dentry *d_lookup(const struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry;
	unsigned int seq;

	do {
		seq = read_seqbegin(&rename_lock);
		dentry = __d_lookup(parent, name);
	} while (!dentry && read_seqretry(&rename_lock, seq));
	return dentry;
}
EXPORT_SYMBOL(d_lookup);

static void d_lru_add(struct dentry *dentry)
{
	dentry->d_flags |= DCACHE_LRU_LIST;
	spin_lock(&dentry_lru_lock);
	list_add(&dentry->d_lru, &dentry_lru);
	if (++nr_unused > DENTRY_UNUSED_MAX)
		schedule_work(&dcache_work);
	spin_unlock(&dentry_lru_lock);
}

static void d_lru_del(struct dentry *dentry)
{
	dentry->d_flags &= ~DCACHE_LRU_LIST;
	spin_lock(&dentry_lru_lock);
	list_del_init(&dentry->d_lru);
	nr_unused--;
	spin_unlock(&dentry_lru_lock);
}

static void dentry_unlink_inode(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	hlist_del_init(&dentry->d_alias);
	__d_set_inode_and_type(dentry, NULL);
	spin_unlock(&dentry->d_lock);
	spin_unlock(&inode->i_lock);
	if (!inode->i_nlink)
		fsnotify_inode_delete(inode);
	iput(inode);
}

/* d_lock is held and the count is zero.  Returns the parent, whose reference this dentry held. */
static struct dentry *__dentry_kill(struct dentry *dentry)
{
	struct dentry *parent = IS_ROOT(dentry) ? NULL : dentry->d_parent;
	struct inode *inode = dentry->d_inode;

	lockref_mark_dead(&dentry->d_lockref);
	if (dentry->d_flags & DCACHE_LRU_LIST)
		d_lru_del(dentry);
	__d_drop(dentry);
	if (parent) {
		spin_unlock(&dentry->d_lock);
		spin_lock(&parent->d_lock);
		list_del_init(&dentry->d_child);
		spin_unlock(&parent->d_lock);
		spin_lock(&dentry->d_lock);
	}
	if (inode) {
		spin_unlock(&dentry->d_lock);
		spin_lock(&inode->i_lock);
		spin_lock(&dentry->d_lock);
		dentry_unlink_inode(dentry);
	} else {
		spin_unlock(&dentry->d_lock);
	}
	if (dentry->d_op && dentry->d_op->d_release)
		dentry->d_op->d_release(dentry);
	nr_dentry--;
	call_rcu(&dentry->d_rcu, __d_free);
	return parent;
}

static __always_inline notrace bool retain_dentry(struct dentry *dentry)
{
	if (d_unhashed(dentry) || (dentry->d_flags & DCACHE_DONTCACHE))
		return false;
	if ((dentry->d_flags & DCACHE_OP_DELETE) && dentry->d_op->d_delete(dentry))
		return false;
	if (!(dentry->d_flags & DCACHE_LRU_LIST))
		d_lru_add(dentry);
	else
		dentry->d_flags |= DCACHE_REFERENCED;
	return true;
}

/* Drops one reference.  False when it was the last one and the dentry may have to go; then d_lock is held. */
static __always_inline notrace bool fast_dput(struct dentry *dentry)
{
	const unsigned int kept = DCACHE_REFERENCED | DCACHE_LRU_LIST;
	int ret = lockref_put_return(&dentry->d_lockref);

	if (unlikely(ret < 0)) {
		spin_lock(&dentry->d_lock);
		if (--dentry->d_lockref.count > 0) {
			spin_unlock(&dentry->d_lock);
			return true;
		}
		return false;
	}
	if (ret)
		return true;
	if ((READ_ONCE(dentry->d_flags) & (kept | DCACHE_OP_DELETE | DCACHE_DONTCACHE)) == kept && !d_unhashed(dentry))
		return true;
	spin_lock(&dentry->d_lock);
	if (dentry->d_lockref.count) {		/* somebody found it, or has freed it already */
		spin_unlock(&dentry->d_lock);
		return true;
	}
	return false;
}

void dput(struct dentry *dentry)
{
	while (dentry) {
		might_sleep();
		rcu_read_lock();
		if (fast_dput(dentry)) {
			rcu_read_unlock();
			return;
		}
		rcu_read_unlock();
		if (retain_dentry(dentry)) {
			spin_unlock(&dentry->d_lock);
			return;
		}
		dentry = __dentry_kill(dentry);
	}
}
EXPORT_SYMBOL(dput);

struct dentry *dget_parent(struct dentry *dentry)
{
	struct dentry *parent;

	spin_lock(&dentry->d_lock);
	parent = dentry->d_parent;
	spin_unlock(&dentry->d_lock);
	return dget(parent);
}

/* Frees what is on the list and is still unused. */
static void shrink_dentry_list(struct list_head *list)
{
	while (!list_empty(list)) {
		struct dentry *dentry = list_entry(list->prev, struct dentry, d_lru), *parent;

		spin_lock(&dentry->d_lock);
		if (dentry->d_lockref.count) {
			d_lru_del(dentry);
			spin_unlock(&dentry->d_lock);
			continue;
		}
		parent = __dentry_kill(dentry);
		dput(parent);
	}
}

static int dentry_lru_isolate(struct dentry *dentry, struct list_head *freeable)
{
	if (dentry->d_flags & DCACHE_REFERENCED) {
		dentry->d_flags &= ~DCACHE_REFERENCED;
		list_move(&dentry->d_lru, &dentry_lru);
		return 0;
	}
	list_move(&dentry->d_lru, freeable);
	return 1;
}

long prune_dcache_sb(struct super_block *sb, long nr)
{
	LIST_HEAD(dispose);
	struct dentry *dentry, *prev;
	long freed = 0;

	spin_lock(&dentry_lru_lock);
	list_for_each_entry_safe_reverse(dentry, prev, &dentry_lru, d_lru) {
		if (freed >= nr)
			break;
		if (!sb || dentry->d_sb == sb)
			freed += dentry_lru_isolate(dentry, &dispose);
	}
	spin_unlock(&dentry_lru_lock);
	shrink_dentry_list(&dispose);
	return freed;
}

static void prune_dcache_work(struct work_struct *work)
{
	while (nr_unused > DENTRY_UNUSED_MAX / 2 && prune_dcache_sb(NULL, 64))
		cond_resched();
}

void __init dcache_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dentry_hashtable); i++)
		spin_lock_init(&dentry_hashtable[i].lock);
	seqlock_init(&rename_lock);
	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 0, 0, NULL);
}
