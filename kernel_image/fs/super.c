// SPDX-License-Identifier: MIT
/* Super blocks: found or made for a mount, and shut down with the last of them. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/idr.h>
#include <linux/security.h>
#include <linux/fsnotify.h>
#include <linux/export.h>
#include <linux/percpu-rwsem.h>
#include <linux/statfs.h>
#include "internal.h"

static LIST_HEAD(super_blocks);
static DEFINE_SPINLOCK(sb_lock);
static u32 next_anon_dev = 1;		/* sb_lock */

static void destroy_super(struct super_block *s)
{
	security_sb_free(s);
	kfree(s);
}

static struct super_block *alloc_super(struct file_system_type *type, unsigned long flags)
{
	struct super_block *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	if (security_sb_alloc(s)) {
		kfree(s);
		return NULL;
	}
	INIT_LIST_HEAD(&s->s_mounts);
	INIT_LIST_HEAD(&s->s_inodes);
	INIT_LIST_HEAD(&s->s_inodes_wb);
	spin_lock_init(&s->s_inode_list_lock);
	spin_lock_init(&s->s_inode_wblist_lock);
	init_rwsem(&s->s_umount);
	down_write(&s->s_umount);
	s->s_flags = flags;
	s->s_count = 1;
	atomic_set(&s->s_active, 1);
	s->s_maxbytes = MAX_LFS_FILESIZE;
	s->s_time_gran = 1000000000;
	s->s_type = type;
	s->s_blocksize = PAGE_SIZE;
	s->s_blocksize_bits = PAGE_SHIFT;
	return s;
}

static void __put_super(struct super_block *s)
{
	if (!--s->s_count) {
		list_del_init(&s->s_list);
		destroy_super(s);
	}
}

static void put_super(struct super_block *sb)
{
	spin_lock(&sb_lock);
	__put_super(sb);
	spin_unlock(&sb_lock);
}

void deactivate_locked_super(struct super_block *s)
{
	struct file_system_type *fs = s->s_type;

	if (!atomic_dec_and_test(&s->s_active)) {
		up_write(&s->s_umount);
		return;
	}
	fs->kill_sb(s);
	put_filesystem(fs);
	put_super(s);
}
EXPORT_SYMBOL(deactivate_locked_super);

void deactivate_super(struct super_block *s)
{
	if (!atomic_add_unless(&s->s_active, -1, 1)) {
		down_write(&s->s_umount);
		deactivate_locked_super(s);
	}
}
EXPORT_SYMBOL(deactivate_super);

/* Everything that the super block keeps alive goes: dentries, then inodes, then the file system's own. */
void generic_shutdown_super(struct super_block *sb)
{
	const struct super_operations *sop = sb->s_op;

	if (sb->s_root) {
		shrink_dcache_for_umount(sb);
		sync_filesystem(sb);
		sb->s_flags &= ~SB_ACTIVE;
		evict_inodes(sb);
		if (sop->put_super)
			sop->put_super(sb);
	}
	spin_lock(&sb_lock);
	hlist_del_init(&sb->s_instances);
	spin_unlock(&sb_lock);
	up_write(&sb->s_umount);
}
EXPORT_SYMBOL(generic_shutdown_super);

int get_anon_bdev(dev_t *p)
{
	spin_lock(&sb_lock);
	*p = MKDEV(0, next_anon_dev++);
	spin_unlock(&sb_lock);
	return 0;
}

int set_anon_super_fc(struct super_block *sb, struct fs_context *fc)
{
	return get_anon_bdev(&sb->s_dev);
}
EXPORT_SYMBOL(set_anon_super_fc);

