// SPDX-License-Identifier: MIT
/* Who wants to know what happens to an inode: marks, and the delivery of events to them. */
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/srcu.h>
#include <linux/rculist.h>
#include <linux/export.h>

DEFINE_SRCU(fsnotify_mark_srcu);

static int fsnotify_handle_event(struct fsnotify_mark *mark, u32 mask, struct inode *inode, struct inode *dir,
				 const struct qstr *name)
{
	return mark->group->ops->handle_inode_event(mark, mask, inode, dir, name);
}

static void send_to_group(struct inode *to, u32 mask, struct inode *inode, struct inode *dir, const struct qstr *name)
{
	struct fsnotify_mark *mark;

	hlist_for_each_entry_rcu(mark, &to->i_fsnotify_marks, obj_list)
		if (mark->mask & mask & ~(FS_ISDIR | FS_EVENT_ON_CHILD))
			fsnotify_handle_event(mark, mask, inode, dir, name);
}

/* The main call: an event on `inode`, or on the entry `name` of `dir`. */
int fsnotify(u32 mask, const void *data, int data_type, struct inode *dir, const struct qstr *name,
	     struct inode *inode, u32 cookie)
{
	u32 test_mask = mask & ~(FS_ISDIR | FS_EVENT_ON_CHILD);
	u32 marks_mask = (dir ? dir->i_fsnotify_mask : 0) | (inode ? inode->i_fsnotify_mask : 0);
	int idx;

	if (!(test_mask & marks_mask))
		return 0;
	idx = srcu_read_lock(&fsnotify_mark_srcu);
	if (dir && (dir->i_fsnotify_mask & test_mask))
		send_to_group(dir, mask, inode, dir, name);
	if (inode && (inode->i_fsnotify_mask & test_mask))
		send_to_group(inode, mask, inode, NULL, NULL);
	srcu_read_unlock(&fsnotify_mark_srcu, idx);
	return 0;
}
EXPORT_SYMBOL(fsnotify);

/* Tells the directory that watches its children, and then the inode itself. */
int __fsnotify_parent(struct dentry *dentry, u32 mask, const void *data, int data_type)
{
	struct inode *inode = d_inode(dentry), *p_inode = NULL;
	struct dentry *parent = NULL;
	int ret;

	if (dentry->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED) {
		parent = dget_parent(dentry);
		p_inode = parent->d_inode;
		if (!(p_inode->i_fsnotify_mask & FS_EVENT_ON_CHILD))
			p_inode = NULL;
	}
	ret = fsnotify(mask, data, data_type, p_inode, p_inode ? &dentry->d_name : NULL, inode, 0);
	dput(parent);
	return ret;
}
EXPORT_SYMBOL(__fsnotify_parent);

void __fsnotify_update_child_dentry_flags(struct inode *inode)
{
	int watched = inode->i_fsnotify_mask & FS_EVENT_ON_CHILD;
	struct dentry *alias, *child;

	spin_lock(&inode->i_lock);
	hlist_for_each_entry(alias, &inode->i_dentry, d_alias) {
		spin_lock(&alias->d_lock);
		list_for_each_entry(child, &alias->d_subdirs, d_child) {
			if (watched)
				child->d_flags |= DCACHE_FSNOTIFY_PARENT_WATCHED;
			else
				child->d_flags &= ~DCACHE_FSNOTIFY_PARENT_WATCHED;
		}
		spin_unlock(&alias->d_lock);
	}
	spin_unlock(&inode->i_lock);
}

static void fsnotify_recalc_mask(struct inode *inode)
{
	struct fsnotify_mark *mark;
	u32 mask = 0;

	spin_lock(&inode->i_lock);
	hlist_for_each_entry(mark, &inode->i_fsnotify_marks, obj_list)
		mask |= mark->mask;
	inode->i_fsnotify_mask = mask;
	spin_unlock(&inode->i_lock);
	__fsnotify_update_child_dentry_flags(inode);
}

int fsnotify_add_mark(struct fsnotify_mark *mark, struct inode *inode)
{
	ihold(inode);
	mark->inode = inode;
	spin_lock(&inode->i_lock);
	hlist_add_head_rcu(&mark->obj_list, &inode->i_fsnotify_marks);
	spin_unlock(&inode->i_lock);
	atomic_long_inc(&inode->i_sb->s_fsnotify_connectors);
	fsnotify_recalc_mask(inode);
	return 0;
}

static void fsnotify_detach_mark(struct fsnotify_mark *mark)
{
	struct inode *inode = mark->inode;

	spin_lock(&inode->i_lock);
	hlist_del_init_rcu(&mark->obj_list);
	spin_unlock(&inode->i_lock);
	atomic_long_dec(&inode->i_sb->s_fsnotify_connectors);
}

void fsnotify_destroy_mark(struct fsnotify_mark *mark)
{
	struct inode *inode = mark->inode;

	fsnotify_detach_mark(mark);
	fsnotify_recalc_mask(inode);
	synchronize_srcu(&fsnotify_mark_srcu);
	mark->group->ops->free_mark(mark);
	iput(inode);
}

/* A watched inode is held by its marks, so this only happens when the last name is gone. */
void __fsnotify_inode_delete(struct inode *inode)
{
	fsnotify(FS_DELETE, inode, FSNOTIFY_EVENT_INODE, NULL, NULL, inode, 0);
}
