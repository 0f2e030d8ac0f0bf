// SPDX-License-Identifier: MIT
/* The dentry cache's operations on trees: unlink, move, shrink, and the way back from a dentry to its path. */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/export.h>
#include <linux/rcupdate.h>
#include <linux/fs_struct.h>
#include <linux/sched.h>
#include "internal.h"
#include "dcache.h"

/* The name is gone from its directory: a dentry with no other user turns negative, others are unhashed. */
void d_delete(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	spin_lock(&inode->i_lock);
	spin_lock(&dentry->d_lock);
	if (dentry->d_lockref.count == 1) {
		hlist_del_init(&dentry->d_alias);
		dentry->d_flags &= ~DCACHE_ENTRY_TYPE;
		dentry->d_inode = NULL;
		dentry->d_seq += 2;
		spin_unlock(&dentry->d_lock);
		spin_unlock(&inode->i_lock);
		iput(inode);
		return;
	}
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
	spin_unlock(&inode->i_lock);
}
EXPORT_SYMBOL(d_delete);

static void __d_move(struct dentry *dentry, struct dentry *target)
{
	struct dentry *old_parent = dentry->d_parent;
	char *name = dentry->d_iname;

	__d_drop(dentry);
	__d_drop(target);
	if (target->d_name.len >= DNAME_INLINE_LEN) {
		name = kmalloc(target->d_name.len + 1, GFP_ATOMIC);
		if (!name)
			return;		/* nothing is lost: the next lookup reads the directory */
	}
	if (dentry->d_name.name != dentry->d_iname)
		kfree((void *)dentry->d_name.name);
	memcpy(name, target->d_name.name, target->d_name.len + 1);
	dentry->d_name.name = name;
	dentry->d_name.len = target->d_name.len;
	dentry->d_name.hash = target->d_name.hash;
	if (old_parent != target->d_parent) {
		list_del(&dentry->d_child);
		dentry->d_parent = target->d_parent;
		dentry->d_parent->d_lockref.count++;
		old_parent->d_lockref.count--;
		list_add(&dentry->d_child, &dentry->d_parent->d_subdirs);
	}
	dentry->d_seq += 2;
}

void d_move(struct dentry *dentry, struct dentry *target)
{
	write_seqlock(&rename_lock);
	__d_move(dentry, target);
	write_sequnlock(&rename_lock);
	d_rehash(dentry);
}
EXPORT_SYMBOL(d_move);

struct dentry *d_ancestor(struct dentry *p1, struct dentry *p2)
{
	struct dentry *p;

	for (p = p2; !IS_ROOT(p); p = p->d_parent)
		if (p->d_parent == p1)
			return p;
	return NULL;
}

/* An unused child below parent, with a reference; directories that only unused children keep are reached by these. */
static struct dentry *find_unused(struct dentry *parent)
{
	struct dentry *child, *found = NULL;

	spin_lock(&parent->d_lock);
	list_for_each_entry(child, &parent->d_subdirs, d_child) {
		if (!child->d_lockref.count || !list_empty(&child->d_subdirs)) {
			if (child->d_lockref.count) {
				spin_unlock(&parent->d_lock);
				found = find_unused(child);
				spin_lock(&parent->d_lock);
				if (!found)
					continue;
				break;
			}
			found = child;
			break;
		}
	}
	spin_unlock(&parent->d_lock);
	return found;
}

void shrink_dcache_parent(struct dentry *parent)
{
	struct dentry *dentry;

	while ((dentry = find_unused(parent))) {
		spin_lock(&dentry->d_lock);
		dentry->d_lockref.count++;
		dentry->d_flags |= DCACHE_DONTCACHE;
		spin_unlock(&dentry->d_lock);
		dput(dentry);
		cond_resched();
	}
}
EXPORT_SYMBOL(shrink_dcache_parent);

void d_invalidate(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
	shrink_dcache_parent(dentry);
}
EXPORT_SYMBOL(d_invalidate);

/* File systems that live in the cache alone hold one reference on each entry: drop them all. */
void d_genocide(struct dentry *root)
{
	struct dentry *child;

again:
	list_for_each_entry(child, &root->d_subdirs, d_child) {
		if (d_unhashed(child) || !child->d_inode)
			continue;
		if (!list_empty(&child->d_subdirs))
			d_genocide(child);
		d_drop(child);
		dput(child);
		goto again;
	}
}

void shrink_dcache_for_umount(struct super_block *sb)
{
	struct dentry *root = sb->s_root;

	sb->s_root = NULL;
	shrink_dcache_parent(root);
	d_drop(root);
	dput(root);
}

static char *prepend(char *p, char *start, const char *name, int len)
{
	if (p - start < len)
		return NULL;
	return memcpy(p - len, name, len);
}

/* "/a/b" at the end of buf; a mount point is crossed towards the task's root. */
char *d_path(const struct path *path, char *buf, int buflen)
{
	struct dentry *dentry = path->dentry;
	struct mount *mnt = real_mount(path->mnt);
	struct path root;
	char *p = buf + buflen - 1;

	if (dentry->d_op && dentry->d_op->d_dname && IS_ROOT(dentry))
		return dentry->d_op->d_dname(dentry, buf, buflen);
	get_fs_root(current->fs, &root);
	*p = 0;
	rcu_read_lock();
	while (p && (dentry != root.dentry || &mnt->mnt != root.mnt)) {
		if (dentry == mnt->mnt.mnt_root || IS_ROOT(dentry)) {
			if (!mnt_has_parent(mnt))
				break;
			dentry = mnt->mnt_mountpoint;
			mnt = mnt->mnt_parent;
			continue;
		}
		p = prepend(p, buf, dentry->d_name.name, dentry->d_name.len);
		if (p)
			p = prepend(p, buf, "/", 1);
		dentry = dentry->d_parent;
	}
	if (p && !*p)
		p = prepend(p, buf, "/", 1);
	rcu_read_unlock();
	path_put(&root);
	return p ? p : ERR_PTR(-ENAMETOOLONG);
}
EXPORT_SYMBOL(d_path);