struct super_block *sget_fc(struct fs_context *fc, int (*test)(struct super_block *, struct fs_context *),
			    int (*set)(struct super_block *, struct fs_context *))
{
	struct super_block *s, *old;
	int err;

	spin_lock(&sb_lock);
	if (test) {
		hlist_for_each_entry(old, &fc->fs_type->fs_supers, s_instances) {
			if (!test(old, fc))
				continue;
			atomic_inc(&old->s_active);
			spin_unlock(&sb_lock);
			down_write(&old->s_umount);
			return old;
		}
	}
	spin_unlock(&sb_lock);
	s = alloc_super(fc->fs_type, fc->sb_flags);
	if (!s)
		return ERR_PTR(-ENOMEM);
	err = set(s, fc);
	if (err) {
		up_write(&s->s_umount);
		destroy_super(s);
		return ERR_PTR(err);
	}
	s->s_fs_info = fc->s_fs_info;
	strscpy(s->s_id, s->s_type->name, sizeof(s->s_id));
	spin_lock(&sb_lock);
	list_add_tail(&s->s_list, &super_blocks);
	hlist_add_head(&s->s_instances, &s->s_type->fs_supers);
	spin_unlock(&sb_lock);
	get_filesystem(s->s_type);
	return s;
}
EXPORT_SYMBOL(sget_fc);

static int test_single_super(struct super_block *s, struct fs_context *fc)
{
	return 1;
}

static int vfs_get_super(struct fs_context *fc, int (*test)(struct super_block *, struct fs_context *),
			 int (*fill_super)(struct super_block *, struct fs_context *))
{
	struct super_block *sb = sget_fc(fc, test, set_anon_super_fc);
	int err;

	if (IS_ERR(sb))
		return PTR_ERR(sb);
	if (!sb->s_root) {
		err = fill_super(sb, fc);
		if (err) {
			deactivate_locked_super(sb);
			return err;
		}
		sb->s_flags |= SB_ACTIVE;
	}
	fc->root = dget(sb->s_root);
	return 0;
}

int get_tree_nodev(struct fs_context *fc, int (*fill_super)(struct super_block *, struct fs_context *))
{
	return vfs_get_super(fc, NULL, fill_super);
}
EXPORT_SYMBOL(get_tree_nodev);

int get_tree_single(struct fs_context *fc, int (*fill_super)(struct super_block *, struct fs_context *))
{
	return vfs_get_super(fc, test_single_super, fill_super);
}
EXPORT_SYMBOL(get_tree_single);

int vfs_get_tree(struct fs_context *fc)
{
	int error;

	if (fc->root)
		return -EBUSY;
	error = fc->ops->get_tree(fc);
	if (error < 0)
		return error;
	fc->root->d_sb->s_flags |= SB_BORN;
	return 0;
}
EXPORT_SYMBOL(vfs_get_tree);

void kill_anon_super(struct super_block *sb)
{
	generic_shutdown_super(sb);
}
EXPORT_SYMBOL(kill_anon_super);

void kill_litter_super(struct super_block *sb)
{
	if (sb->s_root)
		d_genocide(sb->s_root);
	kill_anon_super(sb);
}
EXPORT_SYMBOL(kill_litter_super);

static void __iterate_supers(void (*f)(struct super_block *, void *), void *arg)
{
	struct super_block *sb, *prev = NULL;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list) {
		sb->s_count++;
		spin_unlock(&sb_lock);
		down_read(&sb->s_umount);
		if (sb->s_root && (sb->s_flags & SB_BORN))
			f(sb, arg);
		up_read(&sb->s_umount);
		spin_lock(&sb_lock);
		if (prev)
			__put_super(prev);
		prev = sb;
	}
	if (prev)
		__put_super(prev);
	spin_unlock(&sb_lock);
}

void iterate_supers(void (*f)(struct super_block *, void *), void *arg)
{
	__iterate_supers(f, arg);
}

/* Freezing does not exist here, so a writer never waits; the count is what sync reads. */
notrace void sb_start_write(struct super_block *sb) { might_sleep(); sb->s_writers[0]++; }
notrace void sb_end_write(struct super_block *sb) { sb->s_writers[0]--; }

static int statfs_by_dentry(struct dentry *dentry, struct kstatfs *buf)
{
	int err;

	if (!dentry->d_sb->s_op->statfs)
		return -ENOSYS;
	memset(buf, 0, sizeof(*buf));
	err = security_sb_statfs(dentry);
	return err ? err : dentry->d_sb->s_op->statfs(dentry, buf);
}

int vfs_statfs(const struct path *path, struct kstatfs *buf)
{
	int error = statfs_by_dentry(path->dentry, buf);

	if (!error)
		buf->f_flags = path->mnt->mnt_flags;
	return error;
}
