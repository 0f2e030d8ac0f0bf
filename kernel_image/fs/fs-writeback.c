// SPDX-License-Identifier: MIT
/* Dirty inodes: marked, queued on their super block, written back by a kworker, by sync(2) or by eviction. */
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/workqueue.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/export.h>
#include "internal.h"

#define DIRTY_WRITEBACK_INTERVAL	(5 * HZ)

struct backing_dev_info { const char *name; unsigned long ra_pages; };
static struct backing_dev_info noop_backing_dev_info = { .name = "noop", .ra_pages = 32 };

static void wb_workfn(struct work_struct *work);
static DECLARE_DELAYED_WORK(wb_dwork, wb_workfn);

/* Nothing here sits on a disk: one backing device stands for all. */
noinline struct backing_dev_info *inode_to_bdi(struct inode *inode)
{
	barrier();
	return &noop_backing_dev_info;
}

void file_ra_state_init(struct file_ra_state *ra, struct address_space *mapping)
{
	ra->ra_pages = inode_to_bdi(mapping->host)->ra_pages;
	ra->prev_pos = -1;
}

static void inode_io_list_move(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;

	spin_lock(&sb->s_inode_wblist_lock);
	if (list_empty(&inode->i_io_list))
		list_add_tail(&inode->i_io_list, &sb->s_inodes_wb);
	spin_unlock(&sb->s_inode_wblist_lock);
}

/* Only file systems that can write an inode care (s_op->write_inode); for the others there is nothing to do. */
void __mark_inode_dirty(struct inode *inode, int flags)
{
	struct super_block *sb = inode->i_sb;
	bool was_clean;

	if ((flags & (I_DIRTY_INODE | I_DIRTY_TIME)) && sb->s_op->dirty_inode)
		sb->s_op->dirty_inode(inode, flags & (I_DIRTY_INODE | I_DIRTY_TIME));
	if (!sb->s_op->write_inode || (inode->i_state & flags) == flags)
		return;
	spin_lock(&inode->i_lock);
	was_clean = !(inode->i_state & (I_DIRTY | I_DIRTY_TIME));
	inode->i_state |= flags;
	spin_unlock(&inode->i_lock);
	if (was_clean && inode->i_hash.pprev) {
		inode_io_list_move(inode);
		schedule_delayed_work(&wb_dwork, DIRTY_WRITEBACK_INTERVAL);
	}
}
EXPORT_SYMBOL(__mark_inode_dirty);

static int write_inode(struct inode *inode, int wait)
{
	return inode->i_sb->s_op->write_inode ? inode->i_sb->s_op->write_inode(inode, wait) : 0;
}

static int __writeback_single_inode(struct inode *inode, int wait)
{
	unsigned long dirty;
	int ret = filemap_fdatawrite(inode->i_mapping), err;

	spin_lock(&inode->i_lock);
	dirty = inode->i_state & (I_DIRTY | I_DIRTY_TIME);
	inode->i_state &= ~dirty;
	spin_unlock(&inode->i_lock);
	if (dirty & ~I_DIRTY_PAGES) {
		err = write_inode(inode, wait);
		if (!ret)
			ret = err;
	}
	return ret;
}

static int writeback_single_inode(struct inode *inode, int wait)
{
	spin_lock(&inode->i_sb->s_inode_wblist_lock);
	list_del_init(&inode->i_io_list);
	spin_unlock(&inode->i_sb->s_inode_wblist_lock);
	return __writeback_single_inode(inode, wait);
}

int write_inode_now(struct inode *inode, int sync)
{
	return inode->i_state & (I_DIRTY | I_DIRTY_TIME) ? writeback_single_inode(inode, sync) : 0;
}
EXPORT_SYMBOL(write_inode_now);

static long writeback_sb_inodes(struct super_block *sb, int wait)
{
	struct inode *inode;
	long wrote = 0;

	for (;;) {
		spin_lock(&sb->s_inode_wblist_lock);
		inode = list_first_entry_or_null(&sb->s_inodes_wb, struct inode, i_io_list);
		if (inode) {
			list_del_init(&inode->i_io_list);
			if (!igrab(inode)) {
				spin_unlock(&sb->s_inode_wblist_lock);
				continue;
			}
		}
		spin_unlock(&sb->s_inode_wblist_lock);
		if (!inode)
			return wrote;
		__writeback_single_inode(inode, wait);
		iput(inode);
		wrote++;
		cond_resched();
	}
}

struct inode *igrab(struct inode *inode)
{
	struct inode *res = NULL;

	spin_lock(&inode->i_lock);
	if (!(inode->i_state & (I_FREEING | I_WILL_FREE))) {
		atomic_inc(&inode->i_count);
		res = inode;
	}
	spin_unlock(&inode->i_lock);
	return res;
}
EXPORT_SYMBOL(igrab);

static void wb_writeback(struct super_block *sb, void *unused)
{
	writeback_sb_inodes(sb, 0);
}

static void wb_workfn(struct work_struct *work)
{
	iterate_supers(wb_writeback, NULL);
}

void sync_inodes_sb(struct super_block *sb)
{
	writeback_sb_inodes(sb, 1);
}
EXPORT_SYMBOL(sync_inodes_sb);
